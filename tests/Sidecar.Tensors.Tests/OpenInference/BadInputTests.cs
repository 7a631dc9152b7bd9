using System.Text;

namespace Sidecar.Tensors.Tests.OpenInference;

/// <summary>The table of bad input in the library's README, row by row.</summary>
public class BadInputTests
{
    private const string Good = """{"name":"g","shape":[1],"datatype":"FP32","data":[1]}""";

    [Theory]
    [InlineData("", DecodeError.Truncated)]
    [InlineData("  \n", DecodeError.Truncated)]
    [InlineData("{", DecodeError.Truncated)]
    [InlineData("""{"inputs":[]""", DecodeError.Truncated)]
    [InlineData("""{"inputs":[{"name":"a\""", DecodeError.Truncated)]
    [InlineData("""{"inputs":[{"name":"\u00""", DecodeError.Truncated)]
    [InlineData("""{"inputs":nul""", DecodeError.Truncated)]
    [InlineData("""{"x":1.""", DecodeError.Truncated)]
    [InlineData("""{"x":-""", DecodeError.Truncated)]
    [InlineData("""{"x":1e+""", DecodeError.Truncated)]
    [InlineData("""{"x":-Infin""", DecodeError.Truncated)]
    [InlineData("not json", DecodeError.Malformed)]
    [InlineData("\0", DecodeError.Malformed)]
    [InlineData("{]", DecodeError.Malformed)]
    [InlineData("""{"inputs":[]}x""", DecodeError.Malformed)]
    [InlineData("""{"inputs":[]}{"inputs":[]}""", DecodeError.Malformed)]
    [InlineData("""{"inputs":[],}""", DecodeError.Malformed)]
    [InlineData("""{,"inputs":[]}""", DecodeError.Malformed)]
    [InlineData("""{"inputs":[""" + Good + """,]}""", DecodeError.Malformed)]
    [InlineData("""{"inputs":[""" + Good + Good + """]}""", DecodeError.Malformed)]
    [InlineData("""{"inputs" []}""", DecodeError.Malformed)]
    [InlineData("""{inputs:[]}""", DecodeError.Malformed)]
    [InlineData("""{'inputs':[]}""", DecodeError.Malformed)]
    [InlineData("""{"x":01,"inputs":[]}""", DecodeError.Malformed)]
    [InlineData("""{"x":+1,"inputs":[]}""", DecodeError.Malformed)]
    [InlineData("""{"x":.5,"inputs":[]}""", DecodeError.Malformed)]
    [InlineData("""{"x":5.,"inputs":[]}""", DecodeError.Malformed)]
    [InlineData("""{"x":1e,"inputs":[]}""", DecodeError.Malformed)]
    [InlineData("""{"x":0x1,"inputs":[]}""", DecodeError.Malformed)]
    [InlineData("""{"x":-NaN,"inputs":[]}""", DecodeError.Malformed)]
    [InlineData("""{"x":True,"inputs":[]}""", DecodeError.Malformed)]
    [InlineData("""{"x":truely,"inputs":[]}""", DecodeError.Malformed)]
    [InlineData("""{"x":"\x","inputs":[]}""", DecodeError.Malformed)]
    [InlineData("""{"x":"\u00g0","inputs":[]}""", DecodeError.Malformed)]
    [InlineData("{\"x\":\"a\nb\",\"inputs\":[]}", DecodeError.Malformed)]
    [InlineData("""{"inputs":[]} // done""", DecodeError.Malformed)]
    [InlineData("""{"id":{},"inputs":[]}""", DecodeError.Malformed)]
    [InlineData("""{"inputs":[{"name":["a"],"shape":[1],"datatype":"FP32","data":[1]}]}""", DecodeError.Malformed)]
    [InlineData("""{"inputs":[{"name":"a","shape":1,"datatype":"FP32","data":[1]}]}""", DecodeError.Malformed)]
    [InlineData("""{"inputs":[{"name":"a","shape":["1"],"datatype":"FP32","data":[1]}]}""", DecodeError.Malformed)]
    [InlineData("""{"inputs":[{"name":"a","shape":[1.5],"datatype":"FP32","data":[1]}]}""", DecodeError.Malformed)]
    [InlineData("""{"inputs":[{"name":"a","shape":[1],"datatype":32,"data":[1]}]}""", DecodeError.Malformed)]
    [InlineData("""{"inputs":[{"name":"a","shape":[1],"datatype":"FP32","data":[1 2]}]}""", DecodeError.Malformed)]
    [InlineData("""{"inputs":[{"name":"a","shape":[1],"datatype":"FP32","data":[1,]}]}""", DecodeError.Malformed)]
    [InlineData("""{"inputs":[{"name":"a","shape":[1],"datatype":"FP32","data":[[1,2},3]}]}""", DecodeError.Malformed)]
    [InlineData("""{"inputs":[{"name":"a","shape":[1],"datatype":"FP32","data":["x",oops]}]}""", DecodeError.Malformed)]
    [InlineData("""{"inputs":[{"name":"a","shape":[1,1,1,1,1,1,1,1,1],"datatype":"FP32","data":[1]}]}""", DecodeError.TooLarge)]
    [InlineData("null", DecodeError.NotInference)]
    [InlineData("[1,2]", DecodeError.NotInference)]
    [InlineData("\"text\"", DecodeError.NotInference)]
    [InlineData("{}", DecodeError.NotInference)]
    [InlineData("""{"instances":[[1,2]]}""", DecodeError.NotInference)]
    [InlineData("""{"inputs":null}""", DecodeError.NotInference)]
    [InlineData("""{"inputs":{"a":[1]}}""", DecodeError.NotInference)]
    [InlineData("""{"inputs":[[1,2],[3,4]]}""", DecodeError.NotInference)]
    [InlineData("""{"error":"no"}""", DecodeError.NotInference)]
    [InlineData("""{"inputs":[{"shape":[1],"datatype":"FP32","data":[1]}]}""", DecodeError.MissingMember)]
    [InlineData("""{"inputs":[{"name":"a","datatype":"FP32","data":[1]}]}""", DecodeError.MissingMember)]
    [InlineData("""{"inputs":[{"name":"a","shape":[1],"data":[1]}]}""", DecodeError.MissingMember)]
    [InlineData("""{"inputs":[{"name":"a","shape":[1],"datatype":"FP32"}]}""", DecodeError.MissingMember)]
    [InlineData("""{"inputs":[{"name":"a","shape":[1],"datatype":"FP32","data":null}]}""", DecodeError.MissingMember)]
    [InlineData("""{"inputs":[{"name":"a","shape":[1],"datatype":"FP128","data":[1]}]}""", DecodeError.UnsupportedDatatype)]
    [InlineData("""{"inputs":[{"name":"a","shape":[1],"datatype":"fp32","data":[1]}]}""", DecodeError.UnsupportedDatatype)]
    [InlineData("""{"inputs":[{"name":"a","shape":[2],"datatype":"FP32","data":[1]}]}""", DecodeError.ShapeMismatch)]
    [InlineData("""{"inputs":[{"name":"a","shape":[1,2],"datatype":"FP32","data":[[1],[2],[3]]}]}""", DecodeError.ShapeMismatch)]
    [InlineData("""{"inputs":[{"name":"a","shape":[-1],"datatype":"FP32","data":[1]}]}""", DecodeError.ShapeMismatch)]
    [InlineData("""{"inputs":[{"name":"a","shape":[-1],"datatype":"FP32","data":[]}]}""", DecodeError.ShapeMismatch)]
    [InlineData("""{"inputs":[{"name":"a","shape":[4294967296,4294967296],"datatype":"FP32","data":[]}]}""", DecodeError.ShapeMismatch)]
    [InlineData("""{"inputs":[{"name":"a","shape":[1],"datatype":"FP32","parameters":{"binary_data_size":4}}]}""", DecodeError.UnsupportedEncoding)]
    [InlineData("""{"inputs":[{"name":"a","shape":[1],"datatype":"FP32","parameters":{"shared_memory_region":"r","shared_memory_byte_size":4}}]}""", DecodeError.SharedMemory)]
    public void DecodeRequest_BadInput_GivesItsReason(string body, DecodeError expected) =>
        Assert.Equal(expected, Decoded.Request(body, new TensorMessage()));

    [Theory]
    [InlineData("FP32", "[\"1.5\"]")]
    [InlineData("FP32", "[true]")]
    [InlineData("FP32", "[{}]")]
    [InlineData("FP32", "{\"b64\":\"AAAA\"}")]
    [InlineData("INT32", "[1.5]")]
    [InlineData("INT32", "[NaN]")]
    [InlineData("INT32", "[\"NaN\"]")]
    [InlineData("INT32", "[-Infinity]")]
    [InlineData("INT32", "[false]")]
    [InlineData("INT32", "[2147483648]")]
    [InlineData("INT32", "[-2147483649]")]
    [InlineData("INT8", "[128]")]
    [InlineData("INT16", "[-32769]")]
    [InlineData("UINT8", "[-1]")]
    [InlineData("UINT8", "[256]")]
    [InlineData("UINT16", "[65536]")]
    [InlineData("UINT32", "[4294967296]")]
    [InlineData("INT64", "[9223372036854775808]")]
    [InlineData("INT64", "[-9223372036854775809]")]
    [InlineData("INT64", "[1e400]")]
    [InlineData("INT64", "[1e-1]")]
    [InlineData("UINT64", "[18446744073709551616]")]
    [InlineData("UINT64", "[99999999999999999999999999999999999999999999]")]
    [InlineData("UINT64", "[0.000000000000000000000000000001]")]
    [InlineData("BOOL", "[2]")]
    [InlineData("BOOL", "[0.5]")]
    [InlineData("BOOL", "[\"true\"]")]
    [InlineData("BYTES", "[1]")]
    [InlineData("BYTES", "[true]")]
    public void DecodeRequest_ElementDoesNotFit_IsValueMismatchAndTheTensorIsNamed(string datatype, string data)
    {
        foreach (var body in new[]
        {
            Decoded.Tensor(datatype, "[1]", data),
            $$"""{"inputs":[{"data":{{data}},"datatype":"{{datatype}}","name":"t","shape":[1]}]}""",
        })
        {
            var message = new TensorMessage();
            Assert.Equal(DecodeError.ValueMismatch, Decoded.Request(body, message));
            Assert.Equal(0, message.Find("t"u8));
            Assert.Equal(DecodeError.ValueMismatch, message[0].Error);
            Assert.True(message.Data(0).IsEmpty);
        }
    }

    [Fact]
    public void DecodeRequest_OneBadTensorOfThree_KeepsTheOthers()
    {
        var message = new TensorMessage();
        var error = Decoded.Request(
            """
            {"inputs":[{"name":"a","shape":[2],"datatype":"FP32","data":[1,2]},
                       {"name":"b","shape":[2,2],"datatype":"FP32","data":[1,2,3]},
                       {"name":"c","shape":[1],"datatype":"BYTES","data":["x"]}]}
            """, message);
        Assert.Equal(DecodeError.ShapeMismatch, error);
        Assert.Equal(3, message.Count);
        Assert.Equal([1f, 2f], message.Values<float>(0).ToArray());
        Assert.Equal(DecodeError.ShapeMismatch, message[1].Error);
        Assert.Equal(4, message[1].Elements);
        Assert.Equal(3, message[1].SentElements);
        Assert.True(message.Data(1).IsEmpty);
        Assert.Equal(["x"], Decoded.Texts(message, 2));
    }

    [Fact]
    public void DecodeRequest_SyntaxErrorAfterABadTensor_IsMalformed()
    {
        Assert.Equal(DecodeError.Malformed, Decoded.Request(
            """{"inputs":[{"name":"a","shape":[1],"datatype":"INT8","data":[300]}],,}""", new TensorMessage()));
    }

    [Fact]
    public void DecodeRequest_InvalidUtf8_IsMalformed()
    {
        byte[] body = [.. "{\"id\":\"a"u8, 0xFF, .. "\",\"inputs\":[]}"u8];
        Assert.Equal(DecodeError.Malformed, OpenInferenceJson.DecodeRequest(body, new TensorMessage()));
    }

    [Fact]
    public void DecodeRequest_NestingBeyondTheLimit_IsTooLarge()
    {
        static string Nested(int levels) => Decoded.Tensor("FP32", "[1]", new string('[', levels) + "1" + new string(']', levels));
        Assert.Equal(DecodeError.None, Decoded.Request(Nested(29), new TensorMessage()));
        Assert.Equal(DecodeError.TooLarge, Decoded.Request(Nested(30), new TensorMessage()));
        Assert.Equal(DecodeError.TooLarge, Decoded.Request(new string('[', 1_000_000), new TensorMessage()));
        Assert.Equal(DecodeError.TooLarge, Decoded.Request("{\"x\":" + new string('[', 1_000_000), new TensorMessage()));
    }

    [Fact]
    public void DecodeRequest_MoreTensorsThanTheLimit_IsTooLarge()
    {
        static string Many(int tensors) => $"{{\"inputs\":[{string.Join(',', Enumerable.Repeat(Good, tensors))}]}}";
        Assert.Equal(DecodeError.None, Decoded.Request(Many(256), new TensorMessage()));
        Assert.Equal(DecodeError.TooLarge, Decoded.Request(Many(257), new TensorMessage()));
    }

    [Fact]
    public void DecodeRequest_MoreBytesThanTheLimit_IsTooLargeAndTheScratchStaysUsable()
    {
        var message = new TensorMessage(new DecodeLimits { MaxBytes = 10_000 });
        var numbers = Decoded.Tensor("FP64", "[5000]", "[" + string.Join(',', Enumerable.Repeat("0", 5000)) + "]");
        var text = Decoded.Tensor("BYTES", "[1]", $"[\"{new string('a', 20_000)}\"]");
        Assert.Equal(DecodeError.TooLarge, Decoded.Request(numbers, message));
        Assert.Equal(DecodeError.TooLarge, Decoded.Request(text, message));
        Assert.Equal(DecodeError.TooLarge, Decoded.Request($$"""{"id":"{{new string('a', 20_000)}}","inputs":[]}""", message));
        Assert.Equal(DecodeError.None, Decoded.Request(Decoded.Tensor("FP32", "[1]", "[1]"), message));
    }

    [Fact]
    public void DecodeRequest_WhatFollowsTheEndOfAPrefix_IsNeverThrown()
    {
        var body = Encoding.UTF8.GetBytes("""{"id":"ä\u00e4","inputs":[{"name":"a","shape":[2],"datatype":"BYTES","data":["\ud83d\ude00",null]}]}""");
        var message = new TensorMessage();
        for (var length = 0; length < body.Length; length++)
            Assert.Equal(DecodeError.Truncated, OpenInferenceJson.DecodeRequest(body.AsSpan(0, length), message));
        Assert.Equal(DecodeError.None, OpenInferenceJson.DecodeRequest(body, message));
    }

    [Fact]
    public void A_declared_shape_of_more_elements_than_there_are_numbers_is_a_mismatch()
    {
        var head = new MessageHead { JsonBytes = 0, Metadata = new ModelMetadata("m", [], "", [new TensorMetadata("a", DataType.Fp32, [1L << 32, 1L << 32, -1])], []) };
        Assert.Equal(DecodeError.ShapeMismatch, new OpenInferenceRest().DecodeRequest(head, new byte[16], new TensorMessage()));
    }
}
