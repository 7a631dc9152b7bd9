using System.Net;
using System.Text.Json;
using Sidecar.FunctionalTests.Harness;

namespace Sidecar.FunctionalTests.Matrix;

/// <summary>nghttpx in front of ASP.NET Core's server: of the servers here the one that upgrades a connection from HTTP/1.1 to HTTP/2 when it is asked to.</summary>
internal sealed class NghttpxMatrixServer(ForeignServer server, KestrelServer backend) : MatrixServer
{
    private const string Line = """{"id":"$http_x_request_id","request":"$request","status":"$status","sent":$body_bytes_sent}""";

    private readonly AccessLog _log = new(server.Folder, Of);

    public override IPEndPoint EndPoint => server.EndPoint;

    public static async Task<NghttpxMatrixServer> StartAsync()
    {
        var backend = await KestrelServer.StartAsync();
        return new NghttpxMatrixServer(await ForeignServer.NghttpxAsync(backend.EndPoint, Line), backend);
    }

    public override Task<SeenExchanges> TakeAsync(long count) => _log.TakeAsync(count);

    public override async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        await backend.DisposeAsync();
    }

    private static SeenExchange Of(string line)
    {
        using var json = JsonDocument.Parse(line);
        return new SeenExchange(
            json.RootElement.GetProperty("id").GetString()!,
            new SeenMessage { Start = json.RootElement.GetProperty("request").GetString() },
            new SeenMessage { Start = json.RootElement.GetProperty("status").GetString(), Length = json.RootElement.GetProperty("sent").GetInt64() });
    }
}
