namespace Sidecar.Tensors.Tests.Contract;

public sealed class V1RestContract : DecoderContract
{
    protected override IProtocolDecoder Decoder { get; } = new V1Rest();

    protected override IReadOnlyList<Sample> Good { get; } =
    [
        new("""{"instances": [[1.0, 2.0], [3.0, 4.5]]}"""),
        new("""{"signature_name": "s", "instances": [{"a": [1, 2], "b": "x\u00e9", "c": true}, {"a": [3, 4], "c": null}]}"""),
        new("""{"inputs": {"a": [[1], [2]], "b": ["x", "y"], "c": 18446744073709551615}}"""),
        new("""{"instances": [{"image_bytes": {"b64": "aGVsbG8="}}, {"image_bytes": {"b64": "aGVs\/G8"}}]}"""),
        new("""{"instances": [{"b64": "aGVsbG8="}, {"b64": ""}]}"""),
        new("""{"context": {"k": "v", "age": [1, 2]}, "examples": [{"age": 3, "w": [1.5, 2]}, {"w": [2.5, 1e3]}]}"""),
        new("""{"predictions": [[NaN, 2.0], [Infinity, -Infinity]]}""") { IsRequest = false },
        new("""{"outputs": {"a": [[1], [2]], "b": ["x", "y"]}}""") { IsRequest = false },
        new("""{"results": [[["yes", 0.75], ["no", 0.25]]]}""") { IsRequest = false, Path = "/v1/models/m:classify" },
        new("""{"results": [1.5, 2.5]}""") { IsRequest = false, Path = "/v1/models/m:regress" },
        new("""{"explanations":[[1.0,2.0]],"method":"half"}""") { IsRequest = false },
        new("""{"error": "Missing 'inputs' or 'instances' key"}""") { IsRequest = false },
        new("""{"specversion": "1.0", "id": "ce-77", "data": {"instances": [[1, 2], [3, 4]]}, "type": "t"}""") { Format = BodyFormat.CloudEvent },
        new("""{"id": "x", "data_base64": "eyJpbnN0YW5jZXMiOlsxLDIsMy41XX0="}""") { Format = BodyFormat.CloudEvent },
    ];

    protected override IReadOnlyList<Sample> Greedy { get; } = JsonGreed.Of("instances");
}

public sealed class TorchServeRestContract : DecoderContract
{
    protected override IProtocolDecoder Decoder { get; } = new TorchServeRest();

    protected override IReadOnlyList<Sample> Good { get; } =
    [
        new("""{"data": [[1, 2], [3, 4]], "threshold": 0.5, "options": {"a": 1}}"""),
        new("""{"instances": [{"x": 1, "t": "a"}, {"x": 2}]}"""),
        new("[1, 2, 3]"),
        new("\"a text\""),
        new("a text that is no JSON") { Format = BodyFormat.Unknown },
        new([0xFF, 0xD8, 0xFF, 0xE0, 0, 1, 2, 3]) { Format = BodyFormat.Other },
        new("""{"tabby": 0.4, "tiger_cat": 0.3}""") { IsRequest = false },
        new("""[{"label": "a", "score": 0.5}, {"label": "b", "score": 0.25}]""") { IsRequest = false, Format = BodyFormat.Unknown },
        new("""{"code": 503, "type": "InternalServerException", "message": "Prediction failed"}""") { IsRequest = false },
    ];

    protected override IReadOnlyList<Sample> Greedy { get; } = JsonGreed.Of("data");
}

public sealed class InvocationsRestContract : DecoderContract
{
    private static readonly byte[] Binary =
        [.. """{"inputs":[{"name":"x","shape":[2],"datatype":"FP32","parameters":{"binary_data_size":8}}]}"""u8, 0, 0, 0x80, 0x3F, 0, 0, 0, 0x40];

    protected override IProtocolDecoder Decoder { get; } = new InvocationsRest();

