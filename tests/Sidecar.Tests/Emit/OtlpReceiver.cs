using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.IO.Compression;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Sidecar.Tests.Emit;

/// <summary>A request that was accepted.</summary>
internal sealed record OtlpRequest(string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body, OtlpMessage Message);

/// <summary>A receiver of OTLP: protobuf over HTTP/1.1 on one port, gRPC over HTTP/2 on another, both over TLS where it has a certificate. Answers as it is told.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly Channel<(string Path, OtlpMessage Message)> _received = Channel.CreateUnbounded<(string, OtlpMessage)>();
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _called = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentQueue<OtlpRequest> _all = new();
    private readonly ConcurrentQueue<string> _paths = new();
    private readonly Answer _answer;

    private OtlpReceiver(Answer answer, X509Certificate2? certificate)
    {
        _answer = answer;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            foreach (var protocols in new[] { HttpProtocols.Http1, HttpProtocols.Http2 })
            {
                kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen =>
                {
                    listen.Protocols = protocols;
                    if (certificate is not null)
                        listen.UseHttps(certificate);
                });
            }
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

    /// <summary>All requests that were accepted so far.</summary>
    public IReadOnlyCollection<OtlpRequest> All => _all;

    /// <summary>The paths of all requests, answered or not.</summary>
    public IReadOnlyCollection<string> Paths => _paths;

    /// <summary>All spans that were accepted so far.</summary>
    public IEnumerable<OtlpSpan> Spans => _all.SelectMany(request => request.Message.Spans);

    /// <summary>All log records that were accepted so far.</summary>
    public IEnumerable<OtlpLog> Logs => _all.SelectMany(request => request.Message.Logs);

    public static async Task<OtlpReceiver> StartAsync(Answer answer = Answer.Accept, X509Certificate2? certificate = null)
    {
        var receiver = new OtlpReceiver(answer, certificate);
        await receiver._application.StartAsync();
        var addresses = receiver._application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ToList();
        (receiver.Http, receiver.Grpc) = (addresses[0], addresses[1]);
        return receiver;
    }

    /// <summary>The next request that was accepted.</summary>
    public async Task<(string Path, OtlpMessage Message)> NextAsync() => await _received.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(60));

    /// <summary>The first of what was or will be accepted that fits.</summary>
    public async Task<T> FirstAsync<T>(Func<OtlpReceiver, IEnumerable<T>> all, Func<T, bool> fits, string what)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            foreach (var item in all(this))
            {
                if (fits(item))
                    return item;
            }

            if (patience.IsCancellationRequested)
                Assert.Fail($"never came: {what}; there are, at last,\n{string.Join('\n', all(this).TakeLast(20))}");
            await Task.Delay(10, CancellationToken.None);
        }
    }

    /// <summary>The first span that fits.</summary>
    public Task<OtlpSpan> SpanAsync(Func<OtlpSpan, bool> fits, string what = "a span") => FirstAsync(receiver => receiver.Spans, fits, what);

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
        _paths.Enqueue(context.Request.Path);
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

        if (_answer != Answer.Accept)
            return;
        string path = context.Request.Path;
        var message = OtlpMessage.Parse(path, grpc ? Unframe(body.ToArray()) : body.ToArray());
        _all.Enqueue(new OtlpRequest(path, context.Request.Headers.ToDictionary(field => field.Key.ToLowerInvariant(), field => field.Value.ToString()), body.ToArray(), message));
        _received.Writer.TryWrite((path, message));
    }

    // One flag byte (0: not compressed), four bytes of length, the message.
    private static ReadOnlyMemory<byte> Unframe(byte[] frame)
    {
        Assert.Equal(0, frame[0]);
        Assert.Equal(frame.Length - 5, BinaryPrimitives.ReadInt32BigEndian(frame.AsSpan(1)));
        return frame.AsMemory(5);
    }
}
