using System.Text;

namespace Sidecar.Tensors.Tests.OpenInference;

public class DecodeResponseTests
{
    [Fact]
    public void DecodeResponse_Tensors_ComeWithModelVersionAndId()
    {
        var message = Decoded.Response(
            """
            {"id":"42","model_name":"m\u00fcsli","model_version":"3","parameters":{"a":[{"b":null}]},
             "outputs":[{"name":"p","shape":[1,2],"datatype":"FP64","parameters":null,"data":[null,1.5]}]}
            """);
        Assert.Equal("42", Decoded.Text(message.Id));
        Assert.Equal("müsli", Decoded.Text(message.ModelName));
        Assert.Equal("3", Decoded.Text(message.ModelVersion));
        Assert.Equal([double.NaN, 1.5], message.Values<double>(0).ToArray());
        Assert.Equal(1, message[0].NullCount);
    }

    [Theory]
    [InlineData("""{"model_version":null,"outputs":[]}""", false, "")]
    [InlineData("""{"outputs":[]}""", false, "")]
    [InlineData("""{"model_version":"","outputs":[]}""", true, "")]
    [InlineData("""{"model_version":1,"outputs":[]}""", true, "1")]
    public void DecodeResponse_VersionNullAbsentEmptyOrNumber_IsToldApart(string body, bool present, string version)
    {
        var message = Decoded.Response(body);
        Assert.Equal(present, message.HasModelVersion);
        Assert.Equal(version, Decoded.Text(message.ModelVersion));
    }

    [Theory]
    [InlineData("""{"error":"no \"model\""}""", "no \"model\"")]
    [InlineData("""{"error":{"code":5, "x":[1]}}""", """{"code":5, "x":[1]}""")]
    [InlineData("""{"error":""}""", "")]
    public void DecodeResponse_Error_IsAMessageWithoutTensors(string body, string text)
    {
        var message = Decoded.Response(body);
        Assert.True(message.HasError);
        Assert.Equal(text, Decoded.Text(message.Error));
        Assert.Equal(0, message.Count);
    }

    [Theory]
    [InlineData("""{"detail":[{"type":"missing"}]}""", DecodeError.NotInference)]
    [InlineData("""{"error":null}""", DecodeError.NotInference)]
    [InlineData("""{"inputs":[{"name":"a","shape":[1],"datatype":"FP32","data":[1]}]}""", DecodeError.NotInference)]
    [InlineData("""{"predictions":[1]}""", DecodeError.NotInference)]
    [InlineData("""{"error":"x""", DecodeError.Truncated)]
    [InlineData("<html>", DecodeError.Malformed)]
    public void DecodeResponse_AnythingElse_GivesItsReason(string body, DecodeError expected) =>
        Assert.Equal(expected, OpenInferenceJson.DecodeResponse(Encoding.UTF8.GetBytes(body), new TensorMessage()));

    [Fact]
    public void DecodeMetadata_TritonAnswer_GivesTheTensors()
    {
        var error = OpenInferenceJson.DecodeMetadata(
            """
            {"name":"tabular","versions":["1","3"],"platform":"python","inputs":[{"name":"features","datatype":"FP32","shape":[-1,4]}],
             "outputs":[{"name":"score","datatype":"FP32","shape":[-1,1]},{"name":"l\u0061bel","datatype":"BYTES","shape":[-1,1]}]}
            """u8, out var metadata);
        Assert.Equal(DecodeError.None, error);
        Assert.Equal("tabular", metadata!.Name);
        Assert.Equal(["1", "3"], metadata.Versions);
        Assert.Equal("python", metadata.Platform);
        Assert.Equal("features", Assert.Single(metadata.Inputs).Name);
        Assert.Equal([-1L, 4L], metadata.Inputs[0].Shape);
        Assert.Equal(["score", "label"], metadata.Outputs.Select(output => output.Name));
        Assert.Equal(DataType.Bytes, metadata.Outputs[1].DataType);
    }

    [Fact]
    public void DecodeMetadata_MembersNullOrUnknown_AreTolerated()
    {
        var error = OpenInferenceJson.DecodeMetadata(
            """{"name":"m","versions":null,"platform":null,"inputs":null,"outputs":[{"name":"o","datatype":"FP8","shape":null,"x":{}}],"parameters":{}}"""u8,
            out var metadata);
        Assert.Equal(DecodeError.None, error);
        Assert.Empty(metadata!.Inputs);
        Assert.Equal(DataType.Unknown, metadata.Outputs[0].DataType);
        Assert.Empty(metadata.Outputs[0].Shape);
    }

    [Theory]
    [InlineData("", DecodeError.Truncated)]
    [InlineData("""{"name":"m","inputs":[{"name":"a","shape":[1""", DecodeError.Truncated)]
    [InlineData("""{"name":"m"}}""", DecodeError.Malformed)]
    [InlineData("""{"name":"m","inputs":[{"name":"a","shape":[1.5]}]}""", DecodeError.Malformed)]
    [InlineData("""{"name":"m","inputs":[{"name":"a","shape":[1,1,1,1,1,1,1,1,1]}]}""", DecodeError.TooLarge)]
    [InlineData("""{"error":"no such model"}""", DecodeError.NotInference)]
    [InlineData("""{"name":"m","inputs":[{"datatype":"FP32"}]}""", DecodeError.NotInference)]
    [InlineData("""{"name":"m","inputs":{}}""", DecodeError.NotInference)]
    [InlineData("[]", DecodeError.NotInference)]
    public void DecodeMetadata_BadInput_GivesItsReasonAndNoMetadata(string body, DecodeError expected)
    {
        Assert.Equal(expected, OpenInferenceJson.DecodeMetadata(Encoding.UTF8.GetBytes(body), out var metadata));
        Assert.Null(metadata);
    }
}
