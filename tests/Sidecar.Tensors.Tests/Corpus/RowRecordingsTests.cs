using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Sidecar.Tensors.Tests.Contract;
using Sidecar.Tensors.Tests.Rows;
using Sidecar.Testing;

namespace Sidecar.Tensors.Tests.Corpus;

/// <summary>
/// Recorded conversations of real clients and servers whose protocols send rows, or members of an object: the bodies on the wire decode to what client and server
/// noted themselves. Where they noted tensors, those; where they noted JSON, what another reader makes of it; and where the server had a DataFrame, its columns.
/// </summary>
public class RowRecordingsTests(ITestOutputHelper output)
{
    private static readonly string[] Protocols = ["v1", "tfserving-rest", "mlflow", "sagemaker", "custom-json", "v2-http"];

    /// <summary>How somebody would describe the recorded JSON APIs: path of the request, and each feature's path.</summary>
    private static readonly Dictionary<string, (string[] Inputs, string[] Outputs)> Mappings = new()
    {
        ["/score"] = (["/rows", "/tag"], ["/scores", "/tag"]),
        ["/array"] = (["/a"], ["$"]),
        ["/predict"] = (["$.features"], ["$.output.sum", "/output/n"]),
    };

    [Fact]
    public void Conversations_kept_here_decode_to_what_client_and_server_saw() =>
        Assert.Equal(new Counts { Requests = 19, Responses = 19, Errors = 4, Dataframes = 2 }, Compare(Here()));

    [Fact]
    public void All_recorded_conversations_decode_to_what_client_and_server_saw()
    {
        var counts = Compare(Fixtures.RequireCorpus());
        output.WriteLine(counts.ToString());
        // What the recordings held when this was written: more may come, fewer would mean that the test lost sight of them.
        Assert.True(counts is { Requests: >= 31, Responses: >= 30, Errors: >= 8, Dataframes: >= 8 }, counts.ToString());
    }

