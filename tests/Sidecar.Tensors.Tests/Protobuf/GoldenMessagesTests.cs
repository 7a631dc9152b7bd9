using System.Runtime.CompilerServices;
using Sidecar.Tensors.Tests.OpenInference;

namespace Sidecar.Tensors.Tests.Protobuf;

/// <summary>gRPC messages from the wire that live in the repository: see golden/README.md.</summary>
public class GoldenMessagesTests
{
    private const string V2 = "/inference.GRPCInferenceService/";
    private const string TensorFlow = "/tensorflow.serving.PredictionService/";

    private readonly TensorMessage _message = new();

    [Fact]
    public void Triton_raw_contents_are_the_same_both_ways()
    {
        Decode(V2 + "ModelInfer", "triton-raw-request.bin");
        AssertIdentity("alltypes", "", "g-1");
        AssertRaw("IN_");
        Decode(V2 + "ModelInfer", "triton-raw-response.bin");
        AssertIdentity("alltypes", "1", "g-1");
        AssertRaw("OUT_");
    }

    [Fact]
    public void MLServer_typed_contents_are_the_same_both_ways()
    {
        Decode(V2 + "ModelInfer", "mlserver-typed-request.bin");
        AssertIdentity("echo", "", "g2");
        AssertTyped("");
        Decode(V2 + "ModelInfer", "mlserver-typed-response.bin");
        AssertIdentity("echo", "", "g2");
        AssertTyped("out_");
    }

    [Fact]
    public void Both_dialects_of_a_stream_are_read()
    {
        Decode(V2 + "ModelStreamInfer", "triton-stream-response.bin");
        AssertIdentity("decoupled_square", "1", "d1");
        Assert.Equal([0L], _message.Values<long>(_message.Find("VALUE"u8)).ToArray());
        Assert.False(_message.IsFinal);
        Decode(V2 + "ModelStreamInfer", "mlserver-stream-response.bin");
        AssertIdentity("stream", "", "st0");
        Assert.Equal(["eins"], Decoded.Texts(_message, 0));
        Decode(V2 + "ModelStreamInfer", "triton-stream-error-response.bin");
        Assert.Equal(("Request for unknown model: 'nosuch' is not found", 0), (Decoded.Text(_message.Error), _message.Count));
    }

    [Fact]
    public void TensorFlow_Serving_typed_fields_are_doubled_by_the_server()
    {
        Decode(TensorFlow + "Predict", "tfserving-typed-request.bin");
        AssertIdentity("wide", "3", "");
        Assert.Equal(["b", "f", "i"], Names());
        Assert.Equal([(byte)1, (byte)0], _message.Data(0).ToArray());
        Assert.Equal([1.5f, 2.5f], _message.Values<float>(1).ToArray());
        Assert.Equal([7L, -8L], _message.Values<long>(2).ToArray());
        Decode(TensorFlow + "Predict", "tfserving-typed-response.bin");
        AssertIdentity("wide", "3", "");
        Assert.Equal(["out_b", "out_f", "out_i"], Names());
        Assert.Equal([3f, 5f], _message.Values<float>(1).ToArray());
        Assert.Equal([14L, -16L], _message.Values<long>(2).ToArray());
    }

    [Fact]
    public void TensorFlow_Serving_content_texts_labels_and_filters_are_read()
    {
        Decode(TensorFlow + "Predict", "tfserving-content-request.bin");
        Assert.Equal([2L, 3L], Decoded.Shape(_message, 0));
        Assert.Equal([1f, 2f, 3f, 4f, 5f, 6f], _message.Values<float>(0).ToArray());
        Decode(TensorFlow + "Predict", "tfserving-content-response.bin");
        AssertIdentity("wide", "7", ""); // the version that was resolved
        Assert.Equal([2f, 4f, 6f, 8f, 10f, 12f], _message.Values<float>(0).ToArray());
        Decode(TensorFlow + "Predict", "tfserving-strings-request.bin");
        AssertIdentity("wide", "stable", "");
        Assert.Equal(["a", "ö", ""], Decoded.Texts(_message, 0));
        Decode(TensorFlow + "Predict", "tfserving-filter-request.bin");
        Assert.Equal((1, "out_y"), (_message.RequestedCount, Decoded.Text(_message.RequestedName(0))));
    }

