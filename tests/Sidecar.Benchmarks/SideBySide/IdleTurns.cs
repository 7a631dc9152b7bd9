using System.Net;
using System.Net.Sockets;
using System.Text;
using Sidecar.Benchmarks.Bodies;

namespace Sidecar.Benchmarks.SideBySide;

/// <summary>What a peer's idle connections took.</summary>
/// <param name="BytesBefore">Resident memory after the first request.</param>
/// <param name="BytesHolding">Resident memory with all connections open and idle.</param>
/// <param name="Problem">Why it doesn't count, or null.</param>
internal sealed record IdleResult(string Peer, int Connections, long BytesBefore, long BytesHolding, string? Problem);

/// <summary>
/// Opens many keep-alive connections through each peer, one request on each, and then reads the peer's memory while nothing moves. One peer at
/// a time, freshly started: memory that a load has made stay would hide it.
/// </summary>
internal static class IdleTurns
{
    // What a proxy has open besides the two sockets of a connection, with room to spare.
    private const int OtherFiles = 400;

    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(2);
    private static readonly BodyKind Body = BodyKind.Parse("v2-80");

    public static async Task<IReadOnlyList<IdleResult>> RunAsync(
        Peer[] peers, int connections, string? sidecar, Workspace workspace, HttpClient http,
        Action<string, string, bool> unavailable, CancellationToken stop)
    {
        // A relay has two sockets for each connection, and inherits our limit.
        connections = Math.Min(connections, (Machine.OpenFilesLimit() - OtherFiles) / 2);
        List<IdleResult> results = [];
        foreach (var peer in peers.Where(peer => peer.Name != Peers.Direct))
        {
            Progress.Show($"{connections} idle connections, {peer.Name}");
            using var set = await PeerSet.StartAsync([peer], Body, connections, sidecar, workspace, http, unavailable, stop);
            foreach (var running in set.Running)
                results.Add(await MeasureAsync(running, connections, stop));
        }

        return results;
    }

    private static async Task<IdleResult> MeasureAsync(RunningPeer peer, int connections, CancellationToken stop)
    {
        var before = peer.Usage!.Value.ResidentBytes;
        var clients = new List<Socket>(connections);
        try
        {
            for (var i = 0; i < connections; i++)
            {
                stop.ThrowIfCancellationRequested();
                clients.Add(Connect(peer.Port));
                Ask(clients[i]);
            }

            await Task.Delay(Settling, stop);
            var holding = peer.Usage!.Value.ResidentBytes;

            // Idle is not forgotten: the first, the middle and the last one still work.
            foreach (var client in new[] { clients[0], clients[connections / 2], clients[^1] })
                Ask(client);
            return new(peer.Name, connections, before, holding, null);
        }
        catch (Exception failure) when (failure is SocketException or PeerFailedException)
        {
            return new(peer.Name, connections, before, 0, $"after {clients.Count} connections: {failure.Message}");
        }
        finally
        {
            foreach (var client in clients)
                client.Dispose();
        }
    }

    private static Socket Connect(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, SendTimeout = 10_000, ReceiveTimeout = 10_000 };
        socket.Connect(IPAddress.Loopback, port);
        return socket;
    }

    private static void Ask(Socket client)
    {
        var head = $"POST {Body.Path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {Body.SampleRequest.Length}\r\n\r\n";
        client.Send([.. Encoding.ASCII.GetBytes(head), .. Body.SampleRequest]);
        Span<byte> answer = stackalloc byte[4096];
        for (var filled = 0; !answer[..filled].EndsWith(Body.Answer);)
        {
            var received = filled < answer.Length ? client.Receive(answer[filled..]) : 0;
            if (received == 0)
                throw new PeerFailedException($"answered '{Encoding.ASCII.GetString(answer[..filled])}'");
            filled += received;
        }
    }
}
