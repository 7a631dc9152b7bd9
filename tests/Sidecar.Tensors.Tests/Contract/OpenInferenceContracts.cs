using System.Text;

namespace Sidecar.Tensors.Tests.Contract;

public sealed class OpenInferenceRestContract : DecoderContract
{
    private static readonly byte[] Mixed =
    [
        .. """{"id":"r","inputs":[{"name":"x","shape":[2],"datatype":"FP32","parameters":{"binary_data_size":8}},{"name":"j","shape":[1],"datatype":"INT64","data":[7]},{"name":"s","shape":[1],"datatype":"BYTES","parameters":{"binary_data_size":6}}]}"""u8,
        0, 0, 0x80, 0x3F, 0, 0, 0, 0x40, 2, 0, 0, 0, (byte)'h', (byte)'i',
    ];

    protected override IProtocolDecoder Decoder { get; } = new OpenInferenceRest();

    protected override IReadOnlyList<Sample> Good { get; } =
    [
        new("""{"id": "a", "inputs": [{"name": "x", "shape": [2, 2], "datatype": "FP32", "data": [[1, 2], [3.5, null]]}], "outputs": [{"name": "y"}]}"""),
        new("""{"inputs": [{"data": ["\u00fc", "b"], "name": "t", "shape": [2], "datatype": "BYTES"}]}"""),
        new(Mixed) { Format = BodyFormat.Binary, JsonBytes = Mixed.Length - 14 },
        new([0, 0, 0x80, 0x3F, 0, 0, 0, 0x40]) { Format = BodyFormat.Binary, JsonBytes = 0, Metadata = new("m", [], "", [new("raw", DataType.Fp32, [-1, 2])], []) },
        new("""{"model_name": "m", "model_version": "1", "outputs": [{"name": "y", "shape": [1], "datatype": "BOOL", "data": [true]}]}""") { IsRequest = false },
        new("""{"error": "no"}""") { IsRequest = false },
    ];

    protected override IReadOnlyList<Sample> Greedy { get; } =
    [
        new($"{{\"inputs\":[{string.Join(',', Enumerable.Repeat("{\"name\":\"x\",\"shape\":[1],\"datatype\":\"BOOL\",\"data\":[1]}", 300))}]}}"),
        new("""{"inputs":[{"name":"x","shape":[9223372036854775807,9223372036854775807],"datatype":"FP64","data":[1]}]}"""),
        new("""{"inputs":[{"name":"x","shape":[2],"datatype":"FP64","parameters":{"binary_data_size":9223372036854775807}}]}""") { JsonBytes = 109 },
        new($"{{\"inputs\":[{{\"name\":\"x\",\"shape\":[1],\"datatype\":\"FP64\",\"data\":{new string('[', 40)}1{new string(']', 40)}}}]}}"),
    ];
}

public sealed class OpenInferenceGrpcContract : DecoderContract
{
    protected override IProtocolDecoder Decoder { get; } = new OpenInferenceGrpc();

    protected override IReadOnlyList<Sample> Good { get; } =
    [
        // Raw contents, then typed ones.
        Grpc([.. Text(1, "m"), .. Text(2, "3"), .. Text(3, "id"), .. Tensor("x", "FP32", 2), .. Text(7, "\0\0\0\0\0\0\0\0")]),
        Grpc([.. Text(1, "m"), .. Tensor("i", "INT64", 2, contents: [.. Length(3, [5, 6])]), .. Tensor("s", "BYTES", 1, contents: [.. Text(8, "text")])]),
        Grpc([.. Text(1, "m"), .. Tensor("y", "FP32", 1), .. Text(6, "\0\0\0\0")]) with { IsRequest = false },
        Grpc([.. Length(2, [.. Text(1, "m"), .. Text(2, "1"), .. Tensor("y", "BOOL", 1), .. Text(6, "\u0001")])])
            with { IsRequest = false, Path = "/inference.GRPCInferenceService/ModelStreamInfer" },
        Grpc([.. Text(1, "it failed")]) with { IsRequest = false, Path = "/inference.GRPCInferenceService/ModelStreamInfer" },
    ];

    protected override IReadOnlyList<Sample> Greedy { get; } =
    [
        Grpc([.. Enumerable.Repeat(Tensor("x", "FP32", 1), 300).SelectMany(tensor => tensor)]),
        Grpc([.. Enumerable.Repeat(Text(7, ""), 300).SelectMany(raw => raw)]),
        Grpc([.. Text(1, "m"), 0x2A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F]),
        Grpc([.. Tensor("x", "INT8", 1, [.. Length(2, Enumerable.Repeat((byte)0xFF, 64).ToArray())])]),
    ];

    private static Sample Grpc(byte[] body) => new(body) { Format = BodyFormat.Grpc, Path = "/inference.GRPCInferenceService/ModelInfer" };

    private static byte[] Tensor(string name, string datatype, byte length, byte[]? contents = null) =>
        Length(5, [.. Text(1, name), .. Text(2, datatype), .. Length(3, [length]), .. contents is null ? [] : Length(5, contents)]);

    private static byte[] Text(int field, string text) => Length(field, Encoding.UTF8.GetBytes(text));

    private static byte[] Length(int field, byte[] bytes)
    {
        Assert.InRange(bytes.Length, 0, 127);
        return [(byte)((field << 3) | 2), (byte)bytes.Length, .. bytes];
    }
}