    [Fact]
    public void TensorFlow_Serving_examples_and_results_are_columns()
    {
        Decode(TensorFlow + "Regress", "tfserving-regress-request.bin");
        AssertIdentity("wide", "2", "");
        Assert.Equal(["age", "city", "w"], Names());
        Assert.Equal([31L], _message.Values<long>(0).ToArray());
        Assert.Equal(["Köln"], Decoded.Texts(_message, 1));
        Assert.Equal([1L, 2L], Decoded.Shape(_message, 2));
        Decode(TensorFlow + "Regress", "tfserving-regress-response.bin");
        Assert.Equal([33f], _message.Values<float>(_message.Find("value"u8)).ToArray());

        Decode(TensorFlow + "Classify", "tfserving-classify-request.bin", DecodeError.ShapeMismatch); // w: two values, then one
        Assert.Equal([31L, 42L], _message.Values<long>(_message.Find("age"u8)).ToArray());
        Assert.Equal(["Köln", "Oslo"], Decoded.Texts(_message, _message.Find("city"u8)));
        Assert.Equal(DecodeError.ShapeMismatch, _message[_message.Find("w"u8)].Error);
        Decode(TensorFlow + "Classify", "tfserving-classify-response.bin");
        AssertIdentity("wide", "7", "");
        Assert.Equal(["yes", "no", "yes", "no"], Decoded.Texts(_message, _message.Find("classes"u8)));
        Assert.Equal([0.75f, 0.25f, 0.75f, 0.25f], _message.Values<float>(_message.Find("scores"u8)).ToArray());
    }

    [Fact]
    public void Metadata_of_Triton_and_of_TensorFlow_Serving_is_read()
    {
        Assert.Equal(DecodeError.None, OpenInferenceGrpc.DecodeMetadata(Read("triton-metadata-response.bin"), out var triton));
        Assert.Equal(("tabular", "1 3", "python"), (triton!.Name, string.Join(' ', triton.Versions), triton.Platform));
        Assert.Equal([-1L, 4L], Assert.Single(triton.Inputs).Shape);
        Assert.Equal(["score FP32", "label BYTES"], triton.Outputs.Select(output => $"{output.Name} {output.DataType.Name()}"));

        Assert.Equal(DecodeError.None, TensorFlowServingGrpc.DecodeMetadata(Read("tfserving-metadata-response.bin"), out var tensorFlow));
        Assert.Equal(("wide", "x"), (tensorFlow!.Name, Assert.Single(tensorFlow.Inputs).Name));
        Assert.Equal([-1L, 3L], tensorFlow.Inputs[0].Shape);
        Assert.Equal(("out_x", true), (Assert.Single(tensorFlow.Outputs).Name, tensorFlow.Outputs[0].HasAnyRank));
    }

    private void Decode(string path, string file, DecodeError expected = DecodeError.None)
    {
        var head = new MessageHead { Path = System.Text.Encoding.UTF8.GetBytes(path) };
        var decoder = ProtocolDecoders.Of(InferencePath.Parse(head.Path).Protocol)!;
        Assert.Equal(expected, file.EndsWith("-request.bin", StringComparison.Ordinal) ? decoder.DecodeRequest(head, Read(file), _message) : decoder.DecodeResponse(head, Read(file), _message));
    }

    private void AssertIdentity(string model, string version, string id) =>
        Assert.Equal((model, version, id), (Decoded.Text(_message.ModelName), Decoded.Text(_message.ModelVersion), Decoded.Text(_message.Id)));

    private void AssertRaw(string prefix)
    {
        Assert.Equal([prefix + "FP64", prefix + "BOOL"], Names());
        Assert.Equal([3.141592653589793, -1e-300], _message.Values<double>(0).ToArray());
        Assert.Equal([(byte)1, (byte)0, (byte)1, (byte)1], _message.Data(1).ToArray());
    }

    private void AssertTyped(string prefix)
    {
        Assert.Equal([prefix + "a", prefix + "b", prefix + "c", prefix + "s"], Names());
        Assert.Equal([1.5, -2], _message.Values<double>(0).ToArray());
        Assert.Equal([-1L, 2L], _message.Values<long>(1).ToArray());
        Assert.Equal([(byte)1, (byte)0], _message.Data(2).ToArray());
        Assert.Equal("01000000" + "78" + "02000000" + "FF00", Convert.ToHexString(_message.Data(3)));
    }

    private List<string> Names() => [.. Enumerable.Range(0, _message.Count).Select(i => Decoded.Text(_message.Name(i)))];

    private static byte[] Read(string name, [CallerFilePath] string here = "") =>
        File.ReadAllBytes(Path.Combine(Path.GetDirectoryName(here)!, "..", "golden", "grpc", name));
}
