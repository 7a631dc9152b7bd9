using Sidecar.Benchmarks.Bodies;

namespace Sidecar.Benchmarks.SideBySide;

/// <summary>One row of the table: a proxy, how to start it, and what it stands for.</summary>
/// <param name="Name">The row's name, also for <c>--peers</c>.</param>
/// <param name="Plan">How to start it here, or why it can't be.</param>
internal sealed record Peer(string Name, Func<Site, PeerPlan> Plan);

/// <summary>Where a peer runs.</summary>
/// <param name="Folder">The peer's own folder for configuration and temporary files.</param>
/// <param name="Ports">Free ports for it alone: the first for traffic, the others as it likes.</param>
/// <param name="Upstream">The model server's port.</param>
/// <param name="Mirror">The port of the second server, for peers that send every request twice.</param>
/// <param name="Body">What will be asked; also says which protocol is spoken.</param>
/// <param name="Connections">The most connections that clients will have.</param>
/// <param name="Sidecar">The sidecar to measure, as the command line names it.</param>
internal sealed record Site(string Folder, int[] Ports, int Upstream, int Mirror, BodyKind Body, int Connections, string? Sidecar)
{
    /// <summary>How many ports a peer gets.</summary>
    public const int PortsPerPeer = 2;

    public string Write(string name, string content)
    {
        var path = Path.Combine(Folder, name);
        File.WriteAllText(path, content);
        return path;
    }
}

/// <summary>How to start a peer, or the reason why it isn't here.</summary>
internal sealed record PeerPlan
{
    /// <summary>Program and arguments; empty when nothing has to be started.</summary>
    public string[] Command { get; init; } = [];

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Where the load goes.</summary>
    public int Port { get; init; }

    /// <summary>Where the peer serves <c>/metrics</c>, if it does.</summary>
    public int? MetricsPort { get; init; }

    /// <summary>True if every exchange has to be counted as decoded.</summary>
    public bool DecodesAll { get; init; }

    /// <summary>Why this peer is skipped, or null.</summary>
    public string? MissingBecause { get; init; }

    public static PeerPlan Missing(string reason) => new() { MissingBecause = reason };
}
