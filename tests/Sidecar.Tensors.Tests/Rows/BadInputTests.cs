using Sidecar.Tensors.Tests.Contract;

namespace Sidecar.Tensors.Tests.Rows;

/// <summary>The tables of bad input in the library's README, of the protocols that send rows.</summary>
public class BadInputTests
{
    private readonly TensorMessage _message = new();

    [Theory]
    [InlineData("", DecodeError.Truncated)]
    [InlineData("""{"instances": [[1, 2], [3""", DecodeError.Truncated)]
    [InlineData("""{"instances": [{"b64": "aG""", DecodeError.Truncated)]
    [InlineData("""{"instances": [1, ]}""", DecodeError.Malformed)]
    [InlineData("""{"instances": [1 2]}""", DecodeError.Malformed)]
    [InlineData("""{"instances": [01]}""", DecodeError.Malformed)]
    [InlineData("""{"instances": [Nan]}""", DecodeError.Malformed)]
    [InlineData("""{"instances": [1]} x""", DecodeError.Malformed)]
    [InlineData("""{"instances": [{"a": 1}, {"a" 2}]}""", DecodeError.Malformed)]
    [InlineData("""{"instances": [[[[[[[[[1]]]]]]]]]}""", DecodeError.TooLarge)]
    [InlineData("""{"instances": [{"a": [[[[[[[[1]]]]]]]]}]}""", DecodeError.TooLarge)] // rows are a dimension, too
    [InlineData("""{"rows": [1]}""", DecodeError.NotInference)]
    [InlineData("""{"instances": null}""", DecodeError.NotInference)]
    [InlineData("[1, 2]", DecodeError.NotInference)]
    [InlineData("\"text\"", DecodeError.NotInference)]
    [InlineData("""{"instances": [[1, 2], [3]]}""", DecodeError.ShapeMismatch, "instances INT64 [2,2] ShapeMismatch")]
    [InlineData("""{"instances": [[1, 2], 3]}""", DecodeError.ShapeMismatch, "instances INT64 [2,2] ShapeMismatch")]
    [InlineData("""{"instances": [1, [2]]}""", DecodeError.ShapeMismatch, "instances INT64 [2] ShapeMismatch")]
    [InlineData("""{"instances": [[], [1]]}""", DecodeError.ShapeMismatch, "instances INT64 [2,0] ShapeMismatch")]
    [InlineData("""{"instances": [{"a": [1]}, {"a": [1, 2]}, {"b": 1}]}""", DecodeError.ShapeMismatch, "a FP64 [3,1] ShapeMismatch", "b FP64 [3]: NaN NaN 1 (2 null)")]
    [InlineData("""{"instances": [1, "a"]}""", DecodeError.ValueMismatch, "instances UNKNOWN [2] ValueMismatch")]
    [InlineData("""{"instances": [1, true]}""", DecodeError.ValueMismatch, "instances UNKNOWN [2] ValueMismatch")]
    [InlineData("""{"instances": ["a", true]}""", DecodeError.ValueMismatch, "instances UNKNOWN [2] ValueMismatch")]
    [InlineData("""{"instances": [{"a": {"x": 1}, "b": 1}]}""", DecodeError.ValueMismatch, "a UNKNOWN [1] ValueMismatch", "b INT64 [1]: 1")]
    [InlineData("""{"instances": [1, {"a": 1}]}""", DecodeError.ValueMismatch, "instances UNKNOWN [2] ValueMismatch")]
    [InlineData("""{"instances": [{"a": 1}, 1]}""", DecodeError.ValueMismatch, "a FP64 [2]: 1 NaN (1 null)", "instances UNKNOWN [2] ValueMismatch")]
    [InlineData("""{"instances": [{"b64": "not base64!"}]}""", DecodeError.ValueMismatch, "instances BYTES [1] ValueMismatch")]
    [InlineData("""{"instances": [{"b64": "aGk=", "x": 1}]}""", DecodeError.None, "b64 BYTES [1]: aGk=", "x INT64 [1]: 1")] // two members: a row
    public void V1(string body, DecodeError error, params string[] tensors) => AssertJudged(new V1Rest(), new Sample(body), error, tensors);

