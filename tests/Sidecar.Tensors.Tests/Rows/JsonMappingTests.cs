using Sidecar.Tensors.Tests.Contract;

namespace Sidecar.Tensors.Tests.Rows;

public class JsonMappingTests
{
    private readonly TensorMessage _message = new();

    [Theory]
    [InlineData("/customer/age", """{"customer": {"age": 41, "x": [1]}}""", "f INT64 []: 41")]
    [InlineData("$.customer.age", """{"x": {"age": 1}, "customer": {"age": 41}}""", "f INT64 []: 41")]
    [InlineData("$['customer'][\"age\"]", """{"customer": {"age": 41}}""", "f INT64 []: 41")]
    [InlineData("/a~1b/m~0n", """{"a/b": {"m~n": true}}""", "f BOOL []: true")]
    [InlineData("/0", """[7, 8]""", "f INT64 []: 7")]
    [InlineData("/0", """{"0": 7}""", "f INT64 []: 7")]
    [InlineData("$[1]", """[7, 8]""", "f INT64 []: 8")]
    [InlineData("$[1]", """{"1": 7}""", null)]
    [InlineData("$['1']", """[7, 8]""", null)]
    [InlineData("$", """[[1, 2], [3, 4]]""", "f INT64 [2,2]: 1 2 3 4")]
    [InlineData("/", """{"": 5}""", "f INT64 []: 5")]
    [InlineData("/rows/*/x", """{"rows": [{"x": 1}, {}, {"x": 2.5}, {"x": null}]}""", "f FP64 [4]: 1 NaN 2.5 NaN (2 null)")]
    [InlineData("$.rows[*].x", """{"rows": [{"x": [1, 2]}, {"x": [3, 4]}]}""", "f INT64 [2,2]: 1 2 3 4")]
    [InlineData("$.rows.*.x", """{"rows": [{"x": 1}]}""", "f INT64 [1]: 1")]
    [InlineData("/rows/*", """{"rows": ["a", "b"]}""", "f BYTES [2]: a b")]
    [InlineData("/rows/*/x", """{"rows": []}""", "f FP64 [0]:")]
    [InlineData("/rows/*/x", """{"rows": [{"y": 1}]}""", null)] // nowhere in any row
    [InlineData("/rows/*/x", """{"rows": {"x": 1}}""", null)] // no array
    [InlineData("/b/*/r/*/x", """{"b": [{"r": [{"x": 1}, {"x": 2}]}, {}, {"r": []}, {"r": [{"x": 3}]}]}""", "f INT64 [3]: 1 2 3")] // the rows of all arrays
    [InlineData("/tags", """{"tags": []}""", "f FP64 [0]:")]
    [InlineData("/age", """{"age": null}""", null)]
    [InlineData("/age", """{"age": 1, "age": 2}""", "f INT64 []: 2")]
    [InlineData("/\u00e4ge", """{"\u00e4ge": 1}""", "f INT64 []: 1")]
    [InlineData("/age as FP32", """{"age": 41}""", "f FP32 []: 41")]
    [InlineData("/age as INT8", """{"age": -128}""", "f INT8 []: -128")]
    [InlineData("/age as UINT16", """{"age": 1.5e1}""", "f UINT16 []: 15")]
    [InlineData("/age as FP64", """{"age": "NaN"}""", "f FP64 []: NaN")]
    [InlineData("/age as BOOL", """{"age": 1}""", "f BOOL []: true")]
    [InlineData("/rows/*/x as FP32", """{"rows": [{"x": 1}, {}]}""", "f FP32 [2]: 1 NaN (1 null)")]
    [InlineData("/rows/*/x as BYTES", """{"rows": [{}, {"x": "a"}]}""", "f BYTES [2]:  a (1 null)")]
    [InlineData("/rows/*/x as INT32", """{"rows": [{}, {"x": 5}]}""", "f INT32 [2]: 0 5 (1 null)")]
    [InlineData("/img as BYTES", """{"img": {"b64": "aGk="}}""", "f BYTES []: hi")]
    public void A_feature_is_what_its_path_leads_to(string path, string body, string? tensor)
    {
        var error = new Sample(body).Decode(Mapping(("f", path)), _message);
        Assert.Equal(tensor is null ? [] : [tensor], Shown.Tensors(_message));
        Assert.Equal(tensor is null ? DecodeError.NotInference : DecodeError.None, error);
    }

    [Theory]
    [InlineData("/age as INT8", """{"age": 128}""", "f INT8 [] ValueMismatch")]
    [InlineData("/age as INT64", """{"age": 1.5}""", "f INT64 [] ValueMismatch")]
    [InlineData("/age as INT64", """{"age": "1"}""", "f INT64 [] ValueMismatch")]
    [InlineData("/age as BYTES", """{"age": 1}""", "f BYTES [] ValueMismatch")]
    [InlineData("/age as BYTES", """{"age": true}""", "f BYTES [] ValueMismatch")]
    [InlineData("/age as FP32", """{"age": true}""", "f FP32 [] ValueMismatch")]
    [InlineData("/age", """{"age": {"years": 1}}""", "f UNKNOWN [] ValueMismatch")]
    [InlineData("/rows/*/x", """{"rows": [{"x": 1}, {"x": "a"}]}""", "f UNKNOWN [2] ValueMismatch")]
    public void A_value_of_another_kind_names_the_feature(string path, string body, string tensor)
    {
        Assert.Equal(DecodeError.ValueMismatch, new Sample(body).Decode(Mapping(("f", path)), _message));
        Assert.Equal([tensor], Shown.Tensors(_message));
    }

