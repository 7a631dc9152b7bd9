using System.Net;
using Sidecar.FunctionalTests.Harness;
using HttpProtocols = Microsoft.AspNetCore.Server.Kestrel.Core.HttpProtocols;

namespace Sidecar.FunctionalTests.Matrix;

/// <summary>A server that says afterwards what it saw.</summary>
internal abstract class MatrixServer : IAsyncDisposable
{
    public abstract IPEndPoint EndPoint { get; }

    public static async Task<MatrixServer> StartAsync(string name, bool http2) => name switch
    {
        "Kestrel" => await KestrelMatrixServer.StartAsync(http2),
        "nginx" => await NginxMatrixServer.StartAsync(http2),
        "nghttpx" => await NghttpxMatrixServer.StartAsync(),
        _ => await NodeMatrixServer.StartAsync("http-server.mjs", http2 ? "http2" : "http1"),
    };

    /// <summary>The exchanges since the last call; waits until there are as many as were to come.</summary>
    public abstract Task<SeenExchanges> TakeAsync(long count);

    public abstract ValueTask DisposeAsync();
}

/// <summary>ASP.NET Core's server.</summary>
internal sealed class KestrelMatrixServer : MatrixServer
{
    private readonly KestrelLog _log = new();
    private KestrelServer _server = null!;

    public override IPEndPoint EndPoint => _server.EndPoint;

    public static async Task<KestrelMatrixServer> StartAsync(bool http2)
    {
        var server = new KestrelMatrixServer();
        server._server = await KestrelServer.StartAsync(protocols: http2 ? HttpProtocols.Http2 : HttpProtocols.Http1, middleware: server._log.InvokeAsync);
        return server;
    }

    public override Task<SeenExchanges> TakeAsync(long count) => _log.Seen.TakeAsync(count);

    public override ValueTask DisposeAsync() => _server.DisposeAsync();
}
