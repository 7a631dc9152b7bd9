using Sidecar.Tensors.Tests.Contract;

namespace Sidecar.Tensors.Tests.Rows;

public class TritonGenerateRestTests
{
    private static readonly ModelMetadata Metadata = new("m", [], "python",
        [new("text_input", DataType.Bytes, [1]), new("stream", DataType.Bool, [1]), new("seed", DataType.Int32, [-1, 1]), new("image", DataType.Fp32, [2, -1])],
        [new("text_output", DataType.Bytes, [-1]), new("score", DataType.Fp32, [1])]);

    private readonly TensorMessage _message = new();

    [Theory]
    [InlineData("""{"text_input": "alpha beta", "stream": true}""", "text_input BYTES [1]: alpha beta", "stream BOOL [1]: true")]
    [InlineData("""{"text_input": "a", "max_tokens": 5, "temperature": 0.5, "stop": ["x", "y"], "bad": null}""",
        "text_input BYTES [1]: a", "max_tokens INT64 [1]: 5", "temperature FP64 [1]: 0.5", "stop BYTES [2]: x y")]
    [InlineData("""{"text_input": "a", "parameters": {"temperature": 0}, "sampling": {"top_k": 1}}""", "text_input BYTES [1]: a")] // objects are parameters
    public void DecodeRequest_MetadataUnknown_AllMembersAreTensors(string body, params string[] tensors) => AssertDecodes(new Sample(body), tensors);

    [Theory]
    [InlineData("""{"text_input": "a", "max_tokens": 5, "seed": 7}""", "text_input BYTES [1]: a", "seed INT32 [1,1]: 7")] // what is no input is a parameter
    [InlineData("""{"text_input": "a", "parameters": {"stream": false, "temperature": 0}}""", "text_input BYTES [1]: a", "stream BOOL [1]: false")]
    [InlineData("""{"seed": [1, 2, 3], "image": [1, 2, 3, 4]}""", "seed INT32 [3,1]: 1 2 3", "image FP32 [2,2]: 1 2 3 4")]
    public void DecodeRequest_MetadataKnown_ItDecides(string body, params string[] tensors) => AssertDecodes(new Sample(body) { Metadata = Metadata }, tensors);

    [Theory]
    [InlineData("""{"text_input": 5}""", DecodeError.ValueMismatch, "text_input BYTES [1] ValueMismatch")]
    [InlineData("""{"seed": 1.5}""", DecodeError.ValueMismatch, "seed INT32 [1] ValueMismatch")]
    [InlineData("""{"image": [1, 2, 3]}""", DecodeError.ShapeMismatch, "image FP32 [3] ShapeMismatch")]
    [InlineData("""{"text_input": ["a", "b"]}""", DecodeError.ShapeMismatch, "text_input BYTES [2] ShapeMismatch")]
    [InlineData("""{"max_tokens": 5}""", DecodeError.NotInference)]
    public void DecodeRequest_NotAsDeclared_IsAnError(string body, DecodeError error, params string[] tensors)
    {
        Assert.Equal(error, new Sample(body) { Metadata = Metadata }.Decode(new TritonGenerateRest(), _message));
        Assert.Equal(tensors, Shown.Tensors(_message));
    }

    [Fact]
    public void DecodeResponse_SaysModelVersionAndId()
    {
        AssertDecodes(new Sample("""{"id":"g1","model_name":"m","model_version":"1","text_output":"gamma","score":1}""") { IsRequest = false },
            ["text_output BYTES [1]: gamma", "score INT64 [1]: 1"]);
        Assert.Equal(("g1", "m", "1"),
            (OpenInference.Decoded.Text(_message.Id), OpenInference.Decoded.Text(_message.ModelName), OpenInference.Decoded.Text(_message.ModelVersion)));
        AssertDecodes(new Sample("""{"model_name":"m","model_version":"1","text_output":["a","b"],"score":1}""") { IsRequest = false, Metadata = Metadata },
            ["text_output BYTES [2]: a b", "score FP32 [1]: 1"]);
    }

    [Fact]
    public void DecodeRequest_Id_IsTheMessage_s()
    {
        AssertDecodes(new Sample("""{"text_input": "a", "id": "g1"}"""), ["text_input BYTES [1]: a"]);
        Assert.Equal("g1", OpenInference.Decoded.Text(_message.Id));
    }

    [Fact]
    public void DecodeResponse_ErrorEvent_IsAnError()
    {
        Assert.Equal(DecodeError.None, new Sample("""{"error":"model exploded mid-stream"}""") { IsRequest = false }.Decode(new TritonGenerateRest(), _message));
        Assert.Equal(("model exploded mid-stream", 0), (OpenInference.Decoded.Text(_message.Error), _message.Count));
    }

    private void AssertDecodes(Sample sample, string[] tensors)
    {
        Assert.Equal(DecodeError.None, sample.Decode(new TritonGenerateRest(), _message));
        Assert.Equal(tensors, Shown.Tensors(_message));
    }
}
