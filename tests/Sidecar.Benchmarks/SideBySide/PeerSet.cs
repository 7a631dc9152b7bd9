namespace Sidecar.Benchmarks.SideBySide;

/// <summary>The programs of this run, stopped together.</summary>
internal sealed class PeerSet : IDisposable
{
    private readonly List<RunningPeer> _running = [];
    private RunningPeer? _server;

    /// <summary>The peers that started, without the model server.</summary>
    public IReadOnlyList<RunningPeer> Running => _running;

    public void AddServer(RunningPeer server) => _server = server;

    public void Add(RunningPeer peer) => _running.Add(peer);

    public void Dispose()
    {
        foreach (var peer in _running)
            peer.Dispose();
        _server?.Dispose();
    }
}