    protected override IReadOnlyList<Sample> Good { get; } =
    [
        new("""{"dataframe_split": {"columns": ["age", "income", "city"], "index": [0, 1], "data": [[31, 1.5, "K\u00f6ln"], [42, null, "Oslo"]]}, "params": {"top_k": 3}}"""),
        new("""{"dataframe_split": {"data": [[1, "a"], [2, "b"]], "columns": [0, "b"]}}"""),
        new("""{"dataframe_records": [{"age": 1, "income": 0.5, "city": "a"}, {"age": 2, "city": "b"}]}"""),
        new("""{"instances": [[1, 2, 3], [4, 5, 6]]}"""),
        new("""{"inputs": {"a": [1.0, 2.0], "b": [[1, 2], [3, 4]]}}"""),
        new("""{"inputs": [{"name": "x", "shape": [2], "datatype": "INT32", "data": [1, 2]}]}"""),
        new(Binary) { Format = BodyFormat.Binary, JsonBytes = Binary.Length - 8 },
        new("age,income,city\n31,1.5,Rom\n42,2.5,\"Oslo, \"\"NO\"\"\"\n") { Format = BodyFormat.Csv },
        new("5.1,3.5,1.4\r\n4.9,,1.4\r\n") { Format = BodyFormat.CsvWithoutHeader },
        new("a\n1\n\nx\n") { Format = BodyFormat.CsvWithHeader },
        new("{\"features\": [1, 2]}\n{\"features\": [3, 4.5]}\n") { Format = BodyFormat.JsonLines },
        new("[1, 2]\r\n[3, 4]") { Format = BodyFormat.JsonLines },
        new("""{"predictions": [{"total": 32.5, "big": true}, {"total": 44.5, "big": false}]}""") { IsRequest = false },
        new("""[[0.1, 0.9], [0.8, 0.2]]""") { IsRequest = false },
        new("0.98\n0.12\n") { IsRequest = false, Format = BodyFormat.Csv },
        new("""{"error_code": "BAD_REQUEST", "message": "no"}""") { IsRequest = false },
        new("""{"outputs": [{"name": "y", "shape": [1], "datatype": "BOOL", "data": [true]}], "model_name": "m"}""") { IsRequest = false },
    ];

    protected override IReadOnlyList<Sample> Greedy { get; } =
    [
        .. JsonGreed.Of("instances"),
        new(string.Join(',', Enumerable.Repeat("1", 300))) { Format = BodyFormat.Csv },
        // 256 columns, of which each of very many rows has one.
        new($"{string.Join(',', Enumerable.Range(0, 256).Select(i => $"c{i}"))}\n{string.Concat(Enumerable.Repeat("1\n", 100_000))}") { Format = BodyFormat.CsvWithHeader },
        new($"{{\"a\":{JsonGreed.Array(10_000)}}}\n{string.Concat(Enumerable.Repeat("{}\n", 10_000))}") { Format = BodyFormat.JsonLines },
    ];
}

public sealed class TritonGenerateRestContract : DecoderContract
{
    private static readonly ModelMetadata Metadata = new("textgen", [], "python",
        [new("text_input", DataType.Bytes, [1]), new("stream", DataType.Bool, [1]), new("seed", DataType.Int32, [-1, 1])],
        [new("text_output", DataType.Bytes, [-1])]);

    protected override IProtocolDecoder Decoder { get; } = new TritonGenerateRest();

    protected override IReadOnlyList<Sample> Good { get; } =
    [
        new("""{"text_input": "alpha beta gamma", "id": "g1", "stream": true, "max_tokens": 5, "parameters": {"temperature": 0}}"""),
        new("""{"text_input": "alpha", "seed": 7, "max_tokens": 5, "parameters": {"stream": false, "top_k": 2}}""") { Metadata = Metadata },
        new("""{"id":"g1","model_name":"textgen","model_version":"1","text_output":"gamma beta alpha"}""") { IsRequest = false },
        new("""{"model_name":"textgen","model_version":"1","text_output":["a","b"]}""") { IsRequest = false, Metadata = Metadata, Format = BodyFormat.EventStream },
        new("""{"error":"model exploded mid-stream"}""") { IsRequest = false, Format = BodyFormat.EventStream },
        new("""{"model_name":"textgen","model_version":"1"}""") { IsRequest = false },
    ];

