namespace Sidecar.Tensors.Tests.OpenInference;

public class DecodeRequestTests
{
    [Fact]
    public void DecodeRequest_SpecificationExample_GivesItsTensors()
    {
        var message = Decoded.Request(
            """
            {
              "id" : "42",
              "inputs" : [
                { "name" : "input0", "shape" : [ 2, 2 ], "datatype" : "UINT32", "data" : [ 1, 2, 3, 4 ] },
                { "name" : "input1", "shape" : [ 3 ], "datatype" : "BOOL", "data" : [ true, false, true ] }
              ],
              "outputs" : [ { "name" : "output0" } ]
            }
            """);
        Assert.Equal("42", Decoded.Text(message.Id));
        Assert.Equal(2, message.Count);
        Assert.Equal("input0", Decoded.Text(message.Name(0)));
        Assert.Equal(DataType.UInt32, message[0].DataType);
        Assert.Equal([2L, 2L], Decoded.Shape(message, 0));
        Assert.Equal(4, message[0].Elements);
        Assert.Equal([1u, 2u, 3u, 4u], message.Values<uint>(0).ToArray());
        Assert.Equal([(byte)1, (byte)0, (byte)1], message.Data(1).ToArray());
        Assert.Equal(1, message.RequestedCount);
        Assert.Equal("output0", Decoded.Text(message.RequestedName(0)));
        Assert.False(message.HasModelName);
        Assert.False(message.HasError);
    }

    [Theory]
    [InlineData("[1,2,3,4]")]
    [InlineData("[[1,2],[3,4]]")]
    [InlineData("[[[1],[2]],[[3],[4]]]")]
    [InlineData(" [ [ 1 , 2 , 3 ] , 4 , [ ] ] ")]
    public void DecodeRequest_NestedData_IsFlattenedRowMajor(string data) =>
        Assert.Equal([1f, 2f, 3f, 4f], Decoded.Request(Decoded.Tensor("FP32", "[2,2]", data)).Values<float>(0).ToArray());

    [Theory]
    [InlineData("[]", "[7]", 1)]
    [InlineData("[]", "7", 1)]
    [InlineData("[1,1,1,1,1,1,1,1]", "[7]", 1)]
    [InlineData("[0]", "[]", 0)]
    [InlineData("[3,0]", "[[],[],[]]", 0)]
    public void DecodeRequest_ScalarAndEmptyShapes_AreTensors(string shape, string data, int elements)
    {
        var message = Decoded.Request(Decoded.Tensor("INT16", shape, data));
        Assert.Equal(elements, message[0].Elements);
        Assert.Equal(elements, message.Values<short>(0).Length);
    }

    [Theory]
    [InlineData("""{"data":[1,2],"datatype":"INT32","shape":[2],"name":"t"}""")]
    [InlineData("""{"shape":[2],"name":"t","data":[[1],[2]],"parameters":{"content_type":"np"},"datatype":"INT32"}""")]
    [InlineData("""{"datatype":"FP32","data":[1,2],"shape":[2],"name":"t","datatype":"INT32"}""")]
    [InlineData("""{"d\u0061ta":[1,2],"\u0064atatype":"INT8","datatyp\u0065":"\u0049NT32","shape":[2],"name":"t","extra":{"data":[9]}}""")]
    [InlineData("""{"data":[9],"data":[1,2],"datatype":"INT32","shape":[1],"shape":[2],"name":"x","name":"t","parameters":null}""")]
    public void DecodeRequest_MembersInAnyOrder_TheLastOfEachCounts(string tensor)
    {
        var message = Decoded.Request($$"""{"inputs":[{{tensor}}]}""");
        Assert.Equal(0, message.Find("t"u8));
        Assert.Equal([1, 2], message.Values<int>(0).ToArray());
    }

    [Fact]
    public void DecodeRequest_ListSentTwice_TheLastCounts()
    {
        var tensor = """{"name":"t","shape":[1],"datatype":"INT8","data":[1]}""";
        Assert.Equal(1, Decoded.Request($$"""{"inputs":[{{tensor}},{{tensor}}],"inputs":[{{tensor}}]}""").Count);
    }

    [Fact]
    public void DecodeRequest_FloatOddities_AreConvertedAsNumpyDoes()
    {
        var message = Decoded.Request(Decoded.Tensor("FP32", "[11]",
            """[NaN,Infinity,-Infinity,"NaN","Infinity","-Infinity",null,1e39,-0.0,1E-50,3.4028235677973366e38]"""));
        var bits = message.Values<uint>(0).ToArray();
        Assert.Equal(
            [0x7FC00000u, 0x7F800000u, 0xFF800000u, 0x7FC00000u, 0x7F800000u, 0xFF800000u, 0x7FC00000u, 0x7F800000u, 0x80000000u, 0u, 0x7F800000u],
            bits);
        Assert.Equal(1, message[0].NullCount);
    }

