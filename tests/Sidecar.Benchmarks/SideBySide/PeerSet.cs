using System.ComponentModel;
using Sidecar.Benchmarks.Bodies;

namespace Sidecar.Benchmarks.SideBySide;

/// <summary>The model server and the peers in front of it, for one kind of body; stopped together.</summary>
internal sealed class PeerSet : IDisposable
{
    private readonly List<RunningPeer> _running = [];
    private RunningPeer? _server;

    /// <summary>The peers that started, without the model server.</summary>
    public IReadOnlyList<RunningPeer> Running => _running;

    /// <summary>Starts the model server, then each peer; throws <see cref="PeerFailedException"/> only if the server doesn't work.</summary>
    /// <param name="unavailable">Called for each peer that is not there, with the reason and whether that is a failure.</param>
    public static async Task<PeerSet> StartAsync(
        Peer[] peers, BodyKind body, int connections, string? sidecar, Workspace workspace, HttpClient http,
        Action<string, string, bool> unavailable, CancellationToken stop)
    {
        var ports = Machine.FreePorts(2 + (peers.Length * Site.PortsPerPeer));
        var (upstream, mirror) = (ports[0], ports[1]);
        var server = new PeerPlan
        {
            Command = [.. OwnProgram.Command("model-server"), "--listen", $"127.0.0.1:{upstream},127.0.0.1:{mirror}", "--body", body.Name],
            Port = upstream,
        };

        var set = new PeerSet();
        try
        {
            set._server = await RunningPeer.StartAsync("model server", server, http, body, stop);
            for (var i = 0; i < peers.Length; i++)
            {
                var own = ports.AsSpan(2 + (i * Site.PortsPerPeer), Site.PortsPerPeer).ToArray();
                var site = new Site(workspace.Subfolder($"{body.Name}-{peers[i].Name}"), own, upstream, mirror, body, connections, sidecar);
                await set.AddAsync(peers[i].Name, peers[i].Plan(site), body, http, unavailable, stop);
            }

            return set;
        }
        catch
        {
            set.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var peer in _running)
            peer.Dispose();
        _server?.Dispose();
    }

    private async Task AddAsync(
        string name, PeerPlan plan, BodyKind body, HttpClient http, Action<string, string, bool> unavailable, CancellationToken stop)
    {
        if (plan.MissingBecause is { } reason)
        {
            unavailable(name, reason, false);
            return;
        }

        try
        {
            _running.Add(await RunningPeer.StartAsync(name, plan, http, body, stop));
        }
        catch (Exception failure) when (failure is PeerFailedException or Win32Exception)
        {
            // Win32Exception: the named program can't be run.
            unavailable(name, failure.Message, true);
        }
    }
}
