using Google.Protobuf;
using Sidecar.Tensors.Tests.Protos;

namespace Sidecar.Tensors.Tests.Contract;

public sealed class TensorFlowServingGrpcContract : DecoderContract
{
    private const string Predict = "/tensorflow.serving.PredictionService/Predict";
    private const string Classify = "/tensorflow.serving.PredictionService/Classify";
    private const string Regress = "/tensorflow.serving.PredictionService/Regress";

    private static readonly ModelSpec Spec = new() { Name = "m", Version = 7, SignatureName = "serving_default" };

    protected override IProtocolDecoder Decoder { get; } = new TensorFlowServingGrpc();

    protected override IReadOnlyList<Sample> Good { get; } =
    [
        Of(Predict, new PredictRequest
        {
            ModelSpec = Spec,
            Inputs =
            {
                ["x"] = new TensorProto { Dtype = 1, TensorShape = Shape(2, 2), FloatVal = { 1, 2, 3, 4 } },
                ["t"] = new TensorProto { Dtype = 7, TensorShape = Shape(2), StringVal = { ByteString.CopyFromUtf8("ü"), ByteString.CopyFromUtf8("b") } },
                ["c"] = new TensorProto { Dtype = 9, TensorShape = Shape(1), TensorContent = ByteString.CopyFrom(BitConverter.GetBytes(5L)) },
            },
            OutputFilter = { "y" },
        }),
        Of(Predict, new PredictResponse { ModelSpec = Spec, Outputs = { ["y"] = new TensorProto { Dtype = 10, TensorShape = Shape(3), BoolVal = { true } } } }, isRequest: false),
        Of(Classify, new ExampleRequest { ModelSpec = Spec, Input = new Input { ExampleList = new ExampleList { Examples = { Row(31), Row(42) } } } }),
        Of(Regress, new ExampleRequest
        {
            ModelSpec = Spec, Input = new Input { ExampleListWithContext = new ExampleListWithContext { Examples = { Row(31) }, Context = Row(7, "country") } },
        }),
        Of(Classify, new ClassificationResponse
        {
            Result = new ClassificationResult { Classifications = { new Classifications { Classes = { new Class { Label = "a", Score = 0.5f } } } } }, ModelSpec = Spec,
        }, isRequest: false),
    ];

    protected override IReadOnlyList<Sample> Greedy { get; } =
    [
        // One value that stands for more than anybody may hold.
        Of(Predict, new PredictRequest { Inputs = { ["x"] = new TensorProto { Dtype = 2, TensorShape = Shape(1 << 20, 1 << 20), DoubleVal = { 1 } } } }),
        Of(Predict, new PredictRequest { Inputs = { Enumerable.Range(0, 300).ToDictionary(i => $"x{i}", _ => new TensorProto { Dtype = 1, TensorShape = Shape(1), FloatVal = { 1 } }) } }),
        Of(Classify, new ExampleRequest { Input = new Input { ExampleList = new ExampleList { Examples = { Wide(400) } } } }),
        Of("/tensorflow.serving.PredictionService/SessionRun", new PredictRequest { ModelSpec = Spec }),
    ];

    private static Sample Of(string path, IMessage message, bool isRequest = true) =>
        new(message.ToByteArray()) { Path = path, Format = BodyFormat.Grpc, IsRequest = isRequest };

    private static TensorShapeProto Shape(params long[] sizes)
    {
        var shape = new TensorShapeProto();
        foreach (var size in sizes)
            shape.Dim.Add(new TensorShapeProto.Types.Dim { Size = size });
        return shape;
    }

    private static Example Row(long value, string name = "age") =>
        new() { Features = new Features { Feature = { [name] = new Feature { Int64List = new Int64List { Value = { value } } } } } };

    private static Example Wide(int features)
    {
        var example = new Example { Features = new Features() };
        for (var i = 0; i < features; i++)
            example.Features.Feature.Add($"f{i}", new Feature { FloatList = new FloatList { Value = { i } } });
        return example;
    }
}

public sealed class TorchServeGrpcContract : DecoderContract
{
    private const string Predictions = "/org.pytorch.serve.grpc.inference.InferenceAPIsService/Predictions";

    protected override IProtocolDecoder Decoder { get; } = new TorchServeGrpc();

    protected override IReadOnlyList<Sample> Good { get; } =
    [
        Of(new PredictionsRequest { ModelName = "resnet", ModelVersion = "2.0", SequenceId = "s", Input = { ["data"] = ByteString.CopyFromUtf8("\0pixels"), ["mask"] = ByteString.Empty } }),
        Of(new PredictionsRequest { ModelName = "bert", Input = { ["data"] = ByteString.CopyFromUtf8("text") } }),
        Of(new PredictionResponse { Prediction = ByteString.CopyFromUtf8("[0.25, 0.75]"), SequenceId = "s" }, isRequest: false),
        Of(new PredictionResponse { Status = new Status { Code = 3, Message = "no" } }, isRequest: false),
    ];

    protected override IReadOnlyList<Sample> Greedy { get; } =
    [
        Of(new PredictionsRequest { Input = { Enumerable.Range(0, 300).ToDictionary(i => $"x{i}", _ => ByteString.Empty) } }),
        new([0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F]) { Path = Predictions, Format = BodyFormat.Grpc },
    ];

    private static Sample Of(IMessage message, bool isRequest = true) => new(message.ToByteArray()) { Path = Predictions, Format = BodyFormat.Grpc, IsRequest = isRequest };
}
