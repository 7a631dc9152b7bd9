using Google.Protobuf;
using Sidecar.Testing;
using Sidecar.Tensors.Tests.Protos;

namespace Sidecar.Tensors.Tests.Protobuf;

/// <summary>Damaged messages of every gRPC protocol: a result, never an exception, and no memory.</summary>
public class RobustnessTests
{
    private static readonly Call[] Calls = MakeCalls();

    private readonly TensorMessage _message = new();

    [Fact]
    public void Messages_cut_at_any_byte_are_whole_only_between_two_fields()
    {
        foreach (var call in Calls)
        {
            for (var length = 0; length < call.Request.Length; length++)
                Assert.True(Decode(call, call.Request.AsMemory(0, length), isRequest: true) is DecodeError.None or DecodeError.Truncated || HasErrorOfATensor(), $"{call.Name} {length}");
            for (var length = 0; length < call.Response.Length; length++)
                Assert.True(Decode(call, call.Response.AsMemory(0, length), isRequest: false) is DecodeError.None or DecodeError.Truncated || HasErrorOfATensor(), $"{call.Name} {length}");
        }
    }

    [Fact]
    public void Flipped_bits_and_random_bytes_never_throw_and_what_decodes_is_consistent()
    {
        var random = new Random(20260301);
        var decoded = 0;
        foreach (var call in Calls)
        {
            for (var round = 0; round < 20_000; round++)
            {
                var isRequest = round % 2 == 0;
                var body = (isRequest ? call.Request : call.Response).ToArray();
                if (round % 10 == 0)
                    random.NextBytes(body);
                for (var flips = random.Next(1, 4); flips > 0; flips--)
                    body[random.Next(body.Length)] ^= (byte)(1 << random.Next(8));
                decoded += Decode(call, body, isRequest) == DecodeError.None ? 1 : 0;
                AssertConsistent(body);
                OpenInferenceGrpc.DecodeMetadata(body, out _);
                TensorFlowServingGrpc.DecodeMetadata(body, out _);
            }
        }

        Assert.InRange(decoded, 1, (20_000 * Calls.Length) - 1);
    }

    [Fact]
    public void Giant_lengths_deep_groups_and_endless_numbers_are_refused()
    {
        byte[][] giant =
        [
            [.. WireBytes.Tag(1, 2), .. WireBytes.Varint(int.MaxValue)],
            [.. WireBytes.Tag(1, 2), .. WireBytes.Varint(ulong.MaxValue)],
            [.. WireBytes.Tag(2, 2), .. WireBytes.Varint(1UL << 32), 1, 2, 3],
            [.. WireBytes.Tag(1, 0), .. Enumerable.Repeat((byte)0xFF, 11)],
            [.. Enumerable.Repeat((byte)0xFF, 11)],
            [.. Enumerable.Repeat(WireBytes.Tag(1, 3), 1_000_000).SelectMany(tag => tag)],
            [.. Enumerable.Repeat(WireBytes.Tag(99, 3), 1_000_000).SelectMany(tag => tag)],
            [.. WireBytes.Tag(1, 4)],
            [.. WireBytes.Tag(1, 6)],
            [0], // there is no field 0
        ];
        foreach (var body in giant)
        {
            foreach (var call in Calls)
            {
                Assert.True(Decode(call, body, isRequest: true) is DecodeError.Truncated or DecodeError.Malformed, call.Name);
                Assert.True(Decode(call, body, isRequest: false) is DecodeError.Truncated or DecodeError.Malformed, call.Name);
            }
        }
    }

    [Fact]
    public void Messages_within_messages_without_end_are_only_read_as_deep_as_the_protocol_goes()
    {
        var body = Array.Empty<byte>();
        for (var depth = 0; depth < 2_000; depth++)
            body = WireBytes.Message((depth % 3) + 1, body);
        foreach (var call in Calls)
        {
            Decode(call, body, isRequest: true);
            AssertConsistent(body);
            Decode(call, body, isRequest: false);
            AssertConsistent(body);
        }
    }

