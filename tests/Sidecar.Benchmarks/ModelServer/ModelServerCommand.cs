using System.Net;
using System.Net.Sockets;
using Sidecar.Benchmarks.Bodies;

namespace Sidecar.Benchmarks.ModelServer;

/// <summary>
/// The model server behind all peers: reads each request to its end, then sends bytes that never change. HTTP/1.1 and gRPC over HTTP/2 on one
/// port, one thread. As cheap as .NET's sockets allow, so that it takes little of the cores that the proxies need.
/// </summary>
/// <remarks>nginx's <c>return 200</c> can't stand here: it answers a large request before it has read it, and can't send trailers.</remarks>
internal static class ModelServerCommand
{
    public static async Task<int> RunAsync(Arguments arguments, CancellationToken stop)
    {
        var listen = arguments.EndPoints("listen");
        var answers = new ModelAnswers(BodyKind.Parse(arguments.RequiredText("body")));
        arguments.RejectUnread();
        InlineSockets.Enable();
        await Task.WhenAll(listen.Select(endPoint => ServeAsync(endPoint, answers, stop)));
        return ExitCodes.Ok;
    }

    private static async Task ServeAsync(IPEndPoint listen, ModelAnswers answers, CancellationToken stop)
    {
        using var listener = new Socket(listen.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(listen);
        listener.Listen(4096);
        while (true)
        {
            var client = await listener.AcceptAsync(stop);
            _ = ServedConnection.RunAsync(client, answers);
        }
    }
}
