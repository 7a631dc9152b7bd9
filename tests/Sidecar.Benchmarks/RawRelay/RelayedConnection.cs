using System.Net;
using System.Net.Sockets;

namespace Sidecar.Benchmarks.RawRelay;

/// <summary>One client connection and its upstream connection, pumped both ways until both directions have ended.</summary>
internal static class RelayedConnection
{
    private const int BufferSize = 16 * 1024;

    public static async Task RunAsync(Socket client, IPEndPoint upstream)
    {
        using var server = new Socket(upstream.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        using (client)
        {
            try
            {
                client.NoDelay = true;
                server.NoDelay = true;
                await server.ConnectAsync(upstream);
                await Task.WhenAll(PumpAsync(client, server), PumpAsync(server, client));
            }
            catch (SocketException)
            {
                // The dial or a setting failed: closing the client's socket is all a relay can say.
            }
        }
    }

    private static async Task PumpAsync(Socket from, Socket to)
    {
        try
        {
            var buffer = GC.AllocateUninitializedArray<byte>(BufferSize, pinned: true).AsMemory();
            int received;
            while ((received = await from.ReceiveAsync(buffer)) > 0)
            {
                // Send may take a part; on a non-blocking stream socket the rest has to be offered again.
                for (var sent = 0; sent < received;)
                    sent += await to.SendAsync(buffer[sent..received]);
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
        {
            // A reset in one direction ends the other too, which may be waiting for bytes that never come.
            from.Dispose();
            to.Dispose();
        }
    }
}