    [Fact]
    public void DecodeRequest_HalfPrecision_RoundsToNearestEven()
    {
        var half = Decoded.Request(Decoded.Tensor("FP16", "[4]", "[1.5,65504,65520,null]"));
        Assert.Equal([0x3E00, 0x7BFF, 0x7C00, 0x7E00], half.Values<ushort>(0).ToArray().Select(bits => (int)bits));
        // 1 + 2^-8 and 1 + 3·2^-8 lie halfway between two BF16 values: the even neighbour is below the first and above the second.
        var brain = Decoded.Request(Decoded.Tensor("BF16", "[6]", "[1.5,1.00390625,1.01171875,null,3.4e38,-2]"));
        Assert.Equal([0x3FC0, 0x3F80, 0x3F82, 0x7FC0, 0x7F80, 0xC000], brain.Values<ushort>(0).ToArray().Select(bits => (int)bits));
    }

    [Fact]
    public void DecodeRequest_IntegerLimits_AreExact()
    {
        Assert.Equal([long.MinValue, long.MaxValue, 9007199254740993],
            Decoded.Request(Decoded.Tensor("INT64", "[3]", "[-9223372036854775808,9223372036854775807,9007199254740993]")).Values<long>(0).ToArray());
        Assert.Equal([ulong.MaxValue, 0ul, 0ul],
            Decoded.Request(Decoded.Tensor("UINT64", "[3]", "[18446744073709551615,-0,null]")).Values<ulong>(0).ToArray());
        Assert.Equal([sbyte.MinValue, sbyte.MaxValue], Decoded.Request(Decoded.Tensor("INT8", "[2]", "[-128,127]")).Values<sbyte>(0).ToArray());
        Assert.Equal([15L, 1000L, 1L, 0L, 10_000_000_000_000_000L],
            Decoded.Request(Decoded.Tensor("INT64", "[5]", "[1.50e1,1e3,1.00000000000000000000000000,0e999999999999,1e16]")).Values<long>(0).ToArray());
    }

    [Fact]
    public void DecodeRequest_BoolFromNumbersAndNull_IsTaken()
    {
        var message = Decoded.Request(Decoded.Tensor("BOOL", "[5]", "[true,false,1,0,null]"));
        Assert.Equal([(byte)1, (byte)0, (byte)1, (byte)0, (byte)0], message.Data(0).ToArray());
        Assert.Equal(1, message[0].NullCount);
    }

    [Fact]
    public void DecodeRequest_Texts_AreUnescaped()
    {
        var message = Decoded.Request(Decoded.Tensor("BYTES", "[9]",
            """["", "quote\"back\\slash\/", "\b\f\n\r\t", "\u00e9é", "\ud83d\ude00😀", "\ud83d", "\ude00x", "\ud83d\ud83d\ude00", null]"""));
        Assert.Equal(
            ["", "quote\"back\\slash/", "\b\f\n\r\t", "éé", "😀😀", "\uFFFD", "\uFFFDx", "\uFFFD😀", ""],
            Decoded.Texts(message, 0));
        Assert.Equal(1, message[0].NullCount);
    }

    [Fact]
    public void DecodeRequest_ByteOrderMarkAndWhiteSpace_AreReadOver()
    {
        var message = Decoded.Request("\uFEFF\r\n\t {\"id\":\"n\\u0061me\",\"inputs\":[]} \n");
        Assert.Equal("name", Decoded.Text(message.Id));
        Assert.Equal(0, message.Count);
    }

    [Fact]
    public void DecodeRequest_IdAbsentNullEmptyOrNumber_IsToldApart()
    {
        Assert.False(Decoded.Request("""{"inputs":[]}""").HasId);
        Assert.False(Decoded.Request("""{"id":null,"inputs":[]}""").HasId);
        Assert.True(Decoded.Request("""{"id":"","inputs":[]}""").HasId);
        Assert.Equal("17", Decoded.Text(Decoded.Request("""{"id":17,"inputs":[]}""").Id));
    }

    [Fact]
    public void DecodeRequest_RequestedOutputs_TellWhichComeAsClasses()
    {
        var message = Decoded.Request(
            """{"inputs":[],"outputs":[{"name":"a","parameters":{"classification":2}},{"name":"b","parameters":{"binary_data":false,"classification":0}},7,{}]}""");
        Assert.Equal(2, message.RequestedCount);
        Assert.True(message.RequestedAsClasses(0));
        Assert.False(message.RequestedAsClasses(1));
    }

    [Fact]
    public void DecodeRequest_ScratchUsedAgain_ForgetsTheLastMessage()
    {
        var message = Decoded.Request("""{"id":"a","model_name":"m","outputs":[{"name":"o"}],"inputs":[{"name":"t","shape":[1],"datatype":"INT8","data":[1]}]}""");
        Assert.Equal(DecodeError.None, Decoded.Request("""{"inputs":[]}""", message));
        Assert.Equal(0, message.Count);
        Assert.Equal(0, message.RequestedCount);
        Assert.False(message.HasId);
        Assert.False(message.HasModelName);
        Assert.Throws<ArgumentOutOfRangeException>(() => message.Name(0).Length);
    }

    [Fact]
    public void Data_OfEveryTensor_StartsAtAMultipleOfEight()
    {
        var tensors = string.Join(',', Enumerable.Range(1, 9).Select(length =>
            $$"""{"name":"{{new string('n', length)}}","shape":[1],"datatype":"FP64","data":[{{length}}]}"""));
        var message = Decoded.Request($$"""{"inputs":[{{tensors}}]}""");
        for (var i = 0; i < message.Count; i++)
        {
            Assert.Equal(0, message[i].DataSlice.Start % 8);
            Assert.Equal(i + 1, message.Values<double>(i)[0]);
        }
    }
}
