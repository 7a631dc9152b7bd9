namespace Sidecar.Benchmarks.SideBySide;

/// <summary>The peers, in the order in which they take turns and appear in the table.</summary>
internal static class Peers
{
    public const string Direct = "direct";
    public const string Nginx = "nginx";
    public const string NginxMirror = "nginx-mirror";

    public static readonly Peer[] All =
    [
        new(Direct, site => new PeerPlan { Port = site.Upstream }),
        new(Nginx, site => StartNginx(site, NginxConfiguration.Proxy(site))),
        new(NginxMirror, site => StartNginx(site, NginxConfiguration.Mirror(site))),
        new("haproxy-tcp", site => StartHaproxy(site, HaproxyConfiguration.Tcp(site))),
        new("haproxy-http", site => StartHaproxy(site, HaproxyConfiguration.Http(site))),
        new("envoy", site => StartEnvoy(site, EnvoyConfiguration.Plain(site))),
        new("envoy-mirror", site => StartEnvoy(site, EnvoyConfiguration.Mirror(site))),
        new("yarp", site => StartOwn(site, "yarp", site.Body.IsGrpc ? ["--grpc"] : [])),
        new("raw-relay", site => StartOwn(site, "raw-relay")),
        new("sidecar-relay", site => StartSidecar(site, decodesAll: false, """
            capture: { decodeRate: 0 }
            contract: { fetchMetadata: false }
            """)),
        new("sidecar-all", site => StartSidecar(site, decodesAll: !site.Body.IsLarge, """
            capture: { decodeRate: 1.0 }
            contract: { fetchMetadata: true }
            """)),
    ];

    /// <summary>The peers of these names, in our order; all if none is named.</summary>
    public static Peer[] Named(string[] names)
    {
        var unknown = names.Except(All.Select(peer => peer.Name)).ToArray();
        return unknown.Length > 0
            ? throw new UsageException($"--peers: no {string.Join(", ", unknown)}; there are {string.Join(", ", All.Select(peer => peer.Name))}")
            : [.. All.Where(peer => names.Length == 0 || names.Contains(peer.Name))];
    }

    private static PeerPlan StartNginx(Site site, string configuration) => Machine.Find("nginx") is { } nginx
        ? new PeerPlan { Command = [nginx, "-e", "stderr", "-c", site.Write("nginx.conf", configuration)], Port = site.Ports[0] }
        : PeerPlan.Missing("nginx is not installed");

    private static PeerPlan StartHaproxy(Site site, string configuration) => Machine.Find("haproxy") is { } haproxy
        ? new PeerPlan { Command = [haproxy, "-db", "-f", site.Write("haproxy.cfg", configuration)], Port = site.Ports[0] }
        : PeerPlan.Missing("haproxy is not installed");

    private static PeerPlan StartEnvoy(Site site, string configuration) => EnvoyProgram.Path is { } envoy
        ? new PeerPlan
        {
            Command = [envoy, "-c", site.Write("envoy.yaml", configuration), "--concurrency", "1", "--disable-hot-restart", "-l", "error"],
            Port = site.Ports[0],
        }
        : PeerPlan.Missing("envoy is neither installed nor in the optional fixtures");

    private static PeerPlan StartOwn(Site site, string verb, params string[] further) => new()
    {
        Command = [.. OwnProgram.Command(verb), "--listen", $"127.0.0.1:{site.Ports[0]}", "--upstream", $"127.0.0.1:{site.Upstream}", .. further],
        Port = site.Ports[0],
    };

    private static PeerPlan StartSidecar(Site site, bool decodesAll, string configuration)
    {
        if (SidecarProgram.Command(site.Sidecar) is not { } sidecar)
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
