using CsCheck;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Sidecar.Tensors.Tests.OpenInference;
using Sidecar.Tensors.Tests.Protos;

namespace Sidecar.Tensors.Tests.Protobuf;

/// <summary>V2 over gRPC, compared with Google's implementation: it writes the messages, and agrees that the rewritten ones are the same.</summary>
public class OpenInferenceTests
{
    private readonly OpenInferenceGrpc _decoder = new();
    private readonly TensorMessage _message = new();

    [Fact]
    public void Any_request_written_in_any_way_decodes_to_its_tensors() => Gen.Int.Sample(seed =>
    {
        var random = new Random(seed);
        var expected = Tensors(random);
        var request = new ModelInferRequest { ModelName = Word(random), ModelVersion = Word(random), Id = Word(random) };
        if (random.Next(2) == 0)
            request.Parameters["priority"] = new InferParameter { Uint64Param = 3 };
        request.Outputs.AddRange(Enumerable.Range(0, random.Next(3)).Select(i => new InferRequestedOutputTensor { Name = $"out{i}" }));
        Fill(random, expected, request.Inputs, request.RawInputContents);

        Assert.Equal(DecodeError.None, _decoder.DecodeRequest(default, Bytes(random, request, ModelInferRequest.Parser), _message));
        Assert.Equal((request.ModelName, request.ModelVersion, request.Id), (Decoded.Text(_message.ModelName), Decoded.Text(_message.ModelVersion), Decoded.Text(_message.Id)));
        Assert.Equal(request.Outputs.Select(output => output.Name), Enumerable.Range(0, _message.RequestedCount).Select(i => Decoded.Text(_message.RequestedName(i))));
        ExpectedTensor.AssertAll(expected, _message);
    }, iter: 3_000, threads: 1);

    [Fact]
    public void Any_answer_is_the_same_bare_and_in_the_wrapper_of_a_stream() => Gen.Int.Sample(seed =>
    {
        var random = new Random(seed);
        var expected = Tensors(random);
        var response = new ModelInferResponse { ModelName = "m", ModelVersion = Word(random), Id = Word(random) };
        if (random.Next(2) == 0)
            response.Parameters["triton_final_response"] = new InferParameter { BoolParam = true };
        Fill(random, expected, response.Outputs, response.RawOutputContents);
        var stream = new MessageHead { Path = "/inference.GRPCInferenceService/ModelStreamInfer"u8 };

        Assert.Equal(DecodeError.None, _decoder.DecodeResponse(default, Bytes(random, response, ModelInferResponse.Parser), _message));
        Check();
        // With a name and nothing else it could as well be a wrapper with an error.
        if (response.Outputs.Count > 0)
        {
            Assert.Equal(DecodeError.None, _decoder.DecodeResponse(stream, response.ToByteArray(), _message));
            Check();
        }

        Assert.Equal(DecodeError.None, _decoder.DecodeResponse(stream, new ModelStreamInferResponse { InferResponse = response }.ToByteArray(), _message));
        Check();

        void Check()
        {
            Assert.Equal(("m", response.ModelVersion, response.Id), (Decoded.Text(_message.ModelName), Decoded.Text(_message.ModelVersion), Decoded.Text(_message.Id)));
            Assert.Equal(response.Parameters.Count > 0, _message.IsFinal);
            ExpectedTensor.AssertAll(expected, _message);
        }
    }, iter: 2_000, threads: 1);

    [Fact]
    public void Metadata_that_Google_writes_is_read_and_the_question_that_is_written_is_Googles()
    {
        var answer = new ModelMetadataResponse
        {
            Name = "m",
            Versions = { "1", "3" },
            Platform = "onnxruntime_onnx",
            Inputs = { new ModelMetadataResponse.Types.TensorMetadata { Name = "x", Datatype = "FP32", Shape = { -1, 4 } } },
            Outputs =
            {
                new ModelMetadataResponse.Types.TensorMetadata { Name = "p", Datatype = "FP8", Shape = { -1 } },
                new ModelMetadataResponse.Types.TensorMetadata { Name = "s", Datatype = "BYTES" },
            },
        };
        for (var seed = 0; seed < 100; seed++)
        {
            Assert.Equal(DecodeError.None, OpenInferenceGrpc.DecodeMetadata(Bytes(new Random(seed), answer, ModelMetadataResponse.Parser), out var metadata));
            Assert.Equal(("m", "1 3", "onnxruntime_onnx"), (metadata!.Name, string.Join(' ', metadata.Versions), metadata.Platform));
            Assert.Equal(("x", DataType.Fp32), (Assert.Single(metadata.Inputs).Name, metadata.Inputs[0].DataType));
            Assert.Equal([-1L, 4L], metadata.Inputs[0].Shape);
            Assert.Equal([DataType.Unknown, DataType.Bytes], metadata.Outputs.Select(output => output.DataType));
            Assert.Empty(metadata.Outputs[1].Shape);
        }

        Assert.Equal(new ModelMetadataRequest { Name = "m", Version = "3" }, ModelMetadataRequest.Parser.ParseFrom(OpenInferenceGrpc.EncodeMetadataRequest("m", "3")));
        Assert.Equal(new ModelMetadataRequest { Name = "ü" }, ModelMetadataRequest.Parser.ParseFrom(OpenInferenceGrpc.EncodeMetadataRequest("ü", null)));
    }

