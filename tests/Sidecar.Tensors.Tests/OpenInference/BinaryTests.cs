using System.Text;
using CsCheck;
using Sidecar.Testing;

namespace Sidecar.Tensors.Tests.OpenInference;

/// <summary>The binary tensor extension of V2 REST.</summary>
public sealed class BinaryTests
{
    // From the extension's rules: 1.0, 2.0, and "hi".
    private const string Header = """{"inputs":[{"name":"x","shape":[2],"datatype":"FP32","parameters":{"binary_data_size":8}},{"name":"s","shape":[1],"datatype":"BYTES","parameters":{"binary_data_size":6}}]}""";
    private static readonly byte[] Tail = Convert.FromHexString("0000803f00000040020000006869");

    private readonly TensorMessage _message = new();
    private readonly OpenInferenceRest _decoder = new();

    [Fact]
    public void DecodeRequest_BinarySection_IsCutIntoTensorsAndNotCopied()
    {
        var body = Body(Header, Tail);
        Assert.Equal((171, 185), (Header.Length, body.Length));
        Assert.Equal(DecodeError.None, Decode(body, Header.Length));
        Assert.Equal([1f, 2f], _message.Values<float>(0).ToArray());
        Assert.Equal(["hi"], Decoded.Texts(_message, 1));
        Assert.Equal((2, 1), (_message[0].SentElements, _message[1].SentElements));
        body[Header.Length + 3] = 0xBF; // the sign of 1.0: the tensor is the body's own bytes
        Assert.Equal(-1f, _message.Values<float>(0)[0]);
    }

    [Fact]
    public void DecodeResponse_JsonAndBinaryMixed_BothAreThere()
    {
        const string json = """{"model_name":"m","outputs":[{"name":"a","datatype":"INT64","shape":[2],"data":[1,2]},{"name":"b","datatype":"FP32","shape":[1],"parameters":{"binary_data_size":4}},{"name":"c","datatype":"BYTES","shape":[1],"data":["x"]}]}""";
        Assert.Equal(DecodeError.None, _decoder.DecodeResponse(new MessageHead { JsonBytes = json.Length }, Body(json, [0, 0, 0x80, 0x3F]), _message));
        Assert.Equal([1L, 2L], _message.Values<long>(0).ToArray());
        Assert.Equal([1f], _message.Values<float>(1).ToArray());
        Assert.Equal(["x"], Decoded.Texts(_message, 2));
        Assert.Equal("m"u8, _message.ModelName);
    }

    [Theory]
    [InlineData(new long[] { -1, 3 }, DataType.Fp32, 12, new long[] { 1, 3 }, DecodeError.None)]
    [InlineData(new long[] { -1 }, DataType.Fp32, 12, new long[] { 3 }, DecodeError.None)]
    [InlineData(new long[] { -1, -1 }, DataType.Int64, 16, new long[] { 1, 2 }, DecodeError.None)]
    [InlineData(new long[] { 2, 2 }, DataType.UInt8, 4, new long[] { 2, 2 }, DecodeError.None)]
    [InlineData(new long[] { -1, 3 }, DataType.Fp32, 16, new long[] { 1, 3 }, DecodeError.ShapeMismatch)]
    [InlineData(new long[] { -1, 3 }, DataType.Fp32, 11, new long[] { 1, 3 }, DecodeError.ShapeMismatch)]
    public void DecodeRequest_WithoutJson_IsTheOneInputOfTheMetadata(long[] declared, DataType type, int bytes, long[] shape, DecodeError error)
    {
        var head = new MessageHead { JsonBytes = 0, Metadata = new ModelMetadata("m", [], "", [new TensorMetadata("in", type, declared)], []) };
        Assert.Equal(error, _decoder.DecodeRequest(head, new byte[bytes], _message));
        Assert.Equal("in"u8, _message.Name(0));
        Assert.Equal((type, shape), (_message[0].DataType, _message[0].Shape.ToArray()), (a, b) => a.Item1 == b.Item1 && a.Item2.SequenceEqual(b.Item2));
    }

    [Fact]
    public void DecodeRequest_WithoutJsonAndMetadata_IsNotGuessed() =>
        Assert.Equal((DecodeError.UnsupportedEncoding, 0), (Decode(new byte[8], 0), _message.Count));

