using Sidecar.Tensors.Tests.Contract;

namespace Sidecar.Tensors.Tests.Rows;

public class V1RestTests
{
    private readonly TensorMessage _message = new();

    [Theory]
    // Values and lists of values keep their nesting.
    [InlineData("""{"instances": [1, 2, 3]}""", "instances INT64 [3]: 1 2 3")]
    [InlineData("""{"instances": [[[1], [2]], [[3], [4]]]}""", "instances INT64 [2,2,1]: 1 2 3 4")]
    [InlineData("""{"inputs": [[1, 1], [2, 2]]}""", "inputs INT64 [2,2]: 1 1 2 2")]
    [InlineData("""{"inputs": 2.5}""", "inputs FP64 []: 2.5")]
    [InlineData("""{"inputs": "text"}""", "inputs BYTES []: text")]
    [InlineData("""{"instances": []}""", "instances FP64 [0]:")]
    [InlineData("""{"instances": [[], []]}""", "instances FP64 [2,0]:")]
    // Rows of objects become columns.
    [InlineData("""{"instances": [{"tag": "foo", "signal": [1, 2], "sensor": [[1, 2], [3, 4]]}, {"tag": "bar", "signal": [3, 4], "sensor": [[4, 5], [6, 8]]}]}""",
        "tag BYTES [2]: foo bar", "signal INT64 [2,2]: 1 2 3 4", "sensor INT64 [2,2,2]: 1 2 3 4 4 5 6 8")]
    [InlineData("""{"instances": [{"a": 1}, {"b": "x", "a": 2}, {"b": "y"}]}""", "a FP64 [3]: 1 2 NaN (1 null)", "b BYTES [3]:  x y (1 null)")]
    [InlineData("""{"instances": [{"v": [1, 2]}, {}, {"v": null}, {"v": [3, 4]}]}""", "v FP64 [4,2]: 1 2 NaN NaN NaN NaN 3 4 (4 null)")]
    [InlineData("""{"instances": [null, {"a": true}]}""", "a BOOL [2]: false true (1 null)")]
    [InlineData("""{"instances": [{"a": 1, "a": 2}, {"a": 3, "b": 1, "a": 4}]}""", "a INT64 [2]: 2 4", "b FP64 [2]: NaN 1 (1 null)")] // the last counts
    [InlineData("""{"instances": [{"a": [1, 2], "a": 5}, {"a": 6}]}""", "a INT64 [2]: 5 6")]
    [InlineData("""{"instances": [{"na\u006De": 1}, {"name": 2}]}""", "name INT64 [2]: 1 2")]
    [InlineData("""{"instances": [{}]}""")]
    // Columns keep the nesting that they have.
    [InlineData("""{"inputs": {"a": [[1], [2]], "b": ["x", "y"], "c": 5, "d": null}}""", "a INT64 [2,1]: 1 2", "b BYTES [2]: x y", "c INT64 []: 5")]
    // The datatype is the narrowest of few that holds a whole column.
    [InlineData("""{"instances": [true, false]}""", "instances BOOL [2]: true false")]
    [InlineData("""{"instances": [true, null]}""", "instances BOOL [2]: true false (1 null)")]
    [InlineData("""{"instances": [-9223372036854775808, 9223372036854775807]}""", "instances INT64 [2]: -9223372036854775808 9223372036854775807")]
    [InlineData("""{"instances": [9223372036854775808, 0]}""", "instances UINT64 [2]: 9223372036854775808 0")]
    [InlineData("""{"instances": [9223372036854775808, -1]}""", "instances FP64 [2]: 9.223372036854776E+18 -1")]
    [InlineData("""{"instances": [18446744073709551616, 1]}""", "instances FP64 [2]: 1.8446744073709552E+19 1")]
    [InlineData("""{"instances": [-9223372036854775809]}""", "instances FP64 [1]: -9.223372036854776E+18")]
    [InlineData("""{"instances": [1, 2.0]}""", "instances FP64 [2]: 1 2")]
    [InlineData("""{"instances": [1, 2e0]}""", "instances FP64 [2]: 1 2")]
    [InlineData("""{"instances": [1, null]}""", "instances FP64 [2]: 1 NaN (1 null)")]
    [InlineData("""{"instances": [9223372036854775807, 0.5]}""", "instances FP64 [2]: 9.223372036854776E+18 0.5")]
    [InlineData("""{"instances": [NaN, Infinity, -Infinity, 1]}""", "instances FP64 [4]: NaN Infinity -Infinity 1")]
    [InlineData("""{"instances": [null, null]}""", "instances FP64 [2]: NaN NaN (2 null)")]
    [InlineData("""{"instances": ["a", null, ""]}""", "instances BYTES [3]: a   (1 null)")]
    [InlineData("""{"instances": ["tab\tnew\u000aline \ud83d\ude00"]}""", "instances BYTES [1]: tab\tnew\nline 😀")]
    // Bytes in base64, either alphabet, with or without padding, escaped or not.
    [InlineData("""{"instances": [{"b64": "aGVsbG8="}]}""", "instances BYTES [1]: hello")]
    [InlineData("""{"instances": [{"image_bytes": {"b64": "aGVsbG8="}}]}""", "image_bytes BYTES [1]: hello")]
    [InlineData("""{"instances": [[{"b64": "aGVsbG8"}, "text"]]}""", "instances BYTES [1,2]: hello text")]
    [InlineData("""{"inputs": {"x": {"b64": "Pz8\/Pj4-"}}}""", "x BYTES []: ???>>>")]
    [InlineData("""{"inputs": {"b64": "aGk="}}""", "inputs BYTES []: hi")]
    [InlineData("""{"inputs": {"b64": "aGk=", "other": 1}}""", "b64 BYTES []: aGk=", "other INT64 []: 1")] // two members are two tensors
    // Features of examples are lists always, and those of a context belong to every example.
    [InlineData("""{"examples": [{"age": 3, "w": [1.5, 2]}, {"age": 4, "w": [3, 4]}]}""", "age INT64 [2]: 3 4", "w FP64 [2,2]: 1.5 2 3 4")]
    [InlineData("""{"examples": [{"age": [3]}, {"age": [4]}]}""", "age INT64 [2]: 3 4")]
    [InlineData("""{"context": {"k": "v", "n": [1, 2]}, "examples": [{"a": 1}, {"a": 2}]}""", "a INT64 [2]: 1 2", "k BYTES [2]: v v", "n INT64 [2,2]: 1 2 1 2")]
    [InlineData("""{"examples": [{"a": 1}], "context": {"k": ["v"]}, "signature_name": "s"}""", "a INT64 [1]: 1", "k BYTES [1]: v")]
    // Of two of them the last counts.
    [InlineData("""{"instances": [1], "inputs": [2]}""", "inputs INT64 [1]: 2")]
    [InlineData("""{"instances": [1], "instances": [2, 3], "parameters": {"a": [1]}}""", "instances INT64 [2]: 2 3")]
    public void DecodeRequest_OfEachForm_IsTheTensorsThatItMeans(string body, params string[] tensors) =>
        AssertDecodes(new Sample(body), tensors);

