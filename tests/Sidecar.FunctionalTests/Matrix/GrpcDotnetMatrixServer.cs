using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Sidecar.FunctionalTests.Matrix;

/// <summary>The echo service on ASP.NET Core's server and its gRPC.</summary>
internal sealed class GrpcDotnetMatrixServer : MatrixServer
{
    private readonly KestrelLog _log = new();
    private readonly WebApplication _application;

    private GrpcDotnetMatrixServer(bool gzip)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = null;
            grpc.ResponseCompressionAlgorithm = gzip ? "gzip" : null;
        });
        _application = builder.Build();
        _application.Use(_log.InvokeAsync);
        _application.MapGrpcService<EchoService>();
    }

    public override IPEndPoint EndPoint => new(IPAddress.Loopback, new Uri(_application.Urls.Single()).Port);

    /// <param name="gzip">It compresses what it sends.</param>
    public static async Task<GrpcDotnetMatrixServer> StartAsync(bool gzip)
    {
        var server = new GrpcDotnetMatrixServer(gzip);
        await server._application.StartAsync();
        return server;
    }

    public override Task<SeenExchanges> TakeAsync(long count) => _log.Seen.TakeAsync(count);

    public override ValueTask DisposeAsync() => _application.DisposeAsync();
}