    [Fact]
    public void Over_the_limits_it_is_too_large_and_the_scratch_stays_usable()
    {
        var small = new TensorMessage(new DecodeLimits { MaxBytes = 64, MaxTensors = 1 });
        foreach (var call in Calls)
        {
            var decoder = ProtocolDecoders.Of(call.Protocol)!;
            var head = new MessageHead { Path = call.Path };
            Assert.Equal(DecodeError.TooLarge, decoder.DecodeRequest(head, call.Request, small));
            decoder.DecodeResponse(head, call.Response, small);
            Assert.True(small.Count <= 1);
        }
    }

    [Fact]
    public void Good_and_bad_messages_of_every_kind_allocate_nothing_once_the_buffers_have_grown()
    {
        var elements = 0;
        void DecodeAll()
        {
            foreach (var call in Calls)
            {
                Decode(call, call.Request, isRequest: true);
                for (var i = 0; i < _message.Count; i++)
                    elements += _message.Data(i).Length;
                Decode(call, call.Response, isRequest: false);
                Decode(call, call.Response, isRequest: true);
                Decode(call, call.Request.AsMemory(0, call.Request.Length / 2), isRequest: true);
            }
        }

        for (var round = 0; round < 5; round++)
            DecodeAll();
        Assert.Equal(0, Allocated.Least(DecodeAll));
        Assert.NotEqual(0, elements);
    }

    private DecodeError Decode(Call call, ReadOnlyMemory<byte> body, bool isRequest)
    {
        var head = new MessageHead { Path = call.Path };
        var decoder = ProtocolDecoders.Of(call.Protocol)!;
        return isRequest ? decoder.DecodeRequest(head, body, _message) : decoder.DecodeResponse(head, body, _message);
    }

    private bool HasErrorOfATensor() => Enumerable.Range(0, _message.Count).Any(i => _message[i].Error != DecodeError.None);

    /// <summary>A tensor without an error has the data that its shape says.</summary>
    private void AssertConsistent(byte[] body)
    {
        for (var i = 0; i < _message.Count; i++)
        {
            ref readonly var tensor = ref _message[i];
            if (tensor.Error != DecodeError.None)
            {
                Assert.True(_message.Data(i).IsEmpty);
                continue;
            }

            var count = 0;
            foreach (var text in _message.Strings(i))
                count++;
            var expected = tensor.DataType == DataType.Bytes ? count : _message.Data(i).Length / Math.Max(1, tensor.DataType.Size());
            Assert.True(tensor.Elements == expected && tensor.SentElements == expected, Convert.ToHexString(body));
        }
    }

