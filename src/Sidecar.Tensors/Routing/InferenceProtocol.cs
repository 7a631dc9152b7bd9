namespace Sidecar.Tensors;

/// <summary>The inference protocols that can be decoded. Closed: used as a metric label, so members are added and never renamed.</summary>
public enum InferenceProtocol : byte
{
    /// <summary>Not known, or no inference.</summary>
    None,

    /// <summary>Open Inference Protocol V2 over REST: JSON, with or without binary tensors behind it.</summary>
    OpenInferenceRest,

    /// <summary>Open Inference Protocol V2 over gRPC: ModelInfer and ModelStreamInfer.</summary>
    OpenInferenceGrpc,

    /// <summary>Triton's generate extension: members of a JSON object are inputs.</summary>
    TritonGenerate,

    /// <summary>V1 over REST: KServe's, and TensorFlow Serving's, whose first version it is.</summary>
    V1Rest,

    /// <summary>TensorFlow Serving over gRPC.</summary>
    TensorFlowServingGrpc,

    /// <summary>TorchServe over REST.</summary>
    TorchServeRest,

    /// <summary>TorchServe over gRPC.</summary>
    TorchServeGrpc,

    /// <summary><c>POST /invocations</c>: SageMaker's containers and MLflow's scoring server.</summary>
    Invocations,

    /// <summary>The API of OpenAI, as compatible servers have it.</summary>
    OpenAi,

    /// <summary>Any other JSON, mapped by configuration.</summary>
    Json,
}

/// <summary>Labels of <see cref="InferenceProtocol"/>.</summary>
public static class InferenceProtocols
{
    /// <summary>The value of the label <c>protocol</c>.</summary>
    public static string Label(this InferenceProtocol protocol) => protocol switch
    {
        InferenceProtocol.OpenInferenceRest => "oip_v2_http",
        InferenceProtocol.OpenInferenceGrpc => "oip_v2_grpc",
        InferenceProtocol.TritonGenerate => "triton_generate_http",
        InferenceProtocol.V1Rest => "v1_http",
        InferenceProtocol.TensorFlowServingGrpc => "tfserving_grpc",
        InferenceProtocol.TorchServeRest => "torchserve_http",
        InferenceProtocol.TorchServeGrpc => "torchserve_grpc",
        InferenceProtocol.Invocations => "invocations_http",
        InferenceProtocol.OpenAi => "openai_http",
        InferenceProtocol.Json => "json_http",
        _ => "unknown",
    };

    /// <summary>Its messages come in gRPC's framing.</summary>
    public static bool IsGrpc(this InferenceProtocol protocol) =>
        protocol is InferenceProtocol.OpenInferenceGrpc or InferenceProtocol.TensorFlowServingGrpc or InferenceProtocol.TorchServeGrpc;
}
