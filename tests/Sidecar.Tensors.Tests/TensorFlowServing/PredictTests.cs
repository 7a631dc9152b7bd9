using CsCheck;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Sidecar.Tensors.Tests.OpenInference;
using Sidecar.Tensors.Tests.Protobuf;
using Sidecar.Tensors.Tests.Protos;

namespace Sidecar.Tensors.Tests.TensorFlowServing;

/// <summary>Predict, compared with Google's implementation of Protocol Buffers, and with TensorFlow's rules for what is left out.</summary>
public class PredictTests
{
    private static readonly Dictionary<DataType, int> Numbers = new()
    {
        [DataType.Fp32] = 1, [DataType.Fp64] = 2, [DataType.Int32] = 3, [DataType.UInt8] = 4, [DataType.Int16] = 5, [DataType.Int8] = 6, [DataType.Bytes] = 7,
        [DataType.Int64] = 9, [DataType.Bool] = 10, [DataType.Bf16] = 14, [DataType.UInt16] = 17, [DataType.Fp16] = 19, [DataType.UInt32] = 22, [DataType.UInt64] = 23,
    };

    private readonly TensorFlowServingGrpc _decoder = new();
    private readonly TensorMessage _message = new();

    private static MessageHead Head => new() { Path = "/tensorflow.serving.PredictionService/Predict"u8 };

    [Fact]
    public void Any_request_written_in_any_way_decodes_to_its_tensors() => Gen.Int.Sample(seed =>
    {
        var random = new Random(seed);
        var request = new PredictRequest { ModelSpec = Spec(random, out var version), OutputFilter = { Enumerable.Range(0, random.Next(3)).Select(i => $"out{i}") } };
        var expected = Fill(random, request.Inputs);

        Assert.Equal(DecodeError.None, _decoder.DecodeRequest(Head, OpenInferenceTests.Bytes(random, request, PredictRequest.Parser), _message));
        Assert.Equal((request.ModelSpec.Name, version), (Decoded.Text(_message.ModelName), Decoded.Text(_message.ModelVersion)));
        Assert.Equal(version.Length > 0, _message.HasModelVersion);
        Assert.Equal(request.OutputFilter, Enumerable.Range(0, _message.RequestedCount).Select(i => Decoded.Text(_message.RequestedName(i))));
        ExpectedTensor.AssertAll(expected, _message);
    }, iter: 3_000, threads: 1);

    [Fact]
    public void Any_answer_written_in_any_way_decodes_to_its_tensors() => Gen.Int.Sample(seed =>
    {
        var random = new Random(seed);
        var response = new PredictResponse { ModelSpec = Spec(random, out var version) };
        var expected = Fill(random, response.Outputs);

        Assert.Equal(DecodeError.None, _decoder.DecodeResponse(Head, OpenInferenceTests.Bytes(random, response, PredictResponse.Parser), _message));
        Assert.Equal((response.ModelSpec.Name, version), (Decoded.Text(_message.ModelName), Decoded.Text(_message.ModelVersion)));
        ExpectedTensor.AssertAll(expected, _message);
    }, iter: 3_000, threads: 1);

    [Fact]
    public void Last_value_stands_for_those_that_are_left_out_and_zero_where_there_is_none()
    {
        var request = new PredictRequest
        {
            Inputs =
            {
                ["a"] = new TensorProto { Dtype = 1, TensorShape = Shape(2, 2), FloatVal = { 1, 2 } },
                ["b"] = new TensorProto { Dtype = 7, TensorShape = Shape(3), StringVal = { ByteString.CopyFromUtf8("x"), ByteString.CopyFromUtf8("last") } },
                ["c"] = new TensorProto { Dtype = 9, TensorShape = Shape(2) },
                ["d"] = new TensorProto { Dtype = 7, TensorShape = Shape(2) },
                ["e"] = new TensorProto { Dtype = 10, BoolVal = { true } },
            },
        };
        Assert.Equal(DecodeError.None, _decoder.DecodeRequest(Head, request.ToByteArray(), _message));
        Assert.Equal([1f, 2f, 2f, 2f], _message.Values<float>(0).ToArray());
        Assert.Equal(["x", "last", "last"], Decoded.Texts(_message, 1));
        Assert.Equal([0L, 0L], _message.Values<long>(2).ToArray());
        Assert.Equal(["", ""], Decoded.Texts(_message, 3));
        Assert.Equal((0, 1L), (_message[4].Rank, _message[4].Elements)); // no shape: a scalar
    }

    [Fact]
    public void Contents_and_lists_of_floats_that_fill_the_shape_stay_where_they_are()
    {
        var request = new PredictRequest
        {
            Inputs =
            {
                ["content"] = new TensorProto { Dtype = 3, TensorShape = Shape(2), TensorContent = ByteString.CopyFrom(1, 0, 0, 0, 2, 0, 0, 0) },
                ["list"] = new TensorProto { Dtype = 1, TensorShape = Shape(3), FloatVal = { 1, 2, 3 } },
            },
        };
        var body = request.ToByteArray();
        Assert.Equal(DecodeError.None, _decoder.DecodeRequest(Head, body, _message));
        Assert.True(body.AsSpan().Overlaps(_message.Data(0)));
        Assert.True(body.AsSpan().Overlaps(_message.Data(1)));
    }

