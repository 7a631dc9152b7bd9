using Sidecar.Tensors.Tests.Contract;

namespace Sidecar.Tensors.Tests.Rows;

public class InvocationsRestTests
{
    private readonly TensorMessage _message = new();

    [Theory]
    [InlineData("""{"dataframe_split": {"columns": ["age", "income", "city"], "data": [[31, 1.5, "K\u00f6ln"], [42, 2.5, "Oslo"]]}, "params": {"top_k": 3}}""",
        "age INT64 [2]: 31 42", "income FP64 [2]: 1.5 2.5", "city BYTES [2]: Köln Oslo")]
    [InlineData("""{"dataframe_split": {"data": [[31, "a"], [42, "b"]], "index": [0, 1], "columns": ["x", "y"]}}""", "x INT64 [2]: 31 42", "y BYTES [2]: a b")]
    [InlineData("""{"dataframe_split": {"columns": ["x", "y"], "data": [0, 1, 2], "data": [[1, "a"]]}}""", "x INT64 [1]: 1", "y BYTES [1]: a")]
    [InlineData("""{"dataframe_split": {"columns": ["x"], "data": [[1], [2]], "columns": ["y"]}}""", "y INT64 [2]: 1 2")]
    [InlineData("""{"dataframe_split": {"columns": [0, 1], "data": [[1, 2]]}}""", "0 INT64 [1]: 1", "1 INT64 [1]: 2")]
    [InlineData("""{"dataframe_split": {"columns": [["a", "b"]], "data": [[1]]}}""", "_c0 INT64 [1]: 1")]
    [InlineData("""{"dataframe_split": {"data": [[1, "a"], [2, "b"]]}}""", "_c0 INT64 [2]: 1 2", "_c1 BYTES [2]: a b")]
    [InlineData("""{"dataframe_split": {"columns": ["v"], "data": [[[1, 2]], [[3, 4]]]}}""", "v INT64 [2,2]: 1 2 3 4")]
    [InlineData("""{"dataframe_split": {"columns": ["a", "b"], "data": [[1, null], [2]]}}""", "a INT64 [2]: 1 2", "b FP64 [2]: NaN NaN (2 null)")]
    [InlineData("""{"dataframe_split": {"columns": ["a"], "data": []}}""", "a FP64 [0]:")]
    [InlineData("""{"dataframe_records": [{"age": 1, "city": "a"}, {"age": 2}]}""", "age INT64 [2]: 1 2", "city BYTES [2]: a  (1 null)")]
    [InlineData("""{"instances": [[1, 2, 3], [4, 5, 6]]}""", "instances INT64 [2,3]: 1 2 3 4 5 6")]
    [InlineData("""{"instances": [{"a": 1}, {"a": 2}]}""", "a INT64 [2]: 1 2")]
    [InlineData("""{"inputs": {"a": [1.0, 2.0], "b": [[1, 2], [3, 4]]}}""", "a FP64 [2]: 1 2", "b INT64 [2,2]: 1 2 3 4")]
    [InlineData("""{"inputs": "Once upon a time", "parameters": {"max_new_tokens": 5}}""", "inputs BYTES []: Once upon a time")]
    [InlineData("""{"inputs": [{"name": "x", "shape": [1, 2], "datatype": "FP32", "data": [1, 2]}], "id": "r"}""", "x FP32 [1,2]: 1 2")] // V2, as Triton takes it here
    [InlineData("""{"inputs": [{"name": "x", "age": 3}, {"name": "y", "age": 4}]}""", "name BYTES [2]: x y", "age INT64 [2]: 3 4")] // rows, and no V2
    [InlineData("""{"features": [1, 2], "name": "n", "options": {"a": 1}, "messages": [{"role": "user"}], "none": null}""", "features INT64 [2]: 1 2", "name BYTES []: n")]
    [InlineData("""[[1, 2], [3, 4]]""", "input INT64 [2,2]: 1 2 3 4")]
    [InlineData("""[{"a": 1}, {"a": 2}]""", "a INT64 [2]: 1 2")]
    [InlineData("""3.5""", "input FP64 []: 3.5")]
    public void DecodeRequest_Json_OfEachForm(string body, params string[] tensors) => AssertDecodes(new Sample(body), tensors);

