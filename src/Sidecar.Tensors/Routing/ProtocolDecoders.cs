namespace Sidecar.Tensors;

/// <summary>The decoder of each protocol.</summary>
public static class ProtocolDecoders
{
    private static readonly OpenInferenceRest Rest = new();
    private static readonly OpenInferenceGrpc Grpc = new();
    private static readonly OpenAiDecoder OpenAi = new();

    /// <summary>Null: that protocol is known and not decoded.</summary>
    public static IProtocolDecoder? Of(InferenceProtocol protocol) => protocol switch
    {
        InferenceProtocol.OpenInferenceRest => Rest,
        InferenceProtocol.OpenInferenceGrpc => Grpc,
        InferenceProtocol.OpenAi => OpenAi,
        _ => null,
    };
}