    [Theory]
    [InlineData(0, DecodeError.MissingMember)] // no type
    [InlineData(8, DecodeError.UnsupportedDatatype)] // complex64
    [InlineData(11, DecodeError.UnsupportedDatatype)] // qint8
    [InlineData(18, DecodeError.UnsupportedDatatype)] // complex128
    [InlineData(20, DecodeError.UnsupportedDatatype)] // resource
    [InlineData(21, DecodeError.UnsupportedDatatype)] // variant
    [InlineData(24, DecodeError.UnsupportedDatatype)] // float8_e5m2
    [InlineData(-1, DecodeError.UnsupportedDatatype)]
    public void Type_that_V2_has_none_for_is_the_tensors_error(int type, DecodeError expected) =>
        AssertTensor(expected, new TensorProto { Dtype = type, TensorShape = Shape(1), FloatVal = { 1 } });

    [Fact]
    public void Data_that_does_not_fit_is_the_tensors_error()
    {
        AssertTensor(DecodeError.ShapeMismatch, new TensorProto { Dtype = 1, TensorShape = Shape(2), FloatVal = { 1, 2, 3 } });
        AssertTensor(DecodeError.ShapeMismatch, new TensorProto { Dtype = 1, TensorShape = Shape(2), TensorContent = ByteString.CopyFrom(1, 2, 3, 4) });
        AssertTensor(DecodeError.ShapeMismatch, new TensorProto { Dtype = 1, TensorShape = Shape(1), TensorContent = ByteString.CopyFrom(1, 2, 3) });
        AssertTensor(DecodeError.ShapeMismatch, new TensorProto { Dtype = 1, TensorShape = Shape(-1), FloatVal = { 1 } });
        AssertTensor(DecodeError.ShapeMismatch, new TensorProto { Dtype = 1, TensorShape = new TensorShapeProto { UnknownRank = true }, FloatVal = { 1 } });
        AssertTensor(DecodeError.ShapeMismatch, new TensorProto { Dtype = 7, TensorShape = Shape(2), TensorContent = ByteString.CopyFrom(1, 1, (byte)'a') });
        AssertTensor(DecodeError.ShapeMismatch, new TensorProto { Dtype = 7, TensorShape = Shape(1), TensorContent = ByteString.CopyFrom(1, (byte)'a', (byte)'b') });
        AssertTensor(DecodeError.ShapeMismatch, new TensorProto { Dtype = 7, TensorShape = Shape(1L << 40), TensorContent = ByteString.CopyFrom(1, (byte)'a') });
        AssertTensor(DecodeError.ValueMismatch, new TensorProto { Dtype = 4, TensorShape = Shape(1), IntVal = { 256 } });
        AssertTensor(DecodeError.ValueMismatch, new TensorProto { Dtype = 6, TensorShape = Shape(1), IntVal = { -129 } });
        AssertTensor(DecodeError.ValueMismatch, new TensorProto { Dtype = 17, TensorShape = Shape(1), IntVal = { -1 } });
        AssertTensor(DecodeError.ValueMismatch, new TensorProto { Dtype = 19, TensorShape = Shape(1), HalfVal = { 65536 } });
    }

    [Fact]
    public void A_shape_that_one_value_would_fill_is_bounded()
    {
        foreach (var length in (long[])[1L << 24, 1L << 40, long.MaxValue])
        {
            var request = new PredictRequest { Inputs = { ["a"] = new TensorProto { Dtype = 2, TensorShape = Shape(length), DoubleVal = { 1 } } } };
            Assert.Equal(DecodeError.TooLarge, _decoder.DecodeRequest(Head, request.ToByteArray(), _message));
        }
    }

    [Fact]
    public void More_dimensions_or_tensors_than_the_limits_are_too_large()
    {
        var deep = new PredictRequest { Inputs = { ["a"] = new TensorProto { Dtype = 1, TensorShape = Shape(1, 1, 1, 1, 1, 1, 1, 1, 1), FloatVal = { 1 } } } };
        Assert.Equal(DecodeError.TooLarge, _decoder.DecodeRequest(Head, deep.ToByteArray(), _message));
        var wide = new PredictRequest();
        for (var i = 0; i < 256; i++)
            wide.Inputs[$"column {i}"] = new TensorProto { Dtype = 1, FloatVal = { i } };
        Assert.Equal(DecodeError.None, _decoder.DecodeRequest(Head, wide.ToByteArray(), _message));
        wide.Inputs["one more"] = new TensorProto { Dtype = 1 };
        Assert.Equal(DecodeError.TooLarge, _decoder.DecodeRequest(Head, wide.ToByteArray(), _message));
    }