    [Theory]
    [InlineData("""{"predictions": [{"total": 32.5, "big": true}, {"total": 44.5, "big": false}]}""", "total FP64 [2]: 32.5 44.5", "big BOOL [2]: true false")]
    [InlineData("""{"predictions": [6, 15]}""", "predictions INT64 [2]: 6 15")]
    [InlineData("""{"predictions": {"a": [2.0, 4.0]}}""", "a FP64 [2]: 2 4")]
    [InlineData("""[[0.1, 0.9]]""", "output FP64 [1,2]: 0.1 0.9")]
    [InlineData("""[{"generated_text": "x"}]""", "generated_text BYTES [1]: x")]
    [InlineData("""{"score": 0.5, "error": 0.25}""", "score FP64 []: 0.5", "error FP64 []: 0.25")] // a number is an output of that name
    [InlineData("""{"code": 3, "score": 0.5}""", "code INT64 []: 3", "score FP64 []: 0.5")]
    [InlineData("""{"outputs": [{"name": "y", "shape": [1], "datatype": "BOOL", "data": [true]}]}""", "y BOOL [1]: true")]
    public void DecodeResponse_Json_OfEachForm(string body, params string[] tensors) => AssertDecodes(new Sample(body) { IsRequest = false }, tensors);

    [Theory]
    [InlineData("""{"error_code": "INVALID_PARAMETER_VALUE", "message": "no", "sqlstate": "KAM01"}""", "no")]
    [InlineData("""{"code": 404, "type": "ModelNotFoundException", "message": "no such model"}""", "no such model")]
    [InlineData("""{"error": "it broke", "error_type": "x"}""", "it broke")]
    public void DecodeResponse_Error_IsOne(string body, string error)
    {
        Assert.Equal(DecodeError.None, new Sample(body) { IsRequest = false }.Decode(new InvocationsRest(), _message));
        Assert.Equal(error, OpenInference.Decoded.Text(_message.Error));
    }

    [Theory]
    // A first line without numbers, gaps and repetitions is a header, if any other follows.
    [InlineData("age,income,city\n31,1.5,Rom\n42,2.5,\"Oslo, NO\"\n", "age INT64 [2]: 31 42", "income FP64 [2]: 1.5 2.5", "city BYTES [2]: Rom Oslo, NO")]
    [InlineData("age\r\n31\r\n42", "age INT64 [2]: 31 42")]
    [InlineData("5.1,3.5\n4.9,3.0\n", "_c0 FP64 [2]: 5.1 4.9", "_c1 FP64 [2]: 3.5 3")]
    [InlineData("a,,b\nc,d,e\n", "_c0 BYTES [2]: a c", "_c1 BYTES [2]:  d (1 null)", "_c2 BYTES [2]: b e")]
    [InlineData("a,a\nb,c\n", "_c0 BYTES [2]: a b", "_c1 BYTES [2]: a c")]
    [InlineData("\"a \"\"x\"\"\",\"b\nc\"\n1,2\n", "a \"x\" INT64 [1]: 1", "b\nc INT64 [1]: 2")]
    [InlineData("\uFEFFa,b\n1,2\n", "a INT64 [1]: 1", "b INT64 [1]: 2")]
    [InlineData("a,b\n", "_c0 BYTES [1]: a", "_c1 BYTES [1]: b")] // names of nothing are values
    // A column is numbers if all of it is.
    [InlineData("a,b,c\n1,x,1.5\n2,2,x\n", "a INT64 [2]: 1 2", "b BYTES [2]: x 2", "c BYTES [2]: 1.5 x")]
    [InlineData("a,b\n1,\n,2\n", "a FP64 [2]: 1 NaN (1 null)", "b FP64 [2]: NaN 2 (1 null)")]
    [InlineData("a\n\"1\"\n\" 2 \"\n", "a INT64 [2]: 1 2")] // quoted or not
    [InlineData("a\n\"1\"\nx\n", "a BYTES [2]: 1 x")]
    [InlineData("a\n 1 \nx\n", "a BYTES [2]:  1  x")]
    [InlineData("a\n007\n+5\n-3\n", "a INT64 [3]: 7 5 -3")]
    [InlineData("a\n.5\n5.\n1e3\n-.5\n", "a FP64 [4]: 0.5 5 1000 -0.5")]
    [InlineData("a\nnan\nNaN\ninf\n-inf\nInfinity\n-Infinity\n", "a FP64 [6]: NaN NaN Infinity -Infinity Infinity -Infinity")]
    [InlineData("a\n18446744073709551615\n1\n", "a UINT64 [2]: 18446744073709551615 1")]
    [InlineData("a\n1,000\n", "a INT64 [1] ShapeMismatch")] // a comma that is not quoted ends a field
    [InlineData("a\n\"1,000\"\n", "a BYTES [1]: 1,000")]
    [InlineData("a\nNYC\nin\n+\n-\n.\n1-2\n", "a BYTES [6]: NYC in + - . 1-2")]
    [InlineData("a\ntrue\nfalse\n", "a BYTES [2]: true false")]
    [InlineData("a,b\nx\"y,\"z \"\"q\"\"\"\n", "a BYTES [1]: x\"y", "b BYTES [1]: z \"q\"")]
    // Lines: short ones end with nulls, empty ones are none.
    [InlineData("a,b\n1,2\n\n3\n", "a INT64 [2]: 1 3", "b FP64 [2]: 2 NaN (1 null)")]
    [InlineData("a,b\n1,2,3\n4,5\n", "a INT64 [2] ShapeMismatch", "b INT64 [2] ShapeMismatch")]
    public void DecodeRequest_Csv_OfEachForm(string body, params string[] tensors)
    {
        var error = new Sample(body) { Format = BodyFormat.Csv }.Decode(new InvocationsRest(), _message);
        Assert.Equal(tensors, Shown.Tensors(_message));
        Assert.Equal(tensors.Any(tensor => tensor.EndsWith("Mismatch", StringComparison.Ordinal)) ? DecodeError.ShapeMismatch : DecodeError.None, error);
    }

