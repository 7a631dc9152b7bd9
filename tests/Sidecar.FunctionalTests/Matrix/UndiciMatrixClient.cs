using System.Globalization;
using System.Net;
using System.Text.Json;
using Sidecar.FunctionalTests.Harness;

namespace Sidecar.FunctionalTests.Matrix;

/// <summary>undici, the HTTP client of Node.js.</summary>
internal sealed record UndiciMatrixClient(bool Http2) : MatrixClient(Http2)
{
    public override async Task<SeenExchanges> RunAsync(IPEndPoint server, MatrixScript script)
    {
        var program = NodeFolder.Require("http-client.mjs");
        using var folder = new TemporaryFolder();
        var file = folder.File("script.json", JsonSerializer.SerializeToUtf8Bytes(new
        {
            inTurn = script.InTurn.Select(Json),
            atOnce = script.AtOnce.Select(Json),
        }));
        var told = await Tool.RunAsync("node", [program, Http2 ? "http2" : "http1", server.Port.ToString(CultureInfo.InvariantCulture), file]);
        return new SeenExchanges(told.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(SeenExchange.Parse));
    }

    // It refuses to send an Expect.
    private static object Json(HttpCase request) => new
    {
        id = request.Name,
        method = request.Method,
        path = request.Path,
        headers = request.Headers.Select(field => new[] { field.Name, field.Value }),
        body = request.Framing == BodyFraming.None ? null : Convert.ToBase64String(request.Body),
        chunked = request.Framing == BodyFraming.Chunked,
        close = request.Close,
    };
}
