using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Sidecar.FunctionalTests.Harness;

/// <summary>An ASP.NET Core server that answers with what it received, and records every byte of its connections on request.</summary>
internal sealed class KestrelServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly ConcurrentQueue<RecordedConnection> _recorded = new();
    private int _open;

    private KestrelServer(bool record, HttpProtocols protocols, Func<HttpContext, RequestDelegate, Task>? middleware)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                listen.Protocols = protocols;
                listen.Use(next => connection => ServeAsync(next, connection, record));
            });
        });
        _application = builder.Build();
        if (middleware is not null)
            _application.Use(middleware);
        _application.UseWebSockets();
        _application.Run(AnswerAsync);
    }

    public IPEndPoint EndPoint { get; private set; } = null!;

    /// <summary>Connections open now.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <summary>Released once for each event that a test has seen; the server's stream waits for it before the next one.</summary>
    public SemaphoreSlim EventSeen { get; } = new(0);

    /// <param name="protocols">HTTP/1.1, or HTTP/2 with prior knowledge.</param>
    /// <param name="middleware">Wraps every request.</param>
    public static async Task<KestrelServer> StartAsync(
        bool record = false, HttpProtocols protocols = HttpProtocols.Http1, Func<HttpContext, RequestDelegate, Task>? middleware = null)
    {
        var server = new KestrelServer(record, protocols, middleware);
        await server._application.StartAsync();
        var address = new Uri(server._application.Urls.Single());
        server.EndPoint = new IPEndPoint(IPAddress.Loopback, address.Port);
        return server;
    }

    /// <summary>What the server received and sent since the last call, a connection each; waits until all of them are closed.</summary>
    public async Task<IReadOnlyList<(string Received, string Sent)>> TakeTranscriptsAsync()
    {
        await RelayUnderTest.UntilAsync(() => Open == 0, "the server's connections close");
        var taken = new List<(string, string)>();
        while (_recorded.TryDequeue(out var connection))
            taken.Add((connection.Received, connection.Sent));
        return taken;
    }

    public async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync();
        EventSeen.Dispose();
    }

    private async Task ServeAsync(ConnectionDelegate next, ConnectionContext connection, bool record)
    {
        Interlocked.Increment(ref _open);
        try
        {
            if (record)
            {
                var recorded = new RecordedConnection(new TwoWays(connection.Transport));
                _recorded.Enqueue(recorded);
                connection.Transport = new Pipes(PipeReader.Create(recorded), PipeWriter.Create(recorded));
            }

            await next(connection);
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }

    private Task AnswerAsync(HttpContext context) => context.Request.Path.Value switch
    {
        "/echo" => EchoAsync(context),
        "/status" => StatusAsync(context),
        "/early" => context.Response.WriteAsync("too early"),
        "/events" => EventsAsync(context),
        "/socket" => SocketAsync(context),
        "/hash" => HashAsync(context),
        "/bytes" => BytesAsync(context),
        _ => NotFoundAsync(context),
    };

    /// <summary>Says what it received, then gives it back: in one piece, or with <c>?chunk=N</c> in chunks of N and a trailer.</summary>
    private static async Task EchoAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var hash = Convert.ToHexString(SHA256.HashData(body.ToArray()));
        var (request, response) = (context.Request, context.Response);
        response.Headers["X-Saw"] = $"{request.Method} {request.Protocol} {request.ContentLength?.ToString(CultureInfo.InvariantCulture) ?? "-"} "
            + $"{request.Headers.TransferEncoding} {request.Headers.Expect} {request.Headers.Count}";
        response.Headers["X-Hash"] = hash;
        if (request.Headers.TryGetValue("X-Long", out var value))
            response.Headers["X-Long"] = value;
        if (!int.TryParse(request.Query["chunk"], out var chunk))
        {
            response.ContentLength = body.Length;
            if (!HttpMethods.IsHead(request.Method))
                await response.Body.WriteAsync(body.ToArray());
            return;
        }

        if (response.SupportsTrailers())
            response.DeclareTrailer("X-Trailer");
        for (var at = 0; at < body.Length; at += chunk)
        {
            await response.Body.WriteAsync(body.ToArray().AsMemory(at, Math.Min(chunk, (int)body.Length - at)));
            await response.Body.FlushAsync();
        }

        if (response.SupportsTrailers())
            response.AppendTrailer("X-Trailer", hash);
    }

    private static async Task StatusAsync(HttpContext context)
    {
        await context.Request.Body.CopyToAsync(Stream.Null);
        context.Response.StatusCode = int.Parse(context.Request.Query["code"]!, CultureInfo.InvariantCulture);
    }

    private static Task NotFoundAsync(HttpContext context)
    {
        context.Response.StatusCode = 404;
        return context.Response.WriteAsync("nothing here");
    }

    private async Task EventsAsync(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        for (var i = 0; i < 10; i++)
        {
            await context.Response.WriteAsync($"data: {i}\n\n");
            await context.Response.Body.FlushAsync();
            Assert.True(await EventSeen.WaitAsync(RelayUnderTest.Patience), "the client never saw the event");
        }
    }

    private static async Task SocketAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var buffer = new byte[64 * 1024];
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
            if (received.MessageType == System.Net.WebSockets.WebSocketMessageType.Close)
                break;
            await socket.SendAsync(buffer.AsMemory(0, received.Count), received.MessageType, received.EndOfMessage, CancellationToken.None);
        }

        await socket.CloseAsync(socket.CloseStatus!.Value, socket.CloseStatusDescription, CancellationToken.None);
    }

    /// <summary>Answers with length and SHA-256 of the body, which it does not keep.</summary>
    private static async Task HashAsync(HttpContext context)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[128 * 1024];
        long length = 0;
        int count;
        while ((count = await context.Request.Body.ReadAsync(buffer)) > 0)
        {
            hash.AppendData(buffer, 0, count);
            length += count;
        }

        await context.Response.WriteAsync($"{length} {Convert.ToHexString(hash.GetCurrentHash())}");
    }

    /// <summary>Sends <c>length</c> bytes made from <c>seed</c> in writes of random sizes: with a Content-Length, or <c>chunked</c>.</summary>
    private static async Task BytesAsync(HttpContext context)
    {
        var query = context.Request.Query;
        var length = long.Parse(query["length"]!, CultureInfo.InvariantCulture);
        if (!query.ContainsKey("chunked"))
            context.Response.ContentLength = length;
        using var bytes = new SeededBytes(ulong.Parse(query["seed"]!, CultureInfo.InvariantCulture));
        foreach (var portion in bytes.Portions(length))
            await context.Response.Body.WriteAsync(portion);
    }

    private sealed record Pipes(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    /// <summary>A duplex pipe as one stream.</summary>
    private sealed class TwoWays(IDuplexPipe pipe) : Stream
    {
        private readonly Stream _input = pipe.Input.AsStream(leaveOpen: true);
        private readonly Stream _output = pipe.Output.AsStream(leaveOpen: true);

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => _input.ReadAsync(buffer, cancellationToken);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => _output.WriteAsync(buffer, cancellationToken);

        public override Task FlushAsync(CancellationToken cancellationToken) => _output.FlushAsync(cancellationToken);

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush() => _output.Flush();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