    [Theory]
    [InlineData("1,2\n3,4\n", BodyFormat.CsvWithHeader, "1 INT64 [1]: 3", "2 INT64 [1]: 4")]
    [InlineData("a,b\nc,d\n", BodyFormat.CsvWithoutHeader, "_c0 BYTES [2]: a c", "_c1 BYTES [2]: b d")]
    public void The_media_type_says_whether_there_is_a_header(string body, BodyFormat format, params string[] tensors) =>
        AssertDecodes(new Sample(body) { Format = format }, tensors);

    [Theory]
    [InlineData("{\"features\": [1, 2]}\n{\"features\": [3, 4.5]}\n", "features FP64 [2,2]: 1 2 3 4.5")]
    [InlineData("[1, 2]\r\n\n[3, 4]", "input INT64 [2,2]: 1 2 3 4")]
    [InlineData("1\n2", "input INT64 [2]: 1 2")]
    [InlineData("{\"a\": 1}\n{\"b\": \"x\"}\nnull\n", "a FP64 [3]: 1 NaN NaN (2 null)", "b BYTES [3]:  x  (2 null)")]
    [InlineData("{\n\"a\":\n1}\n{\"a\": 2}\n", "a INT64 [2]: 1 2")]
    public void DecodeRequest_JsonLines_OfEachForm(string body, params string[] tensors) =>
        AssertDecodes(new Sample(body) { Format = BodyFormat.JsonLines }, tensors);

    [Fact]
    public void V2_with_binary_tensors_is_read_by_its_own_rules()
    {
        byte[] body = [.. """{"inputs":[{"name":"x","shape":[2],"datatype":"FP32","parameters":{"binary_data_size":8}}]}"""u8, 0, 0, 0x80, 0x3F, 0, 0, 0, 0x40];
        AssertDecodes(new Sample(body) { Format = BodyFormat.Binary, JsonBytes = body.Length - 8 }, ["x FP32 [2]: 1 2"]);
    }

    private void AssertDecodes(Sample sample, string[] tensors)
    {
        Assert.Equal(DecodeError.None, sample.Decode(new InvocationsRest(), _message));
        Assert.Equal(tensors, Shown.Tensors(_message));
    }
}