    [Theory]
    [InlineData("""{"results": [[["yes", 0.75, 1]]]}""", DecodeError.Malformed)]
    [InlineData("""{"results": [[["yes", 0.75]], [["no"]]]}""", DecodeError.Malformed)]
    [InlineData("""{"results": [[["yes", 0.5], ["no", 0.5]], [["yes", 1]]]}""", DecodeError.ShapeMismatch, "classes BYTES [2,2] ShapeMismatch", "scores FP64 [2,2] ShapeMismatch")]
    [InlineData("""{"results": [[["yes", 0.5], ["no", "x"]]]}""", DecodeError.ValueMismatch, "classes BYTES [1,2]: yes no", "scores UNKNOWN [1,2] ValueMismatch")]
    public void V1_classifications(string body, DecodeError error, params string[] tensors) =>
        AssertJudged(new V1Rest(), new Sample(body) { IsRequest = false, Path = "/v1/models/m:classify" }, error, tensors);

    [Theory]
    [InlineData("""{"id": "x"}""", DecodeError.NotInference)]
    [InlineData("""{"id": "x", "data": null}""", DecodeError.NotInference)]
    [InlineData("""{"id": "x", "data": "text"}""", DecodeError.NotInference)]
    [InlineData("""[1]""", DecodeError.NotInference)]
    [InlineData("""{"id": {}, "data": {"instances": [1]}}""", DecodeError.Malformed)]
    [InlineData("""{"id": "x", "data": {"instances": [1]}} x""", DecodeError.Malformed)]
    [InlineData("""{"id": "x", "data": {"instances": [1]}""", DecodeError.Truncated)]
    [InlineData("""{"id": "x", "data_base64": "!!!!"}""", DecodeError.Malformed)]
    [InlineData("""{"id": "x", "data_base64": "eyJpbnN0YW5jZXMi"}""", DecodeError.Truncated)] // {"instances"
    [InlineData("""{"id": "x", "data_base64": "eyJpbnN0YW5jZXMiOlsxXX14"}""", DecodeError.Malformed)] // {"instances":[1]}x
    [InlineData("""{"id": "x", "datacontenttype": "text/csv", "data": {"instances": [1]}}""", DecodeError.UnsupportedEncoding)]
    public void V1_CloudEvents(string body, DecodeError error) => AssertJudged(new V1Rest(), new Sample(body) { Format = BodyFormat.CloudEvent }, error, []);

    [Theory]
    [InlineData("""{"dataframe_split": {"columns": ["a"], "data": [[1], [2""", DecodeError.Truncated)]
    [InlineData("""{"dataframe_split": {"data": [[1], [2,]], "columns": ["a"]}}""", DecodeError.Malformed)]
    [InlineData("""{"dataframe_split": {"columns": ["a"]}}""", DecodeError.NotInference)]
    [InlineData("""{"dataframe_split": [1]}""", DecodeError.NotInference)]
    [InlineData("""{"dataframe_records": null}""", DecodeError.NotInference)]
    [InlineData("""{"options": {"a": 1}}""", DecodeError.NotInference)]
    [InlineData("{}", DecodeError.NotInference)]
    [InlineData("""{"dataframe_split": {"columns": ["a", "b"], "data": [[1, 2, 3]]}}""", DecodeError.ShapeMismatch, "a INT64 [1] ShapeMismatch", "b INT64 [1] ShapeMismatch")]
    [InlineData("""{"dataframe_split": {"columns": ["a"], "data": [[1], ["x"]]}}""", DecodeError.ValueMismatch, "a UNKNOWN [2] ValueMismatch")]
    [InlineData("""{"dataframe_split": {"columns": ["a"], "data": [{"a": 1}]}}""", DecodeError.ValueMismatch, "a UNKNOWN [1] ValueMismatch")]
    [InlineData("""{"inputs": [{"name": "x", "shape": [2], "datatype": "FP32", "data": [1]}]}""", DecodeError.ShapeMismatch, "x FP32 [2] ShapeMismatch")]
    public void Invocations(string body, DecodeError error, params string[] tensors) => AssertJudged(new InvocationsRest(), new Sample(body), error, tensors);