    [Fact]
    public void Features_come_in_the_order_of_the_mapping_whatever_that_of_the_text()
    {
        var mapping = Mapping(("b", "/b"), ("a", "/a"), ("missing", "/c"), ("again", "/a as FP32"), ("all", "/rows"), ("x", "/rows/*/x"), ("first", "/rows/0/x"));
        AssertDecodes(mapping, """{"a": 1, "rows": [{"x": 5}, {"x": 6}], "b": 2}""",
            ["b INT64 []: 2", "a INT64 []: 1", "again FP32 []: 1", "all UNKNOWN [2] ValueMismatch", "x INT64 [2]: 5 6", "first INT64 []: 5"], DecodeError.ValueMismatch);
    }

    [Fact]
    public void Paths_that_meet_at_one_value_all_get_it()
    {
        // A step that is a number is an element as well as a member; a member in brackets is no element.
        var mapping = Mapping(("either", "/0/x"), ("member", "$['0'].x"), ("element", "$[0].x"), ("each", "$[*].x"), ("same", "$[*].x"));
        AssertDecodes(mapping, """[{"x": 1}, {"x": 2}]""", ["either INT64 []: 1", "element INT64 []: 1", "each INT64 [2]: 1 2", "same INT64 [2]: 1 2"]);
        AssertDecodes(mapping, """{"0": {"x": 3}}""", ["either INT64 []: 3", "member INT64 []: 3"]);
    }

    [Theory]
    [InlineData("""{"detail": "Internal server error"}""", "Internal server error")]
    [InlineData("""{"error": "1 validation error", "detail": []}""", "1 validation error")]
    [InlineData("""{"x": [1], "message": "no"}""", "no")]
    public void An_answer_without_any_feature_may_be_an_error(string body, string error)
    {
        Assert.Equal(DecodeError.None, new Sample(body) { IsRequest = false }.Decode(Mapping(("p", "/p")), _message));
        Assert.Equal(error, OpenInference.Decoded.Text(_message.Error));
        AssertDecodes(Mapping(("p", "/p")), """{"error": "ignored", "p": 1}""", ["p INT64 []: 1"], isRequest: false);
        Assert.False(_message.HasError);
    }

    [Fact]
    public void A_direction_without_features_is_not_looked_at()
    {
        var mapping = new JsonMapping([], JsonMappingContract.Features(("p", "/p")));
        Assert.Equal(DecodeError.None, new Sample("not json").Decode(mapping, _message));
        Assert.Equal(0, _message.Count);
    }

    [Theory]
    [InlineData("age", "begins with neither \"/\" (JSON Pointer) nor \"$\" (JSONPath)")]
    [InlineData("@.age", "begins with neither \"/\" (JSON Pointer) nor \"$\" (JSONPath)")]
    [InlineData("/a~", "has a \"~\" that is neither \"~0\" nor \"~1\"")]
    [InlineData("/a~2", "has a \"~\" that is neither \"~0\" nor \"~1\"")]
    [InlineData("$..age", "has a \".\" without a name behind it")]
    [InlineData("$.", "has a \".\" without a name behind it")]
    [InlineData("$age", "can't be read: steps are .name, ['name'], [0] and [*]")]
    [InlineData("$[", "can't be read: steps are .name, ['name'], [0] and [*]")]
    [InlineData("$[a]", "can't be read: steps are .name, ['name'], [0] and [*]")]
    [InlineData("$['a]", "can't be read: steps are .name, ['name'], [0] and [*]")]
    [InlineData("$['a'", "can't be read: steps are .name, ['name'], [0] and [*]")]
    [InlineData("$[-1]", "can't be read: steps are .name, ['name'], [0] and [*]")]
    [InlineData("$[01]", "can't be read: steps are .name, ['name'], [0] and [*]")]
    [InlineData("$[?(@.x)]", "can't be read: steps are .name, ['name'], [0] and [*]")]
    [InlineData("$[0:2]", "can't be read: steps are .name, ['name'], [0] and [*]")]
    [InlineData("/age as FP33", "ends with \"FP33\", which is no datatype")]
    [InlineData("/age as fp32", "ends with \"fp32\", which is no datatype")]
    [InlineData("/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17", "has more than 16 steps")]
    public void A_path_that_can_not_be_read_says_why(string text, string problem)
    {
        Assert.False(JsonPath.TryParse(text, out var path, out var said));
        Assert.Equal((null, problem), (path, said));
    }

    private void AssertDecodes(JsonMapping mapping, string body, string[] tensors, DecodeError error = DecodeError.None, bool isRequest = true)
    {
        Assert.Equal(error, new Sample(body) { IsRequest = isRequest }.Decode(mapping, _message));
        Assert.Equal(tensors, Shown.Tensors(_message));
    }

    private static JsonMapping Mapping(params (string Name, string Path)[] features) => new(JsonMappingContract.Features(features), JsonMappingContract.Features(features));
}
