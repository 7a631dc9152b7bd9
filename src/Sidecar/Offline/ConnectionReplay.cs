using System.Buffers.Binary;
using Sidecar.Wire;

namespace Sidecar.Offline;

/// <summary>
/// Shows a recorded connection to the observer that watches live ones: in its order where that is known, and otherwise in one that could have
/// been, a request ahead of its answer.
/// </summary>
internal static class ConnectionReplay
{
    // A connection may have had any number of streams; only so many are open at once on a live one.
    private static readonly ObserverLimits Limits = new() { MaxStreams = 1 << 20, MaxHeadBytes = 1 << 20 };

    private static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    /// <summary>The connection's exchanges in the order of their requests.</summary>
    public static DecodedConnection Run(ConnectionFiles files)
    {
        var observer = new ConnectionObserver(Limits);
        var connection = new DecodedConnection(orderIsKnown: files.Segments is not null) { Observer = observer };
        observer.Reset(connection);
        if (files.Segments is { } segments)
            InOrder(observer, connection, files, segments);
        else
            ByCause(observer, connection, files.Client, files.Server);
        observer.OnShutdown();
        return connection;
    }

    private static void InOrder(ConnectionObserver observer, DecodedConnection connection, ConnectionFiles files, IReadOnlyList<Segment> segments)
    {
        var (client, server) = (0, 0);
        foreach (var (side, length, milliseconds) in segments)
        {
            connection.Now = milliseconds;
            switch (side, length)
            {
                case ('c', 0): observer.OnClientClosed(); break;
                case ('s', 0): observer.OnServerClosed(); break;
                case ('C', _): observer.OnClientReset(); break;
                case ('S', _): observer.OnServerReset(); break;
                case ('c', _): observer.OnClientBytes(files.Client.AsSpan(client, length)); client += length; break;
                default: observer.OnServerBytes(files.Server.AsSpan(server, length)); server += length; break;
            }
        }
    }

    private static void ByCause(ConnectionObserver observer, DecodedConnection connection, ReadOnlySpan<byte> client, ReadOnlySpan<byte> server)
    {
        // HTTP/1.x: a request, then its answer. Step by step, because what follows a request may be of another protocol once it is answered.
        while (!observer.IsOpaque && !IsHttp2(observer, client) && !(client.IsEmpty && server.IsEmpty))
        {
            if (!client.IsEmpty && (!connection.AwaitsAnswer || server.IsEmpty))
                observer.OnClientBytes(Take(ref client, connection.RequestBytesLeft));
            else
                observer.OnServerBytes(Take(ref server, connection.ResponseBytesLeft));
        }

        if (!observer.IsOpaque && IsHttp2(observer, client))
        {
            // Streams are told apart by their numbers, so all requests can come first; but a client's resets would then come before
            // answers that it had got whole.
            var resets = FeedWithoutResets(observer, client);
            observer.OnServerBytes(server);
            foreach (var reset in resets)
                observer.OnClientBytes(reset);
        }

        observer.OnServerClosed();
    }

    private static bool IsHttp2(ConnectionObserver observer, ReadOnlySpan<byte> client) =>
        observer.Protocol == WireProtocol.Http2 || (observer.Protocol == WireProtocol.Undecided && client.StartsWith(Preface));

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> bytes, long most)
    {
        var taken = bytes[..(int)Math.Clamp(most, 1, bytes.Length)];
        bytes = bytes[taken.Length..];
        return taken;
    }

    private static List<byte[]> FeedWithoutResets(ConnectionObserver observer, ReadOnlySpan<byte> client)
    {
        const int headerBytes = 9;
        const byte resetStream = 3;
        var resets = new List<byte[]>();
        var at = client.StartsWith(Preface) ? Preface.Length : 0;
        var fed = 0;
        while (at + headerBytes <= client.Length)
        {
            var end = Math.Min((long)client.Length, at + headerBytes + (BinaryPrimitives.ReadUInt32BigEndian(client[at..]) >> 8));
            if (client[at + 3] == resetStream && end - at == headerBytes + 4)
            {
                observer.OnClientBytes(client[fed..at]);
                resets.Add(client[at..(int)end].ToArray());
                fed = (int)end;
            }

            at = (int)end;
        }

        observer.OnClientBytes(client[fed..]);
        return resets;
    }
}