    private static Counts Compare(string root)
    {
        var counts = new Counts();
        foreach (var protocol in Protocols.Where(protocol => Directory.Exists(Path.Combine(root, protocol))))
        {
            foreach (var folder in Directory.EnumerateDirectories(Path.Combine(root, protocol)).Order(StringComparer.Ordinal))
            {
                using var expected = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "expected.json")));
                if (!File.Exists(Path.Combine(folder, "client.bin")) || !expected.RootElement.GetProperty("exchanges").EnumerateArray().Any(IsOfRows))
                    continue;
                var requests = RecordedHttp.Split(File.ReadAllBytes(Path.Combine(folder, "client.bin")));
                var answers = RecordedHttp.Split(File.ReadAllBytes(Path.Combine(folder, "server.bin")));
                var at = 0;
                foreach (var exchange in expected.RootElement.GetProperty("exchanges").EnumerateArray())
                {
                    if (IsOfRows(exchange))
                        Check($"{folder} exchange {at}", exchange, requests[at], answers[at], counts);
                    at++;
                }
            }
        }

        return counts;
    }

    private static string PathOf(JsonElement exchange) => exchange.GetProperty("path").GetString()!.Split('?')[0];

    private static bool IsOfRows(JsonElement exchange) =>
        exchange.GetProperty("method").GetString() == "POST" && (DecoderOf(PathOf(exchange)) is not null and not OpenInferenceRest and not OpenInferenceGrpc);

    private static IProtocolDecoder? DecoderOf(string path) => Mappings.TryGetValue(path, out var paths)
        ? new JsonMapping(Features(paths.Inputs), Features(paths.Outputs))
        : ProtocolDecoders.Of(InferencePath.Parse(Encoding.ASCII.GetBytes(path)).Protocol);

    private static List<JsonFeature> Features(string[] paths) => JsonMappingContract.Features([.. paths.Select(path => (path, path))]);

    private static void Check(string where, JsonElement exchange, RecordedHttp request, RecordedHttp answer, Counts counts)
    {
        var path = PathOf(exchange);
        var decoder = DecoderOf(path)!;
        var message = new TensorMessage();
        var error = SampleOf(request, path, isRequest: true).Decode(decoder, message);
        var model = InferencePath.Parse(Encoding.ASCII.GetBytes(path)).Model;
        if (exchange.GetProperty("request").TryGetProperty("model", out var named) && !model.IsEmpty)
            Assert.Equal(named.GetProperty("name").GetString(), Encoding.UTF8.GetString(model));
        if (exchange.GetProperty("request").TryGetProperty("id", out var id))
            Assert.Equal(id.GetString(), OpenInference.Decoded.Text(message.Id));
        counts.Requests += Compare(where, exchange.GetProperty("request"), path, error, message, isRequest: true) ? 1 : 0;
        if (exchange.TryGetProperty("handler", out var handler) && handler.ValueKind == JsonValueKind.Object && handler.TryGetProperty("dtypes", out var dtypes))
        {
            Assert.Equal(dtypes.EnumerateObject().Select(column => $"{column.Name} {TypeOf(column.Value.GetString()!)} [{handler.GetProperty("rows")}]"),
                Shown.Tensors(message).Select(text => text[..text.IndexOf(':', StringComparison.Ordinal)]));
            counts.Dataframes++;
        }

        var events = EventsOf(answer);
        for (var i = 0; i < events.Count; i++)
        {
            error = SampleOf(answer with { Body = events[i] }, path, isRequest: false).Decode(decoder, message);
            if (exchange.GetProperty("http_status").GetInt32() >= 400)
            {
                Assert.True(error == DecodeError.None && message.HasError || answer.Headers.GetValueOrDefault("content-type", "").StartsWith("text/", StringComparison.Ordinal), where);
                counts.Errors++;
                continue;
            }

            var told = exchange.GetProperty("response");
            counts.Responses += told.TryGetProperty("sse_events", out var told1)
                ? Compare($"{where} event {i}", told1[i], path, error, message, isRequest: false, isJson: true) ? 1 : 0
                : Compare(where, told, path, error, message, isRequest: false) ? 1 : 0;
        }
    }

    private static List<byte[]> EventsOf(RecordedHttp answer)
    {
        if (!answer.Headers.GetValueOrDefault("content-type", "").StartsWith("text/event-stream", StringComparison.Ordinal))
            return [answer.Body];
        List<byte[]> events = [];
        var stream = new ServerSentEvents(answer.Body);
        while (stream.Next(out var data))
            events.Add(data.ToArray());
        return events;
    }

    private static Sample SampleOf(RecordedHttp message, string path, bool isRequest)
    {
        var format = BodyFormats.Parse(Encoding.ASCII.GetBytes(message.Headers.GetValueOrDefault("content-type", "")), out var jsonBytes);
        return new Sample(message.Body) { Path = path, Format = format, JsonBytes = jsonBytes, IsRequest = isRequest };
    }

    private static bool Compare(string where, JsonElement told, string path, DecodeError error, TensorMessage message, bool isRequest, bool isJson = false)
    {
        if (!isJson && told.TryGetProperty("tensors", out var tensors))
        {
            Assert.Equal(DecodeError.None, error);
            Assert.Equal(tensors.EnumerateArray().Select(Digest), Enumerable.Range(0, message.Count).Select(i => Digest(message, i)));
            return true;
        }

        // Bare NaN, which System.Text.Json does not read, is in the tests of each form.
        JsonElement json = told;
        if (!isJson && !told.TryGetProperty("json", out json))
        {
            if (!told.TryGetProperty("text", out var text) || !text.GetString()!.StartsWith('{') || text.GetString()!.Contains("NaN", StringComparison.Ordinal))
                return false;
            json = JsonDocument.Parse(text.GetString()!).RootElement;
        }

        var expected = Read(path, json, isRequest).ToArray();
        Assert.True(error == (expected.Length > 0 ? DecodeError.None : DecodeError.NotInference), $"{where}: {error}");
        Assert.Equal(expected, JsonOracle.Comparable(message));
        return expected.Length > 0;
    }

    /// <summary>What JSON of each protocol means, by another reader.</summary>
    private static IEnumerable<string> Read(string path, JsonElement json, bool isRequest)
    {
        if (Mappings.TryGetValue(path, out var paths))
            return (isRequest ? paths.Inputs : paths.Outputs).SelectMany(at => Walk(json, at) is { } value ? JsonOracle.Container(at, value) : []);
        if (path.EndsWith("/generate", StringComparison.Ordinal) || path.EndsWith("/generate_stream", StringComparison.Ordinal))
        {
            return json.EnumerateObject().Where(member => member.Name is not ("id" or "model_name" or "model_version"))
                .Select(member => JsonOracle.Tensor(member.Name, [member.Value], hasRows: member.Value.ValueKind != JsonValueKind.Array));
        }

        if (json.TryGetProperty("data", out var data) && json.TryGetProperty("specversion", out _))
            json = data;
        if (json.TryGetProperty("dataframe_split", out var split))
        {
            return split.GetProperty("columns").EnumerateArray().SelectMany((name, i) => JsonOracle.Rows("",
                [.. split.GetProperty("data").EnumerateArray().Select(row => JsonDocument.Parse($"{{{name.GetRawText()}:{row[i].GetRawText()}}}").RootElement)]));
        }

        if (json.TryGetProperty("results", out var results) && path.EndsWith(":classify", StringComparison.Ordinal))
        {
            string[] columns = ["classes", "scores"];
            return columns.Select((name, column) => JsonOracle.Tensor(name, [JsonDocument.Parse(
                $"[{string.Join(',', results.EnumerateArray().Select(row => $"[{string.Join(',', row.EnumerateArray().Select(pair => pair[column].GetRawText()))}]"))}]").RootElement], hasRows: false));
        }

        if (path == "/invocations" && json.TryGetProperty("rows", out var rows))
            return JsonOracle.Container("rows", rows); // of no protocol, and refused by the server
        string[] keys = ["instances", "inputs", "examples", "dataframe_records", "predictions", "outputs", "explanations"];
        return keys.Where(key => json.TryGetProperty(key, out _)).SelectMany(key => JsonOracle.Container(key, json.GetProperty(key)));
    }

    private static JsonElement? Walk(JsonElement json, string path)
    {
        foreach (var name in path.Split('.', '/').Skip(1))
        {
            if (!json.TryGetProperty(name, out json))
                return null;
        }

        return json;
    }

    private static string Digest(JsonElement tensor) =>
        $"{tensor.GetProperty("name")} {tensor.GetProperty("datatype")} [{string.Join(',', tensor.GetProperty("shape").EnumerateArray())}] {tensor.GetProperty("sha256")}";

    private static string Digest(TensorMessage message, int i) =>
        $"{OpenInference.Decoded.Text(message.Name(i))} {message[i].DataType.Name()} [{string.Join(',', message[i].Shape.ToArray())}] {Convert.ToHexStringLower(SHA256.HashData(message.Data(i)))}";

    private static string TypeOf(string dtype) => dtype switch { "int64" => "INT64", "float64" => "FP64", "bool" => "BOOL", _ => "BYTES" };

    private static string Here([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "..", "golden", "conversations");

    private sealed record Counts
    {
        public int Requests { get; set; }

        public int Responses { get; set; }

        public int Errors { get; set; }

        public int Dataframes { get; set; }
    }
}