    protected override IReadOnlyList<Sample> Greedy { get; } =
    [
        new($"{{\"x\":{new string('[', 9)}1{new string(']', 9)}}}"),
        new($"{{{string.Join(',', Enumerable.Range(0, 300).Select(i => $"\"m{i}\":1"))}}}"),
        new($"{{\"text_input\":{string.Concat(Enumerable.Repeat("{\"a\":", 40))}1{new string('}', 41)}"),
    ];
}

public sealed class JsonMappingContract : DecoderContract
{
    protected override IProtocolDecoder Decoder { get; } = new JsonMapping(
        Features(("age", "/customer/age"), ("plan", "/customer/plan as BYTES"), ("x", "$.rows[*].x"), ("y", "/rows/*/y as FP32"), ("first", "/rows/0/x"), ("all", "/tags")),
        Features(("p", "/scores/*/p"), ("label", "$['the label']")));

    protected override IReadOnlyList<Sample> Good { get; } =
    [
        new("""{"customer": {"age": 41, "plan": "gold", "more": [1, {"a": 2}]}, "ignored": {"rows": []}}"""),
        new("""{"rows": [{"x": 1, "y": 2}, {"y": null}, {"x": 2.5, "z": [1]}], "tags": [["a", "b"], ["c", "d"]]}"""),
        new("""{"rows": [], "customer": {"plan": "basic\u00e9"}}"""),
        new("""{"scores": [{"p": 0.25}, {"p": 0.75}], "the label": "yes"}""") { IsRequest = false },
        new("""{"detail": "Internal server error"}""") { IsRequest = false },
    ];

    protected override IReadOnlyList<Sample> Greedy { get; } =
    [
        new($"{{\"tags\":{new string('[', 9)}1{new string(']', 9)}}}"),
        new($"{{\"other\":{string.Concat(Enumerable.Repeat("[", 40))}1{new string(']', 40)}}}"),
        new($"{{\"rows\":[{{\"x\":{JsonGreed.Array(10_000)}}}{string.Concat(Enumerable.Repeat(",{}", 10_000))}]}}"),
    ];

    internal static List<JsonFeature> Features(params (string Name, string Path)[] features)
    {
        var parsed = new List<JsonFeature>();
        foreach (var (name, text) in features)
        {
            Assert.True(JsonPath.TryParse(text, out var path, out var problem), problem);
            parsed.Add(new JsonFeature(name, path!));
        }

        return parsed;
    }
}

/// <summary>Bodies that would become far larger than they are.</summary>
internal static class JsonGreed
{
    public static Sample[] Of(string key) =>
    [
        new($"{{\"{key}\":{new string('[', 9)}1{new string(']', 9)}}}"),
        new($"{{\"{key}\":[{{{string.Join(',', Enumerable.Range(0, 300).Select(i => $"\"m{i}\":1"))}}}]}}"),
        new($"{{\"{key}\":[{string.Join(',', Enumerable.Range(0, 300).Select(i => $"{{\"m{i}\":1}}"))}]}}"),
        // One row with very many elements, and very many rows without any.
        new($"{{\"{key}\":[{{\"a\":{Array(10_000)}}}{string.Concat(Enumerable.Repeat(",{}", 10_000))}]}}"),
        new($"{{\"{key}\":[{{\"a\":\"x\",{string.Join(',', Enumerable.Range(0, 200).Select(i => $"\"m{i}\":1"))}}}{string.Concat(Enumerable.Repeat(",{}", 100_000))}]}}"),
    ];

    public static string Array(int length) => $"[{string.Join(',', Enumerable.Repeat("0", length))}]";
}
