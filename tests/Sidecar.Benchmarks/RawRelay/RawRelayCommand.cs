using System.Net;
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
        var listen = EndPoint(arguments, "listen");
        var upstream = EndPoint(arguments, "upstream");
        arguments.RejectUnread();

        // Read once, when the first socket is created; hence set before it.
        Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
        Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT", "1");

        using var listener = new Socket(listen.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(listen);
        listener.Listen(512);
        while (true)
        {
            var client = await listener.AcceptAsync(stop);
            _ = RelayedConnection.RunAsync(client, upstream);
        }
    }

    private static IPEndPoint EndPoint(Arguments arguments, string name) =>
        IPEndPoint.TryParse(arguments.RequiredText(name), out var endPoint)
            ? endPoint
            : throw new UsageException($"--{name} must be an address and a port, like 127.0.0.1:9180");
}
