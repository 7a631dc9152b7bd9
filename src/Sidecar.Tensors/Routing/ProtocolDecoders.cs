namespace Sidecar.Tensors;

/// <summary>The decoder of each protocol.</summary>
public static class ProtocolDecoders
{
    private static readonly OpenInferenceRest Rest = new();
    private static readonly OpenInferenceGrpc Grpc = new();
    private static readonly TensorFlowServingGrpc TensorFlowGrpc = new();
    private static readonly TorchServeGrpc TorchGrpc = new();
    private static readonly V1Rest V1 = new();
    private static readonly TorchServeRest TorchRest = new();
    private static readonly InvocationsRest Invocations = new();
    private static readonly TritonGenerateRest Generate = new();
    private static readonly OpenAiDecoder OpenAi = new();

    /// <summary>Null: that protocol is known and not decoded.</summary>
    public static IProtocolDecoder? Of(InferenceProtocol protocol) => protocol switch
    {
        InferenceProtocol.OpenInferenceRest => Rest,
        InferenceProtocol.OpenInferenceGrpc => Grpc,
        InferenceProtocol.TensorFlowServingGrpc => TensorFlowGrpc,
        InferenceProtocol.TorchServeGrpc => TorchGrpc,
        InferenceProtocol.TritonGenerate => Generate,
        InferenceProtocol.V1Rest => V1,
        InferenceProtocol.TorchServeRest => TorchRest,
        InferenceProtocol.Invocations => Invocations,
        InferenceProtocol.OpenAi => OpenAi,
        _ => null,
    };
}