    private static Call[] MakeCalls()
    {
        var tensors = new[]
        {
            new InferTensor { Name = "x", Datatype = "INT32", Shape = { 2, 2 }, Contents = new InferTensorContents { IntContents = { 1, -1, 300, 70000 } } },
            new InferTensor { Name = "s", Datatype = "BYTES", Shape = { 2 }, Contents = new InferTensorContents { BytesContents = { ByteString.CopyFromUtf8("aa"), ByteString.Empty } } },
        };
        var raw = new InferTensor { Name = "y", Datatype = "FP32", Shape = { 2 } };
        var spec = new ModelSpec { Name = "wide", Version = 7, SignatureName = "serving_default" };
        var predict = new PredictRequest
        {
            ModelSpec = spec,
            OutputFilter = { "y" },
            Inputs =
            {
                ["i"] = new TensorProto { Dtype = 9, TensorShape = new TensorShapeProto { Dim = { new TensorShapeProto.Types.Dim { Size = 4 } } }, Int64Val = { 1, -2 } },
                ["s"] = new TensorProto { Dtype = 7, TensorShape = new TensorShapeProto { Dim = { new TensorShapeProto.Types.Dim { Size = 2 } } }, StringVal = { ByteString.CopyFromUtf8("ab") } },
            },
        };
        var examples = new ExampleRequest
        {
            ModelSpec = spec,
            Input = new Input
            {
                ExampleListWithContext = new ExampleListWithContext
                {
                    Context = new Example { Features = new Features { Feature = { ["c"] = new Feature { BytesList = new BytesList { Value = { ByteString.CopyFromUtf8("c") } } } } } },
                    Examples =
                    {
                        new Example { Features = new Features { Feature = { ["a"] = new Feature { Int64List = new Int64List { Value = { 1, 2 } } }, ["b"] = new Feature { FloatList = new FloatList { Value = { 1 } } } } } },
                        new Example { Features = new Features { Feature = { ["a"] = new Feature { Int64List = new Int64List { Value = { 3, 4 } } }, ["b"] = new Feature { FloatList = new FloatList { Value = { 2 } } } } } },
                    },
                },
            },
        };
        var classes = new ClassificationResult { Classifications = { new Classifications { Classes = { new Class { Label = "yes", Score = 0.75f }, new Class { Label = "no", Score = 0.25f } } } } };
        var values = new RegressionResult { Regressions = { new Regression { Value = 33 }, new Regression { Value = 7 } } };
        var bare = new ModelInferResponse { ModelName = "m", ModelVersion = "1", Id = "r-1", Outputs = { tensors } };
        return
        [
            new(InferenceProtocol.OpenInferenceGrpc, "/inference.GRPCInferenceService/ModelInfer",
                new ModelInferRequest { ModelName = "m", ModelVersion = "1", Id = "r-1", Inputs = { tensors } }.ToByteArray(), bare.ToByteArray()),
            new(InferenceProtocol.OpenInferenceGrpc, "/inference.GRPCInferenceService/ModelStreamInfer",
                new ModelInferRequest { ModelName = "m", Inputs = { raw, raw }, RawInputContents = { ByteString.CopyFrom(new byte[8]), ByteString.CopyFrom(new byte[8]) } }.ToByteArray(),
                new ModelStreamInferResponse { InferResponse = bare }.ToByteArray()),
            new(InferenceProtocol.TensorFlowServingGrpc, "/tensorflow.serving.PredictionService/Predict",
                predict.ToByteArray(), new PredictResponse { ModelSpec = spec, Outputs = { predict.Inputs } }.ToByteArray()),
            new(InferenceProtocol.TensorFlowServingGrpc, "/tensorflow.serving.PredictionService/Classify",
                examples.ToByteArray(), new ClassificationResponse { ModelSpec = spec, Result = classes }.ToByteArray()),
            new(InferenceProtocol.TensorFlowServingGrpc, "/tensorflow.serving.PredictionService/Regress",
                examples.ToByteArray(), new RegressionResponse { ModelSpec = spec, Result = values }.ToByteArray()),
            new(InferenceProtocol.TensorFlowServingGrpc, "/tensorflow.serving.PredictionService/MultiInference",
                new MultiInferenceRequest { Tasks = { new InferenceTask { ModelSpec = spec } }, Input = examples.Input }.ToByteArray(),
                new MultiInferenceResponse
                {
                    Results = { new InferenceResult { ModelSpec = spec, ClassificationResult = classes }, new InferenceResult { ModelSpec = spec, RegressionResult = values } },
                }.ToByteArray()),
            new(InferenceProtocol.TorchServeGrpc, "/org.pytorch.serve.grpc.inference.InferenceAPIsService/StreamPredictions2",
                new PredictionsRequest { ModelName = "resnet", SequenceId = "s-1", Input = { ["data"] = ByteString.CopyFromUtf8("image"), ["x"] = ByteString.CopyFromUtf8(new string('x', 64)) } }.ToByteArray(),
                new PredictionResponse { Prediction = ByteString.CopyFromUtf8("[1]"), SequenceId = "s-1", Status = new Status { Code = 3, Message = "no" } }.ToByteArray()),
        ];
    }

    private sealed record Call(InferenceProtocol Protocol, string Name, byte[] Request, byte[] Response)
    {
        public byte[] Path { get; } = System.Text.Encoding.UTF8.GetBytes(Name);
    }
}
