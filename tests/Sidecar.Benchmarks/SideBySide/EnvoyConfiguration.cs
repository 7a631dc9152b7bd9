namespace Sidecar.Benchmarks.SideBySide;

/// <summary>Configurations for the two Envoy peers: one listener with a router, no log, no tracing; HTTP/2 on all sides for gRPC.</summary>
internal static class EnvoyConfiguration
{
    private const string Types = "type.googleapis.com/envoy.extensions";

    public static string Plain(Site site) => Frame(site, "", "");

    /// <summary>The same with every request, body included, sent to a second server too.</summary>
    public static string Mirror(Site site) => Frame(site, ", request_mirror_policies: [ { cluster: shadow } ]", Cluster(site, "shadow", site.Mirror));

    private static string Frame(Site site, string mirrorPolicy, string mirrorCluster) => $$"""
        static_resources:
          listeners:
          - name: http
            address: { socket_address: { address: 127.0.0.1, port_value: {{site.Ports[0]}} } }
            filter_chains:
            - filters:
              - name: envoy.filters.network.http_connection_manager
                typed_config:
                  "@type": {{Types}}.filters.network.http_connection_manager.v3.HttpConnectionManager
                  stat_prefix: http
                  codec_type: {{(site.Body.IsGrpc ? "HTTP2" : "HTTP1")}}
                  route_config:
                    virtual_hosts: [ { name: all, domains: ["*"], routes: [ { match: { prefix: "/" }, route: { cluster: model{{mirrorPolicy}} } } ] } ]
                  http_filters:
                  - { name: router, typed_config: { "@type": {{Types}}.filters.http.router.v3.Router } }
          clusters:
        {{Cluster(site, "model", site.Upstream)}}
        {{mirrorCluster}}
        """;

    private static string Cluster(Site site, string name, int port) => $$"""
          - name: {{name}}
            connect_timeout: 1s
            load_assignment: { cluster_name: {{name}}, endpoints: [ { lb_endpoints: [ { endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: {{port}} } } } } ] } ] }
            typed_extension_protocol_options:
              envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
                "@type": {{Types}}.upstreams.http.v3.HttpProtocolOptions
                explicit_http_config: { {{(site.Body.IsGrpc ? "http2_protocol_options" : "http_protocol_options")}}: {} }
        """;
}
