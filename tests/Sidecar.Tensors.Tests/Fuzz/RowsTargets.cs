using System.Text;
using Sidecar.Testing.Fuzzing;

namespace Sidecar.Tensors.Tests.Fuzz;

/// <summary>A decoder over bodies that are written here; the first byte of an input chooses among the formats that it is told of, and is no part of the body.</summary>
internal sealed class DecoderTarget(string name, IProtocolDecoder decoder, bool isRequest, string path, BodyFormat[] formats, string[] bodies) : MessageTarget
{
    private static readonly string[] Words =
    [
        "\"instances\":", "\"inputs\":", "\"predictions\":", "\"outputs\":", "\"dataframe_split\":", "\"dataframe_records\":", "\"columns\":", "\"data\":", "\"b64\":", "\"examples\":", "\"context\":", "\"results\":",
        "\"messages\":", "\"choices\":", "\"delta\":", "\"content\":", "\"usage\":", "\"embedding\":", "\"text_input\":", "\"error\":", "NaN", "Infinity", "null", "true", "9223372036854775808", "1e400", "-0", "[", "]", "{", "}", ",",
        ":", "\"", "\\u0000", "\\ud800", "\n", "\r\n", "\"\"", ";", "[DONE]", "{\"a\":1}", "[[1,2],[3]]",
    ];

    private readonly byte[] _path = Encoding.ASCII.GetBytes(path);

    public override string Name => name;

    public override IReadOnlyList<byte[]> Seeds { get; } =
        [.. bodies.SelectMany(body => formats.Select((_, format) => (byte[])[(byte)format, .. Encoding.Latin1.GetBytes(body)]))];

    public override IReadOnlyList<byte[]> Tokens { get; } = [.. Words.Select(Encoding.ASCII.GetBytes), [0xC0, 0x80], [0], [.. Enumerable.Repeat((byte)'[', 70)]];

    /// <summary>Rows of other members each make a table of all members in every row, up to the decoder's own limit.</summary>
    protected override long MostBytes(int length) => DecodeLimits.Default.MaxBytes + (16L * length);

    protected override DecodeError Decode(ReadOnlyMemory<byte> body, TensorMessage into)
    {
        var head = new MessageHead { Path = _path, Format = body.IsEmpty ? formats[0] : formats[body.Span[0] % formats.Length] };
        body = body.IsEmpty ? body : body[1..];
        return isRequest ? decoder.DecodeRequest(head, body, into) : decoder.DecodeResponse(head, body, into);
    }
}

/// <summary>The decoders that came after V2.</summary>
internal static class RowsTargets
{
    private static readonly BodyFormat[] Json = [BodyFormat.Json];

    public static IEnumerable<(string Name, int Share, Func<FuzzTarget> Create)> All { get; } =
    [
        Of("v1-request", () => new V1Rest(), true, "/v1/models/m:predict", [BodyFormat.Json, BodyFormat.CloudEvent],
            """{"instances": [[1, 2.5], [3, null]]}""", """{"instances": [{"a": 1, "t": "x"}, {"a": 2, "t": {"b64": "aGk="}}]}""", """{"inputs": {"a": [1, 2], "b": [[true], [false]]}}""",
            """{"id": "1", "data": {"instances": [1]}, "source": "s"}"""),
        Of("v1-response", () => new V1Rest(), false, "/v1/models/m:classify", Json,
            """{"results": [[["a", 0.5], ["b", 0.25]]]}""", """{"predictions": [[0.1], [NaN]]}""", """{"outputs": {"p": [1]}}""", """{"error": "no"}"""),
        Of("invocations", () => new InvocationsRest(), true, "/invocations",
            [BodyFormat.Json, BodyFormat.CsvWithHeader, BodyFormat.CsvWithoutHeader, BodyFormat.JsonLines],
            """{"dataframe_split": {"columns": ["a", "b"], "index": [0], "data": [[1, "x"]]}}""", """{"dataframe_records": [{"a": 1}, {"b": "y"}]}""", "a,b\n1,\"x, y\"\n2,\n", "1.5,2\r\n3,4\r\n",
            "{\"f\": [1, 2]}\n{\"f\": [3, 4]}\n"),
        Of("torchserve", () => new TorchServeRest(), true, "/predictions/m", [BodyFormat.Json, BodyFormat.Unknown], """[{"a": 1}, {"a": 2}]""", "bytes", """{"data": [[1, 2]]}"""),
        Of("generate", () => new TritonGenerateRest(), true, "/v2/models/m/generate", Json, """{"text_input": "a", "max_tokens": 5, "x": [1, 2]}"""),
        Of("mapping", () => new JsonMapping(
                [Feature("a", "/rows/*/a"), Feature("b", "/rows/*/deep/b"), Feature("c", "$.c[*]")], []), true, "/score", Json,
            """{"rows": [{"a": 1, "deep": {"b": "x"}}, {"a": 2}], "c": [1, 2]}"""),
        Of("openai-request", () => new OpenAiDecoder(), true, "/v1/chat/completions", Json, """{"model": "m", "stream": true, "messages": [{"role": "user", "content": [{"type": "text", "text": "x"}]}]}"""),
        Of("openai-response", () => new OpenAiDecoder(), false, "/v1/chat/completions", [BodyFormat.Json, BodyFormat.EventStream],
            """{"id": "1", "model": "m", "choices": [{"index": 0, "message": {"content": "hi"}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 1, "completion_tokens": 2}}""",
            """{"model": "m", "choices": [{"delta": {"content": "h"}}]}""", "[DONE]"),
        Of("tfserving-grpc", () => new TensorFlowServingGrpc(), true, "/tensorflow.serving.PredictionService/Predict", [BodyFormat.Grpc], "\n\u0003\n\u0001m\u0012\u000e\n\u0001x\u0012\t\b\u0001\u0012\u0002\u0012\0*\u0001\0"),
        Of("tfserving-classify", () => new TensorFlowServingGrpc(), true, "/tensorflow.serving.PredictionService/Classify", [BodyFormat.Grpc],
            "\n\u0003\n\u0001m\u0012\u0018\n\u0016\n\u0014\n\u0012\n\u0010\n\u0003age\u0012\t\u001a\u0007\n\u0005\u0001\u0002\u0003\u0004\u0005"),
        Of("torchserve-grpc", () => new TorchServeGrpc(), true, "/org.pytorch.serve.grpc.inference.InferenceAPIsService/Predictions", [BodyFormat.Grpc], "\n\u0001m\u0012\u00012\u001a\u0007\n\u0001d\u0012\u0002hi"),
    ];

    private static (string Name, int Share, Func<FuzzTarget> Create) Of(
        string name, Func<IProtocolDecoder> decoder, bool isRequest, string path, BodyFormat[] formats, params string[] bodies) =>
        (name, 2, () => new DecoderTarget(name, decoder(), isRequest, path, formats, bodies));

    private static JsonFeature Feature(string name, string path) =>
        new(name, JsonPath.TryParse(path, out var parsed, out var problem) ? parsed! : throw new InvalidOperationException(problem));
}
