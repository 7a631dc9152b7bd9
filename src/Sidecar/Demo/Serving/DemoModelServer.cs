using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Sidecar.Model;

namespace Sidecar.Demo.Serving;

/// <summary>
/// A real model server: ONNX Runtime behind Kestrel, speaking the Open Inference Protocol V2 on two loopback ports, over REST and over gRPC. Two things are
/// there for the demo only: latency can be added, and the listeners can be taken away and brought back on the same ports.
/// </summary>
internal sealed class DemoModelServer : IAsyncDisposable
{
    private readonly InferEndpoint _endpoint;
    private readonly InferGrpcService _calls;
    private WebApplication? _application;
    private readonly List<Socket> _placeholders = [];

    private DemoModelServer(OnnxModel model, TimeProvider time)
    {
        _endpoint = new InferEndpoint(model, time);
        _calls = new InferGrpcService(model, _endpoint, time);
    }

    /// <summary>The loopback port of REST, the same over every stop and start.</summary>
    public int Port { get; private set; }

    /// <summary>The loopback port of gRPC, likewise.</summary>
    public int GrpcPort { get; private set; }

    /// <summary>Where the server listens, or will again.</summary>
    public Uri Address => new($"http://127.0.0.1:{Port}");

    /// <summary>Where it listens for gRPC.</summary>
    public Uri GrpcAddress => new($"http://127.0.0.1:{GrpcPort}");

    /// <summary>Waited before each inference is answered.</summary>
    public TimeSpan AddedLatency
    {
        get => _endpoint.AddedLatency;
        set => _endpoint.AddedLatency = value;
    }

    /// <summary>Starts serving <paramref name="model"/>, which stays the caller's, on any free loopback port.</summary>
    public static async Task<DemoModelServer> StartAsync(OnnxModel model, TimeProvider time, CancellationToken cancellation)
    {
        var server = new DemoModelServer(model, time);
        await server.ListenAsync(cancellation);
        return server;
    }

    /// <summary>Stops listening and cuts every connection: from now on dials are refused. Does nothing when stopped.</summary>
    public async Task StopAsync()
    {
        if (_application is null)
            return;
        await EndAsync();
        // A bound socket that doesn't listen refuses dials, and keeps the port from being anybody else's: not the local port of an outgoing
        // connection either, or a dial could be answered by itself (simultaneous open on loopback).
        foreach (var port in (int[])[Port, GrpcPort])
        {
            var placeholder = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            placeholder.Bind(new IPEndPoint(IPAddress.Loopback, port));
            _placeholders.Add(placeholder);
        }
    }

    /// <summary>Listens on the same port again. Does nothing when running.</summary>
    public Task RestartAsync(CancellationToken cancellation) => _application is null ? ListenAsync(cancellation) : Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        DropPlaceholders();
    }

    private async Task EndAsync()
    {
        if (_application is not { } application)
            return;
        _application = null;
        // An expired deadline makes Kestrel abort what is open, as a killed process would.
        await application.StopAsync(new CancellationToken(canceled: true));
        await application.DisposeAsync();
    }

    private void DropPlaceholders()
    {
        _placeholders.ForEach(placeholder => placeholder.Dispose());
        _placeholders.Clear();
    }

    private async Task ListenAsync(CancellationToken cancellation)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = InferEndpoint.MaxBody;
            kestrel.Listen(IPAddress.Loopback, Port, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, GrpcPort, listen => listen.Protocols = HttpProtocols.Http2);
        });
        builder.Services.AddRouting();
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(_calls);
        // The console's signals belong to the demo, not to the model server inside it.
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        var application = builder.Build();
        application.UseRouting();
        application.MapGrpcService<InferGrpcService>();
        application.MapFallback("{**path}", _endpoint.AnswerAsync);
        DropPlaceholders();
        await application.StartAsync(cancellation);
        _application = application;
        var addresses = application.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.ToArray();
        Port = new Uri(addresses[0]).Port;
        GrpcPort = new Uri(addresses[1]).Port;
    }
}
