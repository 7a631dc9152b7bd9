namespace Sidecar.Benchmarks.SideBySide;

/// <summary>
/// Configurations for nginx as the model server and as the two nginx peers: one worker, keep-alive on both sides, no access log, and room
/// for whole bodies in memory, so that nginx is measured at its best.
/// </summary>
internal static class NginxConfiguration
{
    /// <summary>The path that the load posts to.</summary>
    public const string InferPath = "/v2/models/m/infer";

    private const string Metadata =
        """{"name":"m","versions":["1"],"platform":"benchmark","inputs":[{"name":"x","datatype":"FP32","shape":[-1,FEATURES]}],"outputs":[{"name":"p","datatype":"FP32","shape":[-1,2]}]}""";

    private const string Answer =
        """{"model_name":"m","model_version":"1","id":"benchmark","outputs":[{"name":"p","datatype":"FP32","shape":[1,2],"data":[0.25,0.75]}]}""";

    /// <summary>A model server that answers every inference alike on <paramref name="port"/>, and a mirror's target on another port.</summary>
    public static string Upstream(string folder, int port, int mirrorPort, int features) => Frame(folder, $$"""
            server {
                listen 127.0.0.1:{{port}};
                default_type application/json;
                location = /v2/models/m { return 200 '{{Metadata.Replace("FEATURES", $"{features}", StringComparison.Ordinal)}}'; }
                location = {{InferPath}} { return 200 '{{Answer}}'; }
                location / { return 404; }
            }
            server {
                listen 127.0.0.1:{{mirrorPort}};
                default_type application/json;
                location / { return 200 '{{Answer}}'; }
            }
        """);

    /// <summary>Plain <c>proxy_pass</c>.</summary>
    public static string Proxy(string folder, int port, int upstream) => Frame(folder, $$"""
            upstream model { server 127.0.0.1:{{upstream}}; {{KeepAlive}} }
            server {
                listen 127.0.0.1:{{port}};
                location / { proxy_pass http://model; }
            }
        """);

    /// <summary>The same with every request, body included, sent to a second server too.</summary>
    public static string Mirror(string folder, int port, int upstream, int mirrorPort) => Frame(folder, $$"""
            upstream model { server 127.0.0.1:{{upstream}}; {{KeepAlive}} }
            upstream shadow { server 127.0.0.1:{{mirrorPort}}; {{KeepAlive}} }
            server {
                listen 127.0.0.1:{{port}};
                location / { mirror /mirror; mirror_request_body on; proxy_pass http://model; }
                location = /mirror { internal; proxy_pass http://shadow$request_uri; }
            }
        """);

    private const string KeepAlive = "keepalive 256; keepalive_requests 1000000000;";

    // As root, workers would change to a user that may not enter the temporary folder.
    private static string User => Environment.UserName == "root" ? "user root;" : "";

    private static string Frame(string folder, string servers) => $$"""
        daemon off;
        worker_processes 1;
        {{User}}
        pid {{folder}}/nginx.pid;
        error_log stderr error;
        events { worker_connections 4096; }
        http {
            access_log off;
            keepalive_requests 1000000000;
            client_max_body_size 0;
            client_body_buffer_size 4m;
            client_body_temp_path {{folder}}/body;
            proxy_temp_path {{folder}}/proxy;
            fastcgi_temp_path {{folder}}/fastcgi;
            uwsgi_temp_path {{folder}}/uwsgi;
            scgi_temp_path {{folder}}/scgi;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        {{servers}}
        }
        """;
}
