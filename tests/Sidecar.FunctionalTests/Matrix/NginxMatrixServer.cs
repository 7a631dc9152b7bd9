using System.Net;
using System.Text.Json;
using Sidecar.FunctionalTests.Harness;

namespace Sidecar.FunctionalTests.Matrix;

/// <summary>nginx, which tells by its access log what a log can say: no hashes, and fields that are named in advance.</summary>
internal sealed class NginxMatrixServer(ForeignServer server) : MatrixServer
{
    // By the names of nginx's variables: what is empty there was not sent.
    private static readonly string[] RequestFields = ["host", "user_agent", "accept", "content_type", "content_length", "range", "if_modified_since", "te", "grpc_timeout"];
    private static readonly string[] ResponseFields = ["content_type", "content_length", "last_modified", "etag", "content_encoding", "grpc_status"];

    private readonly AccessLog _log = new(server.Folder, Of);

    public override IPEndPoint EndPoint => server.EndPoint;

    /// <param name="locations">Further locations of the server.</param>
    public static async Task<NginxMatrixServer> StartAsync(bool http2, string locations = "")
    {
        var line = $$"""
            {"id":"$http_x_request_id","request":"$request","status":"$status","sent":$body_bytes_sent,"chunked":"$sent_http_transfer_encoding",
            """ + $$"""
            "requestFields":{ {{Variables("http", RequestFields)}} },"responseFields":{ {{Variables("sent_http", ResponseFields)}} } }
            """;
        var settings = $"log_format seen escape=json '{line}'; access_log access.log seen; keepalive_requests 100000000;";
        return new NginxMatrixServer(await ForeignServer.NginxAsync(http2, settings, locations));
    }

    public override Task<SeenExchanges> TakeAsync(long count) => _log.TakeAsync(count);

    public override ValueTask DisposeAsync() => server.DisposeAsync();

    private static string Variables(string prefix, string[] names) => string.Join(',', names.Select(name => $"\"{name.Replace('_', '-')}\":\"${prefix}_{name}\""));

    private static SeenExchange Of(string line)
    {
        using var json = JsonDocument.Parse(line);
        var root = json.RootElement;
        var chunked = root.GetProperty("chunked").GetString() is { Length: > 0 };
        return new SeenExchange(
            root.GetProperty("id").GetString()!,
            new SeenMessage { Start = root.GetProperty("request").GetString()!.Replace("HTTP/2.0", "HTTP/2", StringComparison.Ordinal), SomeFields = Fields(root.GetProperty("requestFields")) },
            new SeenMessage
            {
                Start = root.GetProperty("status").GetString(),
                SomeFields = Fields(root.GetProperty("responseFields")),
                Length = chunked ? null : root.GetProperty("sent").GetInt64(), // else chunked framing counts too
            }).Normalised();
    }

    private static List<string> Fields(JsonElement named) =>
        [.. named.EnumerateObject().Where(field => field.Value.GetString() is { Length: > 0 }).Select(field => $"{field.Name}: {field.Value.GetString()}")];
}
