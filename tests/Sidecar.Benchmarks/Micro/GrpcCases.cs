using System.Runtime.InteropServices;
using Google.Protobuf;
using Sidecar.Analysis;
using Sidecar.Tensors;
using Sidecar.Tensors.Tests.Protos;

namespace Sidecar.Benchmarks.Micro;

/// <summary>
/// Messages of the gRPC protocols, decoded into a message that is used again; beside each, under <c>Google.Protobuf</c>, the same bytes read by Google's implementation.
/// </summary>
internal static class GrpcCases
{
    private const int FloatsOfOneMegabyte = 1 << 18;

    public static readonly HotPathCase[] All =
    [
        new("OpenInferenceGrpc.DecodeRequest_32Floats", () => DecodeRaw(32)),
        new("Google.Protobuf.ModelInferRequest_32Floats", () => Parse(ModelInferRequest.Parser, Raw(32))) { IsPeer = true },
        new("OpenInferenceGrpc.DecodeRequest_Raw1MB", () => DecodeRaw(FloatsOfOneMegabyte)),
        new("OpenInferenceGrpc.DecodeAndScanForNaN_Raw1MB", DecodeAndScan) { Iterations = 500 },
        new("Google.Protobuf.ModelInferRequest_Raw1MB", () => Parse(ModelInferRequest.Parser, Raw(FloatsOfOneMegabyte))) { IsPeer = true },
        new("OpenInferenceGrpc.DecodeRequest_Typed64KiB", () => Decode(new OpenInferenceGrpc(), Typed(), default)) { Iterations = 500 },
        new("Google.Protobuf.ModelInferRequest_Typed64KiB", () => Parse(ModelInferRequest.Parser, Typed())) { IsPeer = true },
        new("TensorFlowServingGrpc.Predict_32Floats", () => Decode(new TensorFlowServingGrpc(), Predict(), "/tensorflow.serving.PredictionService/Predict"u8.ToArray())),
        new("Google.Protobuf.PredictRequest_32Floats", () => Parse(PredictRequest.Parser, Predict())) { IsPeer = true },
        new("TensorFlowServingGrpc.Classify_32Examples", () => Decode(new TensorFlowServingGrpc(), Classify(), "/tensorflow.serving.PredictionService/Classify"u8.ToArray())) { Iterations = 1000 },
        new("Google.Protobuf.ClassificationRequest_32Examples", () => Parse(ExampleRequest.Parser, Classify())) { IsPeer = true },
    ];

    private static Action DecodeRaw(int floats)
    {
        var body = Raw(floats);
        var decoder = new OpenInferenceGrpc();
        var message = new TensorMessage();
        return () => Expect(decoder.DecodeRequest(default, body, message) == DecodeError.None && message.Values<float>(0).Length == floats);
    }

    /// <summary>Decoding leaves the numbers where they are; the scan, which the check against a contract does, really reads them.</summary>
    private static Action DecodeAndScan()
    {
        var body = Raw(FloatsOfOneMegabyte);
        var decoder = new OpenInferenceGrpc();
        var message = new TensorMessage();
        return () =>
        {
            var error = decoder.DecodeRequest(default, body, message);
            NonFinite.Count(message.Values<float>(0), out var nan, out var infinite);
            Expect(error == DecodeError.None && nan + infinite == 0);
        };
    }

    private static Action Decode(IProtocolDecoder decoder, byte[] body, byte[]? path)
    {
        var message = new TensorMessage();
        return () => Expect(decoder.DecodeRequest(new MessageHead { Path = path }, body, message) == DecodeError.None && message.Count > 0);
    }

    private static Action Parse<T>(MessageParser<T> parser, byte[] body)
        where T : IMessage<T> => () => Expect(parser.ParseFrom(body) is not null);

    private static byte[] Raw(int floats) => new ModelInferRequest
    {
        ModelName = "m",
        Id = "benchmark",
        Inputs = { new InferTensor { Name = "input", Datatype = "FP32", Shape = { 1, floats } } },
        RawInputContents = { ByteString.CopyFrom(MemoryMarshal.AsBytes<float>(Numbers(floats))) },
    }.ToByteArray();

    /// <summary>About 64 KiB of small whole numbers.</summary>
    private static byte[] Typed() => new ModelInferRequest
    {
        ModelName = "m",
        Inputs = { new InferTensor { Name = "input", Datatype = "INT64", Shape = { 40_000 }, Contents = new InferTensorContents { Int64Contents = { Enumerable.Range(0, 40_000).Select(i => (long)(i % 300)) } } } },
    }.ToByteArray();

    private static byte[] Predict() => new PredictRequest
    {
        ModelSpec = new ModelSpec { Name = "m", SignatureName = "serving_default" },
        Inputs =
        {
            ["input"] = new TensorProto
            {
                Dtype = 1,
                TensorShape = new TensorShapeProto { Dim = { new TensorShapeProto.Types.Dim { Size = 1 }, new TensorShapeProto.Types.Dim { Size = 32 } } },
                TensorContent = ByteString.CopyFrom(MemoryMarshal.AsBytes<float>(Numbers(32))),
            },
        },
    }.ToByteArray();

    /// <summary>32 rows of 16 features.</summary>
    private static byte[] Classify()
    {
        var examples = new ExampleList();
        for (var row = 0; row < 32; row++)
        {
            var features = new Features();
            for (var column = 0; column < 16; column++)
                features.Feature[$"feature_{column}"] = new Feature { FloatList = new FloatList { Value = { row + (column * 0.25f) } } };
            examples.Examples.Add(new Example { Features = features });
        }

        return new ExampleRequest { ModelSpec = new ModelSpec { Name = "m" }, Input = new Input { ExampleList = examples } }.ToByteArray();
    }

    private static float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(i => i * 0.5f)];

    private static void Expect(bool whole)
    {
        if (!whole)
            throw new InvalidOperationException("the message was not decoded");
    }
}