    [Theory]
    [InlineData(Header, 14, 186, DecodeError.Truncated)] // the header's length reaches past the end
    [InlineData(Header, 13, 171, DecodeError.Truncated)]
    [InlineData(Header, 15, 171, DecodeError.Malformed)] // bytes that belong to no tensor
    [InlineData(Header, 14, 170, DecodeError.Truncated)]
    [InlineData(Header, 14, -1, DecodeError.Malformed)] // all of it JSON
    [InlineData("""{"inputs":[{"name":"x","shape":[3],"datatype":"FP32","parameters":{"binary_data_size":8}}]}""", 8, 0, DecodeError.ShapeMismatch)]
    [InlineData("""{"inputs":[{"name":"x","shape":[2],"datatype":"FP32","parameters":{"binary_data_size":7}}]}""", 7, 0, DecodeError.ShapeMismatch)]
    [InlineData("""{"inputs":[{"name":"x","shape":[2],"datatype":"FP31","parameters":{"binary_data_size":8}}]}""", 8, 0, DecodeError.UnsupportedDatatype)]
    [InlineData("""{"inputs":[{"name":"x","shape":[2],"datatype":"FP32","parameters":{"binary_data_size":-8}}]}""", 8, 0, DecodeError.Malformed)]
    [InlineData("""{"inputs":[{"name":"x","shape":[2],"datatype":"FP32","parameters":{"binary_data_size":"8"}}]}""", 8, 0, DecodeError.Malformed)]
    [InlineData("""{"inputs":[{"name":"x","shape":[2],"datatype":"FP32","parameters":{"binary_data_size":9223372036854775807}}]}""", 8, 0, DecodeError.Truncated)]
    [InlineData("""{"inputs":[{"name":"x","shape":[2],"datatype":"FP32","parameters":{"binary_data_size":8},"data":[1,2]}]}""", 8, 0, DecodeError.ValueMismatch)]
    [InlineData("""{"inputs":[{"name":"x","shape":[1],"datatype":"BYTES","parameters":{"binary_data_size":8}}]}""", 8, 0, DecodeError.ShapeMismatch)]
    [InlineData("""{"inputs":[{"name":"x","shape":[2],"datatype":"FP32","parameters":{"shared_memory_region":"r","binary_data_size":0}}]}""", 0, 0, DecodeError.SharedMemory)]
    public void DecodeRequest_BadBinary_GivesItsReason(string json, int tail, int headerLength, DecodeError error)
    {
        var bytes = new byte[tail];
        Tail.AsSpan(0, Math.Min(tail, Tail.Length)).CopyTo(bytes);
        if (headerLength == 0)
        {
            headerLength = json.Length;
            bytes.AsSpan().Clear();
        }

        Assert.Equal(error, Decode(Body(json, bytes), headerLength));
        for (var i = 0; i < _message.Count; i++)
            Assert.Equal(_message[i].Error == DecodeError.None, _message.Data(i).Length > 0);
    }

    [Fact]
    public void DecodeRequest_TextWhoseLengthReachesPastItsTensor_IsTheTensorsError()
    {
        const string json = """{"inputs":[{"name":"x","shape":[1],"datatype":"BYTES","parameters":{"binary_data_size":6}}]}""";
        Assert.Equal(DecodeError.ValueMismatch, Decode(Body(json, [3, 0, 0, 0, 1, 2]), json.Length));
        Assert.Equal(DecodeError.ValueMismatch, Decode(Body(json, [255, 255, 255, 255, 1, 2]), json.Length));
        Assert.Equal(DecodeError.None, Decode(Body(json, [2, 0, 0, 0, 1, 2]), json.Length));
    }

    [Fact]
    public void DecodeRequest_AnyTensors_AreThoseOfTheirJsonForm() =>
        Gen.Select(Gen.Float[-100, 100].Array[0, 20], Gen.Long.Array[0, 20], Gen.Bool, Gen.Bool).Sample((floats, longs, firstBinary, secondBinary) =>
        {
            var tail = new List<byte>();
            var json = new StringBuilder("{\"inputs\":[");
            Append(json, tail, "f", "FP32", floats.Length, firstBinary, [.. floats.SelectMany(BitConverter.GetBytes)], string.Join(',', floats.Select(value => value.ToString("R", System.Globalization.CultureInfo.InvariantCulture))));
            json.Append(',');
            Append(json, tail, "l", "INT64", longs.Length, secondBinary, [.. longs.SelectMany(BitConverter.GetBytes)], string.Join(',', longs));
            json.Append("]}");
            return Decode(Body(json.ToString(), [.. tail]), json.Length) == DecodeError.None
                && _message.Values<float>(0).SequenceEqual(floats) && _message.Values<long>(1).SequenceEqual(longs);
        }, threads: 1); // one message, which several threads can't share

    [Fact]
    public void DecodeRequest_OneMegabyte_AllocatesNothing()
    {
        const int bytes = 1 << 20;
        var json = $$$"""{"inputs":[{"name":"x","shape":[{{{bytes / 4}}}],"datatype":"FP32","parameters":{"binary_data_size":{{{bytes}}}}}]}""";
        ReadOnlyMemory<byte> body = Body(json, new byte[bytes]);
        Decode(body, json.Length);
        Assert.Equal(0, Allocated.Least(() => Decode(body, json.Length)));
    }

    private DecodeError Decode(ReadOnlyMemory<byte> body, int headerLength) => _decoder.DecodeRequest(new MessageHead { JsonBytes = headerLength }, body, _message);

    private static byte[] Body(string json, byte[] tail) => [.. Encoding.UTF8.GetBytes(json), .. tail];

    private static void Append(StringBuilder json, List<byte> tail, string name, string datatype, int count, bool binary, byte[] raw, string data)
    {
        json.Append(System.Globalization.CultureInfo.InvariantCulture, $"{{\"name\":\"{name}\",\"datatype\":\"{datatype}\",\"shape\":[{count}],");
        if (binary)
        {
            json.Append(System.Globalization.CultureInfo.InvariantCulture, $"\"parameters\":{{\"binary_data_size\":{raw.Length}}}}}");
            tail.AddRange(raw);
        }
        else
        {
            json.Append("\"data\":[").Append(data).Append("]}");
        }
    }
}
