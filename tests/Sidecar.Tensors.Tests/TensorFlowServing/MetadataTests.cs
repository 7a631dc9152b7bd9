using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Sidecar.Tensors.Tests.Protobuf;
using Sidecar.Tensors.Tests.Protos;

namespace Sidecar.Tensors.Tests.TensorFlowServing;

/// <summary>GetModelMetadata: what a model promises, where that is one promise.</summary>
public class MetadataTests
{
    private const string PredictMethod = "tensorflow/serving/predict";

    [Fact]
    public void The_one_signature_for_Predict_is_the_models_promise()
    {
        var answer = Answer(("serving_default", PredictMethod), ("__saved_model_init_op", ""));
        for (var seed = 0; seed < 100; seed++)
        {
            Assert.Equal(DecodeError.None, TensorFlowServingGrpc.DecodeMetadata(OpenInferenceTests.Bytes(new Random(seed), answer, GetModelMetadataResponse.Parser), out var metadata));
            Assert.Equal(("wide", 0), (metadata!.Name, metadata.Versions.Count));
            var inputs = metadata.Inputs.ToDictionary(input => input.Name);
            Assert.Equal(["any", "x"], inputs.Keys.Order());
            Assert.Equal((DataType.Fp32, false), (inputs["x"].DataType, inputs["x"].HasAnyRank));
            Assert.Equal([-1L, 3L], inputs["x"].Shape);
            Assert.Equal((DataType.Bytes, true), (inputs["any"].DataType, inputs["any"].HasAnyRank));
            var output = Assert.Single(metadata.Outputs);
            Assert.Equal(("y", DataType.Unknown, true), (output.Name, output.DataType, output.HasAnyRank)); // complex, and no shape was said
        }
    }

    [Fact]
    public void Several_signatures_or_one_of_another_method_promise_nothing_that_could_be_checked()
    {
        foreach (var answer in (GetModelMetadataResponse[])[Answer(("a", PredictMethod), ("b", PredictMethod)), Answer(("a", "tensorflow/serving/classify")), Answer(), new()])
        {
            Assert.Equal(DecodeError.NotInference, TensorFlowServingGrpc.DecodeMetadata(answer.ToByteArray(), out var metadata));
            Assert.Null(metadata);
        }
    }

    [Fact]
    public void An_answer_that_is_cut_anywhere_never_throws()
    {
        var whole = Answer(("serving_default", PredictMethod)).ToByteArray();
        for (var length = 0; length < whole.Length; length++)
        {
            Assert.NotEqual(DecodeError.None, TensorFlowServingGrpc.DecodeMetadata(whole.AsSpan(0, length), out var metadata));
            Assert.Null(metadata);
        }
    }

    [Fact]
    public void The_question_is_Googles()
    {
        var question = new GetModelMetadataRequest { ModelSpec = new ModelSpec { Name = "wide" }, MetadataField = { "signature_def" } };
        Assert.Equal(question, Asked(null));
        question.ModelSpec.Version = 7;
        Assert.Equal(question, Asked("7"));
        question.ModelSpec.VersionLabel = "stable";
        Assert.Equal(question, Asked("stable"));

        static GetModelMetadataRequest Asked(string? version) => GetModelMetadataRequest.Parser.ParseFrom(TensorFlowServingGrpc.EncodeMetadataRequest("wide", version));
    }

    private static GetModelMetadataResponse Answer(params (string Name, string Method)[] signatures)
    {
        var map = new SignatureDefMap();
        foreach (var (name, method) in signatures)
        {
            map.SignatureDef[name] = new SignatureDef
            {
                MethodName = method,
                Inputs =
                {
                    ["x"] = new TensorInfo { Name = "x:0", Dtype = 1, TensorShape = new TensorShapeProto { Dim = { new TensorShapeProto.Types.Dim { Size = -1 }, new TensorShapeProto.Types.Dim { Size = 3 } } } },
                    ["any"] = new TensorInfo { Name = "any:0", Dtype = 7, TensorShape = new TensorShapeProto { UnknownRank = true } },
                },
                Outputs = { ["y"] = new TensorInfo { Name = "y:0", Dtype = 8 } },
            };
        }

        return new GetModelMetadataResponse { ModelSpec = new ModelSpec { Name = "wide", Version = 7 }, Metadata = { ["signature_def"] = Any.Pack(map) } };
    }
}
