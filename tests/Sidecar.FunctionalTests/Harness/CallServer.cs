using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Sidecar.FunctionalTests.Harness;

/// <summary>
/// An ASP.NET Core server of HTTP/2 without TLS that answers each call like a gRPC service: the request's body as it came, then <c>grpc-status</c> in the
/// trailers. It can hold all calls in the middle of their answers.
/// </summary>
internal sealed class CallServer : IAsyncDisposable
{
    /// <summary>One message of five bytes in gRPC's framing.</summary>
    public static readonly byte[] Message = [0, 0, 0, 0, 5, 1, 2, 3, 4, 5];

    private readonly WebApplication _application;
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _held;

    private CallServer(int maxStreams, bool holds)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.Http2.MaxStreamsPerConnection = maxStreams;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
        });
        if (!holds)
            _release.SetResult();
        _application = builder.Build();
        _application.Run(AnswerAsync);
    }

    public IPEndPoint EndPoint { get; private set; } = null!;

    /// <summary>Calls whose answers have begun and are held.</summary>
    public int Held => Volatile.Read(ref _held);

    /// <param name="holds">Every answer stops after its head until <see cref="Release"/>.</param>
    public static async Task<CallServer> StartAsync(int maxStreams = 100, bool holds = false)
    {
        var server = new CallServer(maxStreams, holds);
        await server._application.StartAsync();
        server.EndPoint = new IPEndPoint(IPAddress.Loopback, new Uri(server._application.Urls.Single()).Port);
        return server;
    }

    /// <summary>Lets all answers go on, and later ones pass.</summary>
    public void Release() => _release.TrySetResult();

    /// <summary>A client whose every connection leads to an address.</summary>
    public static HttpClient Client(IPEndPoint address)
    {
        var handler = DotnetHttpClient.HandlerTo(address);
        handler.EnableMultipleHttp2Connections = false;
        return new HttpClient(handler) { Timeout = RelayUnderTest.Patience };
    }

    /// <summary>Starts a call; the answer's head is there when the task ends.</summary>
    public static Task<HttpResponseMessage> CallAsync(HttpClient client, byte[] body, string path = "/test.Model/Call")
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri("http://model.test" + path))
        {
            Content = new ByteArrayContent(body),
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Content.Headers.ContentType = new("application/grpc");
        return client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    public async ValueTask DisposeAsync()
    {
        Release();
        await _application.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        context.Response.ContentType = "application/grpc";
        await context.Response.Body.FlushAsync(); // the head goes out
        Interlocked.Increment(ref _held);
        await _release.Task;
        await context.Response.Body.WriteAsync(body.ToArray());
        context.Response.AppendTrailer("grpc-status", "0");
    }
}
