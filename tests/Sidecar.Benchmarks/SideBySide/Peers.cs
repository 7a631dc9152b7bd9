using System.Reflection;

namespace Sidecar.Benchmarks.SideBySide;

/// <summary>The peers, in the order in which they take turns and appear in the table.</summary>
internal static class Peers
{
    public const string Nginx = "nginx";
    public const string NginxMirror = "nginx-mirror";
    public const string SidecarRelay = "sidecar-relay";
    public const string SidecarAll = "sidecar-all";

    public static readonly Peer[] All =
    [
        new("direct", site => new PeerPlan { Port = site.Upstream }),
        new(Nginx, site => StartNginx(site, NginxConfiguration.Proxy(site.Folder, site.Ports[0], site.Upstream))),
        new(NginxMirror, site => StartNginx(site, NginxConfiguration.Mirror(site.Folder, site.Ports[0], site.Upstream, site.Mirror))),
        new("haproxy-tcp", StartHaproxy),
        new("raw-relay", StartRawRelay),
        new(SidecarRelay, site => StartSidecar(site, decodesAll: false, """
            capture: { decodeRate: 0 }
            contract: { fetchMetadata: false }
            """)),
        new(SidecarAll, site => StartSidecar(site, decodesAll: true, """
            capture: { decodeRate: 1.0 }
            contract: { fetchMetadata: true }
            """)),
    ];

    private static PeerPlan StartNginx(Site site, string configuration) => Machine.Find("nginx") is { } nginx
        ? new PeerPlan { Command = [nginx, "-e", "stderr", "-c", site.Write("nginx.conf", configuration)], Port = site.Ports[0] }
        : PeerPlan.Missing("nginx is not installed");

    private static PeerPlan StartHaproxy(Site site)
    {
        if (Machine.Find("haproxy") is not { } haproxy)
            return PeerPlan.Missing("haproxy is not installed");
        var configuration = site.Write("haproxy.cfg", $"""
            global
                nbthread 1
                maxconn 4096
            defaults
                mode tcp
                timeout connect 5s
                timeout client 60s
                timeout server 60s
            listen relay
                bind 127.0.0.1:{site.Ports[0]}
                server model 127.0.0.1:{site.Upstream}

            """);
        return new PeerPlan { Command = [haproxy, "-db", "-f", configuration], Port = site.Ports[0] };
    }

    private static PeerPlan StartRawRelay(Site site)
    {
        // `dotnet sidecar-benchmarks.dll` runs as dotnet; `dotnet run` and a published program run as themselves.
        var program = Environment.ProcessPath!;
        string[] self = Path.GetFileNameWithoutExtension(program) == "dotnet" ? [program, Assembly.GetExecutingAssembly().Location] : [program];
        return new PeerPlan
        {
            Command = [.. self, "raw-relay", "--listen", $"127.0.0.1:{site.Ports[0]}", "--upstream", $"127.0.0.1:{site.Upstream}"],
            Port = site.Ports[0],
        };
    }

    private static PeerPlan StartSidecar(Site site, bool decodesAll, string configuration)
    {
        if (SidecarProgram.Command(site.Options.Sidecar) is not { } sidecar)
            return PeerPlan.Missing("no build of the sidecar found: publish src/Sidecar, or name one with --sidecar");
        return new PeerPlan
        {
            Command = [.. sidecar, "run", "--upstream", $"http://127.0.0.1:{site.Upstream}",
                "--config", site.Write("sidecar.yaml", configuration)],
            Environment = new Dictionary<string, string>
            {
                ["SIDECAR__LISTEN"] = $"127.0.0.1:{site.Ports[0]}",
                ["SIDECAR__HEALTH__LISTEN"] = $"127.0.0.1:{site.Ports[1]}",
            },
            Port = site.Ports[0],
            MetricsPort = site.Ports[1],
            DecodesAll = decodesAll,
        };
    }
}
