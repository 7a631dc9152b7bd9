namespace Sidecar.Benchmarks.SideBySide;

/// <summary>Configurations for the two HAProxy peers: one thread, no log.</summary>
internal static class HaproxyConfiguration
{
    /// <summary>Bytes only.</summary>
    public static string Tcp(Site site) => Frame(site, "tcp", "", "");

    /// <summary>HTTP, with the upstream's connections shared by all clients; both sides HTTP/2 for gRPC.</summary>
    public static string Http(Site site)
    {
        var protocol = site.Body.IsGrpc ? " proto h2" : "";
        return Frame(site, "http", protocol, $"{protocol} pool-max-conn -1");
    }

    private static string Frame(Site site, string mode, string bind, string server) => $"""
        global
            nbthread 1
            maxconn {site.Connections + 64}
        defaults
            mode {mode}
            timeout connect 5s
            timeout client 60s
            timeout server 60s
        listen relay
            bind 127.0.0.1:{site.Ports[0]}{bind}
            server model 127.0.0.1:{site.Upstream}{server}

        """;
}
