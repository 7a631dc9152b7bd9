using System.Diagnostics.Metrics;
using System.Net;
using Grpc.AspNetCore.Server.Model;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Sidecar.Configuration;
using Sidecar.Model;
using Sidecar.Telemetry;

namespace Sidecar.Receive;

/// <summary>
/// Receives the application's own telemetry, looks at it, and sends it on. Runs on the thread pool, apart from the relay. What it does is bounded: so many connections, so many
/// requests at a time, so large a body.
/// </summary>
public sealed partial class OtlpReceiver : IAsyncDisposable
{
    private const int MaxConnections = 64;

    // Each holds a body, and at most as much again without its coding; the others wait, unread.
    private const int AtATime = 4;

    private readonly WebApplication _application;
    private readonly OtlpForwarder _forwarder;
    private readonly ReceiveBook _book;

    private OtlpReceiver(WebApplication application, OtlpForwarder forwarder, ReceiveBook book) => (_application, _forwarder, _book) = (application, forwarder, book);

    /// <summary>Where it takes OTLP over HTTP, with the real port; null for nowhere.</summary>
    public IPEndPoint? Http { get; private set; }

    /// <summary>Where it takes OTLP over gRPC; null for nowhere.</summary>
    public IPEndPoint? Grpc { get; private set; }

    /// <summary>The source for <see cref="Catalogue.ReceivedRequests"/>.</summary>
    public IEnumerable<Measurement<long>> ObserveRequests() => _book.ObserveRequests();

    /// <summary>The source for <see cref="Catalogue.ReceivedItems"/>.</summary>
    public IEnumerable<Measurement<long>> ObserveItems() => _book.ObserveItems();

    /// <summary>Binds and serves.</summary>
    /// <exception cref="IOException">An address is in use or not ours.</exception>
    public static async Task<OtlpReceiver> StartAsync(OtlpReceiverOptions options, TimeProvider time, ILoggerFactory logs, CancellationToken cancellation = default)
    {
        var target = options.ForwardTo ?? throw new ArgumentException("otlpReceiver.forwardTo is null", nameof(options));
        var log = logs.CreateLogger<OtlpReceiver>();
        var book = new ReceiveBook();
        var forwarder = new OtlpForwarder(target, time);
        var intake = new OtlpIntake(forwarder, book, target, time, log);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "sidecar", EnvironmentName = "Production" });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Listen(kestrel, options));
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        builder.Services.AddRouting();
        builder.Services.AddGrpc(grpc => grpc.MaxReceiveMessageSize = OtlpIntake.MaxBody);
        var calls = new OtlpGrpc(intake);
        builder.Services.AddSingleton(calls);
        builder.Services.AddSingleton<IServiceMethodProvider<OtlpGrpc>, OtlpGrpcMethods>();
        var application = builder.Build();
        application.Use(AFewOf(new SemaphoreSlim(AtATime), intake));
        application.Use(calls.CountAsync);
        application.UseRouting();
        application.MapGrpcService<OtlpGrpc>();
        application.MapFallback("{**path}", new OtlpHttp(intake).HandleAsync);
        var receiver = new OtlpReceiver(application, forwarder, book);
        try
        {
            await application.StartAsync(cancellation).ConfigureAwait(false);
        }
        catch
        {
            await receiver.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        // In the order of Listen.
        var ports = new Queue<int>(application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Select(address => new Uri(address).Port));
        receiver.Http = options.Http is { } http ? new IPEndPoint(http.ToIPEndPoint().Address, ports.Dequeue()) : null;
        receiver.Grpc = options.Grpc is { } grpc ? new IPEndPoint(grpc.ToIPEndPoint().Address, ports.Dequeue()) : null;
        Log.Listening(log, receiver.Http, receiver.Grpc, target);
        return receiver;
    }

    /// <summary>Stops listening, lets running requests end, and cuts those that still run at the deadline.</summary>
    public async Task StopAsync(TimeSpan deadline, TimeProvider time)
    {
        using var cut = new CancellationTokenSource(deadline, time);
        await _application.StopAsync(cut.Token).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync().ConfigureAwait(false);
        _forwarder.Dispose();
    }

    private static void Listen(KestrelServerOptions kestrel, OtlpReceiverOptions options)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentConnections = MaxConnections;
        kestrel.Limits.MaxRequestBodySize = 16L * OtlpIntake.MaxBody; // what is read over, so that an exporter hears why; above it, the connection ends
        kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);
        if (options.Http is { } http)
            kestrel.Listen(http.ToIPEndPoint(), endpoint => endpoint.Protocols = HttpProtocols.Http1);
        if (options.Grpc is { } grpc)
            kestrel.Listen(grpc.ToIPEndPoint(), endpoint => endpoint.Protocols = HttpProtocols.Http2);
    }

    private static Func<HttpContext, RequestDelegate, Task> AFewOf(SemaphoreSlim places, OtlpIntake intake) => async (context, next) =>
    {
        try
        {
            await places.WaitAsync(context.RequestAborted).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            if (OtlpPaths.Find(context.Request.Path) is var (signal, grpc))
                intake.Reject(signal, grpc, ReceiveOutcome.Canceled, StatusCodes.Status499ClientClosedRequest, "it was not its turn yet");
            return;
        }

        try
        {
            await next(context).ConfigureAwait(false);
        }
        finally
        {
            places.Release();
        }
    };

    private static partial class Log
    {
        [LoggerMessage(EventIds.ReceiverListening, LogLevel.Information, "OTLP of the application: http on {Http}, grpc on {Grpc}, sent on to {Target}")]
        public static partial void Listening(ILogger logger, IPEndPoint? http, IPEndPoint? grpc, Uri target);
    }
}