    [Theory]
    [InlineData("1 1:0.5 3:2", BodyFormat.Other, DecodeError.UnsupportedEncoding)] // text/libsvm
    [InlineData("PAR1", BodyFormat.Binary, DecodeError.UnsupportedEncoding)]
    [InlineData("{}", BodyFormat.CloudEvent, DecodeError.UnsupportedEncoding)]
    [InlineData("", BodyFormat.Csv, DecodeError.Truncated)]
    [InlineData("\n\r\n", BodyFormat.Csv, DecodeError.Truncated)]
    [InlineData("a\n\"x", BodyFormat.Csv, DecodeError.Truncated)]
    [InlineData("a\n\"x\"y\n", BodyFormat.Csv, DecodeError.Malformed)]
    [InlineData("", BodyFormat.JsonLines, DecodeError.Truncated)]
    [InlineData("{\"a\": 1}\n{\"a\":", BodyFormat.JsonLines, DecodeError.Truncated)]
    [InlineData("{\"a\": 1} {\"a\": 2}", BodyFormat.JsonLines, DecodeError.Malformed)]
    [InlineData("{\"a\": 1}\nx\n", BodyFormat.JsonLines, DecodeError.Malformed)]
    public void Invocations_of_other_media_types(string body, BodyFormat format, DecodeError error) =>
        AssertJudged(new InvocationsRest(), new Sample(body) { Format = format }, error, []);

    [Fact]
    public void Csv_that_is_no_UTF8_is_malformed() =>
        AssertJudged(new InvocationsRest(), new Sample([(byte)'a', (byte)'\n', 0xE4, (byte)'\n']) { Format = BodyFormat.Csv }, DecodeError.Malformed, []);

    [Theory]
    [InlineData("""{"data": [1""", BodyFormat.Json, DecodeError.Truncated)]
    [InlineData("data", BodyFormat.Json, DecodeError.Malformed)]
    [InlineData("""{"options": {}}""", BodyFormat.Json, DecodeError.NotInference)]
    [InlineData("null", BodyFormat.Json, DecodeError.NotInference)]
    [InlineData("""{"data": [1, "a"]}""", BodyFormat.Json, DecodeError.ValueMismatch, "data UNKNOWN [2] ValueMismatch")]
    public void TorchServe(string body, BodyFormat format, DecodeError error, params string[] tensors) =>
        AssertJudged(new TorchServeRest(), new Sample(body) { Format = format }, error, tensors);

    [Theory]
    [InlineData("""{"text_input": "a""", DecodeError.Truncated)]
    [InlineData("""{"text_input": a}""", DecodeError.Malformed)]
    [InlineData("""{"id": []}""", DecodeError.Malformed)]
    [InlineData("""["a"]""", DecodeError.NotInference)]
    [InlineData("{}", DecodeError.NotInference)]
    [InlineData("""{"parameters": {"a": 1}}""", DecodeError.NotInference)]
    [InlineData("""{"x": [1, "a"]}""", DecodeError.ValueMismatch, "x UNKNOWN [2] ValueMismatch")]
    [InlineData("""{"x": [[1], 2]}""", DecodeError.ShapeMismatch, "x INT64 [2,1] ShapeMismatch")]
    public void TritonGenerate(string body, DecodeError error, params string[] tensors) => AssertJudged(new TritonGenerateRest(), new Sample(body), error, tensors);

    private void AssertJudged(IProtocolDecoder decoder, Sample sample, DecodeError error, string[] tensors)
    {
        Assert.Equal(error, sample.Decode(decoder, _message));
        Assert.Equal(tensors, Shown.Tensors(_message));
    }
}
