namespace Sidecar.Benchmarks.SideBySide;

/// <summary>
/// Configurations for the two nginx peers: one worker, keep-alive on both sides, no access log, and room for whole bodies in memory, so that
/// nginx is measured at its best.
/// </summary>
internal static class NginxConfiguration
{
    private const string KeepAlive = "keepalive 256; keepalive_requests 1000000000;";

    /// <summary>Plain <c>proxy_pass</c>, or <c>grpc_pass</c>.</summary>
    public static string Proxy(Site site) => Frame(site, $$"""
            upstream model { server 127.0.0.1:{{site.Upstream}}; {{KeepAlive}} }
            server {
                listen 127.0.0.1:{{site.Ports[0]}}{{Http2(site)}};
                location / { {{Pass(site, "model")}} }
            }
        """);

    /// <summary>The same with every request, body included, sent to a second server too.</summary>
    public static string Mirror(Site site) => Frame(site, $$"""
            upstream model { server 127.0.0.1:{{site.Upstream}}; {{KeepAlive}} }
            upstream shadow { server 127.0.0.1:{{site.Mirror}}; {{KeepAlive}} }
            server {
                listen 127.0.0.1:{{site.Ports[0]}}{{Http2(site)}};
                location / { mirror /mirror; mirror_request_body on; {{Pass(site, "model")}} }
                location = /mirror { internal; {{MirrorPass(site)}} }
            }
        """);

    private static string Http2(Site site) => site.Body.IsGrpc ? " http2" : "";

    private static string Pass(Site site, string upstream) => site.Body.IsGrpc ? $"grpc_pass grpc://{upstream};" : $"proxy_pass http://{upstream};";

    // grpc_pass takes the path of the subrequest, so that has to be given the one of the call.
    private static string MirrorPass(Site site) => site.Body.IsGrpc
        ? $"rewrite ^ {site.Body.Path} break; grpc_pass grpc://shadow;"
        : "proxy_pass http://shadow$request_uri;";

    // As root, workers would change to a user that may not enter the temporary folder.
    private static string User => Environment.UserName == "root" ? "user root;" : "";

    private static string Frame(Site site, string servers) => $$"""
        daemon off;
        worker_processes 1;
        {{User}}
        pid {{site.Folder}}/nginx.pid;
        error_log stderr error;
        events { worker_connections {{site.Connections + 4096}}; }
        http {
            access_log off;
            keepalive_requests 1000000000;
            client_max_body_size 0;
            client_body_buffer_size 4m;
            client_body_temp_path {{site.Folder}}/body;
            proxy_temp_path {{site.Folder}}/proxy;
            fastcgi_temp_path {{site.Folder}}/fastcgi;
            uwsgi_temp_path {{site.Folder}}/uwsgi;
            scgi_temp_path {{site.Folder}}/scgi;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        {{servers}}
        }
        """;
}
