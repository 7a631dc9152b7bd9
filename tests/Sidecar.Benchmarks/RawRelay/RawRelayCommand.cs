using System.Net.Sockets;

namespace Sidecar.Benchmarks.RawRelay;

/// <summary>
/// The peer that shows what .NET sockets cost by themselves: bytes are received and sent, nothing looks at them.
/// Completions run inline on one socket thread; a relay cannot do less in managed code with these sockets.
/// </summary>
internal static class RawRelayCommand
{
    public static async Task<int> RunAsync(Arguments arguments, CancellationToken stop)
    {
        var listen = arguments.EndPoint("listen");
        var upstream = arguments.EndPoint("upstream");
        arguments.RejectUnread();

        InlineSockets.Enable();

        using var listener = new Socket(listen.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(listen);
        listener.Listen(512);
        while (true)
        {
            var client = await listener.AcceptAsync(stop);
            _ = RelayedConnection.RunAsync(client, upstream);
        }
    }
}