    [Theory]
    [InlineData("", DecodeError.NotInference)] // without a name it is nobody's
    [InlineData("0A", DecodeError.Truncated)]
    [InlineData("0A 02 6D", DecodeError.Truncated)]
    [InlineData("0A 01 6D 22 05 0A 09", DecodeError.Truncated)]
    [InlineData("0A 01 6D 22 02 0A 09", DecodeError.Truncated)]
    [InlineData("0A 01 6D 03", DecodeError.Malformed)]
    [InlineData("0A 01 6D 22 0B 1A 09 01 01 01 01 01 01 01 01 01", DecodeError.TooLarge)] // nine dimensions
    public void Metadata_that_is_none_gives_its_reason(string hex, DecodeError expected)
    {
        Assert.Equal(expected, OpenInferenceGrpc.DecodeMetadata(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)), out var metadata));
        Assert.Null(metadata);
    }

    /// <summary>As Google writes it, or otherwise.</summary>
    internal static byte[] Bytes<T>(Random random, T message, MessageParser<T> parser)
        where T : IMessage<T>
    {
        if (random.Next(4) == 0)
            return message.ToByteArray();
        var rewritten = new Rewriter(random).Rewrite(message);
        Assert.Equal(message, parser.WithDiscardUnknownFields(true).ParseFrom(rewritten));
        return rewritten;
    }

    private static List<ExpectedTensor> Tensors(Random random) =>
        [.. Enumerable.Range(0, random.Next(5)).Select(i =>
        {
            var type = Elements.AllTypes[random.Next(Elements.AllTypes.Length)];
            var shape = Elements.Shape(random);
            return new ExpectedTensor($"t{i}", type, shape, Elements.Make(random, type, Elements.Product(shape)));
        })];

    private static string Word(Random random) => random.Next(3) == 0 ? "" : $"wörd {random.Next(100)}";

    /// <summary>All tensors raw, or all with typed contents.</summary>
    private static void Fill(Random random, List<ExpectedTensor> expected, RepeatedField<InferTensor> tensors, RepeatedField<ByteString> raw)
    {
        // FP16 and BF16 have no typed contents.
        var isRaw = random.Next(2) == 0 || expected.Any(tensor => tensor.Type is DataType.Fp16 or DataType.Bf16);
        foreach (var (name, type, shape, data, _) in expected)
        {
            var tensor = new InferTensor { Name = name, Datatype = type.Name(), Shape = { shape } };
            if (random.Next(4) == 0)
                tensor.Parameters["content_type"] = new InferParameter { StringParam = "np" };
            if (isRaw)
                raw.Add(ByteString.CopyFrom(data));
            else
                tensor.Contents = Contents(type, Elements.Split(type, data!));
            tensors.Add(tensor);
        }
    }

    private static InferTensorContents Contents(DataType type, List<byte[]> elements)
    {
        var contents = new InferTensorContents();
        foreach (var element in elements)
        {
            switch (type)
            {
                case DataType.Bool: contents.BoolContents.Add(element[0] != 0); break;
                case DataType.Int8 or DataType.Int16 or DataType.Int32: contents.IntContents.Add((int)Elements.Integer(type, element)); break;
                case DataType.Int64: contents.Int64Contents.Add(Elements.Integer(type, element)); break;
                case DataType.UInt8 or DataType.UInt16 or DataType.UInt32: contents.UintContents.Add((uint)Elements.Integer(type, element)); break;
                case DataType.UInt64: contents.Uint64Contents.Add((ulong)Elements.Integer(type, element)); break;
                case DataType.Fp32: contents.Fp32Contents.Add(BitConverter.ToSingle(element)); break;
                case DataType.Fp64: contents.Fp64Contents.Add(BitConverter.ToDouble(element)); break;
                default: contents.BytesContents.Add(ByteString.CopyFrom(element)); break;
            }
        }

        return contents;
    }
}
