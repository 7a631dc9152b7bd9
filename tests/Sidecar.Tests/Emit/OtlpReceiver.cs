using System.Buffers.Binary;
using System.IO.Compression;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Sidecar.Tests.Emit;

/// <summary>A receiver of metrics over OTLP: protobuf over HTTP/1.1 on one port, gRPC over h2c on another. Answers as it is told.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly Channel<(string Path, OtlpMessage Message)> _received = Channel.CreateUnbounded<(string, OtlpMessage)>();
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _called = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Answer _answer;

    private OtlpReceiver(Answer answer)
    {
        _answer = answer;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
        });
        _application = builder.Build();
        _application.Run(HandleAsync);
    }

    public enum Answer
    {
        Accept,
        Refuse,
        Hang,
    }

    public string Http { get; private set; } = "";

    public string Grpc { get; private set; } = "";

    /// <summary>Ends when the first request has arrived, answered or not.</summary>
    public Task Called => _called.Task;

    public static async Task<OtlpReceiver> StartAsync(Answer answer = Answer.Accept)
    {
        var receiver = new OtlpReceiver(answer);
        await receiver._application.StartAsync();
        var addresses = receiver._application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ToList();
        (receiver.Http, receiver.Grpc) = (addresses[0], addresses[1]);
        return receiver;
    }

    /// <summary>The next request that was accepted.</summary>
    public async Task<(string Path, OtlpMessage Message)> NextAsync() => await _received.Reader.ReadAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        _release.TrySetResult();
        await _application.DisposeAsync();
    }

    private async Task HandleAsync(HttpContext context)
    {
        var body = new MemoryStream();
        Stream source = context.Request.Headers.ContentEncoding == "gzip" ? new GZipStream(context.Request.Body, CompressionMode.Decompress) : context.Request.Body;
        await source.CopyToAsync(body);
        _called.TrySetResult();
        if (_answer == Answer.Hang)
            await _release.Task;

        var grpc = context.Request.ContentType == "application/grpc";
        if (grpc)
        {
            context.Response.ContentType = "application/grpc";
            // 14 is UNAVAILABLE, 7 PERMISSION_DENIED: the second is not retried.
            context.Response.AppendTrailer("grpc-status", _answer == Answer.Refuse ? "7" : "0");
            await context.Response.Body.WriteAsync(new byte[5]); // one empty message
        }
        else
        {
            context.Response.ContentType = "application/x-protobuf";
            context.Response.StatusCode = _answer == Answer.Refuse ? 400 : 200;
        }

        if (_answer == Answer.Accept)
            _received.Writer.TryWrite((context.Request.Path, OtlpMessage.Parse(grpc ? Unframe(body.ToArray()) : body.ToArray())));
    }

    // One flag byte (0: not compressed), four bytes of length, the message.
    private static ReadOnlyMemory<byte> Unframe(byte[] frame)
    {
        Assert.Equal(0, frame[0]);
        Assert.Equal(frame.Length - 5, BinaryPrimitives.ReadInt32BigEndian(frame.AsSpan(1)));
        return frame.AsMemory(5);
    }
}