    [Theory]
    [InlineData("""{"predictions": [[2.0, 4.0], [6.0, 9.0]]}""", "predict", "predictions FP64 [2,2]: 2 4 6 9")]
    [InlineData("""{"predictions": [{"a": [2, 4], "b": "x"}, {"a": [6, 8], "b": "y"}]}""", "predict", "a INT64 [2,2]: 2 4 6 8", "b BYTES [2]: x y")]
    [InlineData("""{"predictions": {"a": [2.0], "b": [[2, 4]]}}""", "predict", "a FP64 [1]: 2", "b INT64 [1,2]: 2 4")]
    [InlineData("""{"outputs": [[1], [2]]}""", "predict", "outputs INT64 [2,1]: 1 2")]
    [InlineData("""{"explanations":[[1.0,2.0]],"method":"half"}""", "explain", "explanations FP64 [1,2]: 1 2")]
    [InlineData("""{"results": [[["yes", 0.75], ["no", 0.25]], [["yes", 1], ["", 0]]]}""", "classify", "classes BYTES [2,2]: yes no yes ", "scores FP64 [2,2]: 0.75 0.25 1 0")]
    [InlineData("""{"result": [[["yes", NaN]]]}""", "classify", "classes BYTES [1,1]: yes", "scores FP64 [1,1]: NaN")]
    [InlineData("""{"results": [1.5, 2]}""", "regress", "value FP64 [2]: 1.5 2")]
    [InlineData("""{"results": [1.5, 2]}""", "predict", "results FP64 [2]: 1.5 2")]
    public void DecodeResponse_OfEachForm_IsTheTensorsThatItMeans(string body, string verb, params string[] tensors) =>
        AssertDecodes(new Sample(body) { IsRequest = false, Path = $"/v1/models/m:{verb}" }, tensors);

    [Theory]
    [InlineData("""{"error": "Missing 'inputs' or 'instances' key"}""", "Missing 'inputs' or 'instances' key")]
    [InlineData("""{"error": {"code": 3}}""", """{"code": 3}""")]
    public void DecodeResponse_Error_IsOne(string body, string error)
    {
        Assert.Equal(DecodeError.None, new Sample(body) { IsRequest = false }.Decode(new V1Rest(), _message));
        Assert.Equal((error, 0), (OpenInference.Decoded.Text(_message.Error), _message.Count));
    }

    [Theory]
    [InlineData("""{"specversion": "1.0", "id": "ce-77", "source": "s", "type": "t", "data": {"instances": [[1, 2]]}}""")]
    [InlineData("""{"data": {"instances": [[1, 2]]}, "id": "ce-77", "datacontenttype": "application/json", "time": null}""")]
    [InlineData("""{"id": "ce-77", "data_base64": "eyJpbnN0YW5jZXMiOiBbWzEsIDJdXX0="}""")]
    [InlineData("""{"data_base64": "eyJpbnN0YW5jZXMiOiBbWzEsIDJdXX0", "id": "ce-77", "datacontenttype": "application\/json"}""")]
    public void A_CloudEvent_is_opened_and_its_id_is_the_message_s(string body)
    {
        AssertDecodes(new Sample(body) { Format = BodyFormat.CloudEvent }, ["instances INT64 [1,2]: 1 2"]);
        Assert.Equal("ce-77", OpenInference.Decoded.Text(_message.Id));
        AssertDecodes(new Sample(body.Replace("instances", "predictions", StringComparison.Ordinal).Replace("eyJpbnN0YW5jZXMiOiBbWzEsIDJdXX0", "eyJwcmVkaWN0aW9ucyI6W1sxLDJdXX0", StringComparison.Ordinal))
        {
            Format = BodyFormat.CloudEvent, IsRequest = false,
        }, ["predictions INT64 [1,2]: 1 2"]);
    }

    private void AssertDecodes(Sample sample, string[] tensors)
    {
        Assert.Equal(DecodeError.None, sample.Decode(new V1Rest(), _message));
        Assert.Equal(tensors, Shown.Tensors(_message));
    }
}