    [Theory]
    [InlineData("/tensorflow.serving.PredictionService/GetModelMetadata")]
    [InlineData("/tensorflow.serving.SessionService/SessionRun")]
    [InlineData("")]
    public void Other_methods_are_no_inference(string path)
    {
        var head = new MessageHead { Path = System.Text.Encoding.UTF8.GetBytes(path) };
        Assert.Equal(InferenceProtocol.None, InferencePath.Parse(head.Path).Protocol);
        Assert.Equal(DecodeError.NotInference, _decoder.DecodeRequest(head, default, _message));
        Assert.Equal(DecodeError.NotInference, _decoder.DecodeResponse(head, default, _message));
    }

    private void AssertTensor(DecodeError expected, TensorProto tensor)
    {
        var request = new PredictRequest { Inputs = { ["a"] = tensor, ["b"] = new TensorProto { Dtype = 1, TensorShape = Shape(1), FloatVal = { 7 } } } };
        Assert.Equal(expected, _decoder.DecodeRequest(Head, request.ToByteArray(), _message));
        Assert.Equal(2, _message.Count);
        Assert.Equal(expected, _message[0].Error);
        Assert.True(_message.Data(0).IsEmpty);
        Assert.Equal([7f], _message.Values<float>(1).ToArray()); // the others are kept
    }

    private static ModelSpec Spec(Random random, out string version)
    {
        var spec = new ModelSpec { Name = $"model {random.Next(10)}", SignatureName = random.Next(2) == 0 ? "" : "serving_default" };
        version = "";
        switch (random.Next(4))
        {
            case 0:
                spec.VersionLabel = version = "stable";
                break;
            case 1:
                spec.Version = random.Next(2) == 0 ? random.NextInt64(long.MinValue, long.MaxValue) : random.Next(2);
                version = spec.Version.Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
                break;
        }

        return spec;
    }

    private static TensorShapeProto Shape(params long[] lengths) => new() { Dim = { lengths.Select(length => new TensorShapeProto.Types.Dim { Size = length }) } };

    /// <summary>Random tensors into a map; gives what they must decode to, in the order of their names.</summary>
    private static List<ExpectedTensor> Fill(Random random, MapField<string, TensorProto> map)
    {
        var expected = new List<ExpectedTensor>();
        foreach (var name in "abcdef"[..random.Next(6)])
        {
            var type = Elements.AllTypes[random.Next(Elements.AllTypes.Length)];
            var shape = Elements.Shape(random);
            var count = (int)Elements.Product(shape);
            var elements = Elements.Split(type, Elements.Make(random, type, count));
            var tensor = new TensorProto { Dtype = Numbers[type] };
            if (shape.Length > 0 || random.Next(2) == 0)
                tensor.TensorShape = Shape(shape);
            if (random.Next(2) == 0 && count > 0)
            {
                tensor.TensorContent = Content(type, elements);
            }
            else
            {
                // As many as there are, or fewer, and the last stands for the rest.
                var sent = random.Next(2) == 0 ? count : random.Next(count + 1);
                Add(tensor, type, elements[..sent]);
                for (var i = sent; i < count; i++)
                    elements[i] = sent > 0 ? elements[sent - 1] : new byte[type.Size()];
            }

            map[$"{name}"] = tensor;
            expected.Add(new ExpectedTensor($"{name}", type, shape, Elements.Join(type, elements)));
        }

        return expected;
    }

    private static ByteString Content(DataType type, List<byte[]> elements) => ByteString.CopyFrom(type == DataType.Bytes
        ? [.. elements.SelectMany(element => WireBytes.Varint((ulong)element.Length)), .. elements.SelectMany(element => element)]
        : Elements.Join(type, elements));

    private static void Add(TensorProto tensor, DataType type, List<byte[]> elements)
    {
        foreach (var element in elements)
        {
            switch (type)
            {
                case DataType.Fp32: tensor.FloatVal.Add(BitConverter.ToSingle(element)); break;
                case DataType.Fp64: tensor.DoubleVal.Add(BitConverter.ToDouble(element)); break;
                case DataType.Bytes: tensor.StringVal.Add(ByteString.CopyFrom(element)); break;
                case DataType.Bool: tensor.BoolVal.Add(element[0] != 0); break;
                case DataType.Int64: tensor.Int64Val.Add(Elements.Integer(type, element)); break;
                case DataType.UInt32: tensor.Uint32Val.Add((uint)Elements.Integer(type, element)); break;
                case DataType.UInt64: tensor.Uint64Val.Add((ulong)Elements.Integer(type, element)); break;
                case DataType.Fp16 or DataType.Bf16: tensor.HalfVal.Add((int)Elements.Integer(type, element)); break;
                default: tensor.IntVal.Add((int)Elements.Integer(type, element)); break;
            }
        }
    }
}
