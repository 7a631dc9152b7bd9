using Sidecar.Tensors.Tests.Contract;

namespace Sidecar.Tensors.Tests.Rows;

public class TorchServeRestTests
{
    private readonly TensorMessage _message = new();

    [Theory]
    [InlineData("""{"data": [[1, 2], [3, 4]], "threshold": 0.5}""", BodyFormat.Json, "data INT64 [2,2]: 1 2 3 4", "threshold FP64 []: 0.5")]
    [InlineData("""{"instances": [{"x": 1}, {"x": 2}]}""", BodyFormat.Json, "x INT64 [2]: 1 2")]
    [InlineData("[1.5, 2]", BodyFormat.Unknown, "input FP64 [2]: 1.5 2")]
    [InlineData("\"a text\"", BodyFormat.Json, "input BYTES []: a text")]
    [InlineData("true", BodyFormat.Json, "input BOOL []: true")]
    [InlineData("a text", BodyFormat.Unknown, "body BYTES [1]: a text")] // not JSON, so it is what it is
    [InlineData("""{"options": {}}""", BodyFormat.Unknown, """body BYTES [1]: {"options": {}}""")]
    [InlineData("[1]", BodyFormat.Other, "body BYTES [1]: [1]")] // another media type was said
    [InlineData("", BodyFormat.Unknown, "body BYTES [1]: ")]
    public void DecodeRequest_OfEachForm(string body, BodyFormat format, params string[] tensors) => AssertDecodes(new Sample(body) { Format = format }, tensors);

    [Theory]
    [InlineData("""{"tabby": 0.4, "tiger_cat": 0.3}""", BodyFormat.Json, "tabby FP64 []: 0.4", "tiger_cat FP64 []: 0.3")]
    [InlineData("[0, 9]", BodyFormat.Json, "output INT64 [2]: 0 9")]
    [InlineData("tabby", BodyFormat.Unknown, "prediction BYTES [1]: tabby")]
    public void DecodeResponse_OfEachForm(string body, BodyFormat format, params string[] tensors) =>
        AssertDecodes(new Sample(body) { IsRequest = false, Format = format }, tensors);

    [Fact]
    public void DecodeResponse_Error_IsOne()
    {
        var sample = new Sample("""{"code": 404, "type": "ModelNotFoundException", "message": "Model not found: m"}""") { IsRequest = false };
        Assert.Equal(DecodeError.None, sample.Decode(new TorchServeRest(), _message));
        Assert.Equal(("Model not found: m", 0), (OpenInference.Decoded.Text(_message.Error), _message.Count));
    }

    private void AssertDecodes(Sample sample, string[] tensors)
    {
        Assert.Equal(DecodeError.None, sample.Decode(new TorchServeRest(), _message));
        Assert.Equal(tensors, Shown.Tensors(_message));
    }
}
