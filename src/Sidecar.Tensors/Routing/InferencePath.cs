namespace Sidecar.Tensors;

/// <summary>What the path of a request says: protocol, and where it names them, model and version, still percent-encoded.</summary>
public readonly ref struct InferencePath
{
    private InferencePath(InferenceProtocol protocol, ReadOnlySpan<byte> model, ReadOnlySpan<byte> version)
    {
        Protocol = protocol;
        Model = model;
        Version = version;
    }

    /// <summary><see cref="InferenceProtocol.None"/>: no path of an inference that is known.</summary>
    public InferenceProtocol Protocol { get; }

    /// <summary>Empty where the path names none.</summary>
    public ReadOnlySpan<byte> Model { get; }

    /// <summary>A version, or a label of one (TensorFlow Serving); empty where the path names none.</summary>
    public ReadOnlySpan<byte> Version { get; }

    /// <summary>
    /// Tells a <c>POST</c> by its path. A prefix is allowed before REST paths, since gateways add one; gRPC paths are exact. Nothing is guessed: a path that
    /// several protocols have (<c>/predict</c>) is none.
    /// </summary>
    /// <param name="path">The request target without its query.</param>
    public static InferencePath Parse(ReadOnlySpan<byte> path)
    {
        if (path.IsEmpty || path[0] != '/')
            return default;
        var last = path[path.LastIndexOf((byte)'/')..];
        if (last.IndexOf((byte)':') is >= 0 and var colon)
            return V1(path[..^(last.Length - colon)], last[(colon + 1)..]);
        return last switch
        {
            _ when last.SequenceEqual("/infer"u8) || last.SequenceEqual("/infer_stream"u8) => V2(path[..^last.Length], InferenceProtocol.OpenInferenceRest),
            _ when last.SequenceEqual("/generate"u8) || last.SequenceEqual("/generate_stream"u8) => V2(path[..^last.Length], InferenceProtocol.TritonGenerate),
            _ when last.SequenceEqual("/invocations"u8) => new(InferenceProtocol.Invocations, default, default),
            _ when last.SequenceEqual("/completions"u8) || last.SequenceEqual("/embeddings"u8) || last.SequenceEqual("/responses"u8) => OpenAi(path),
            _ => Grpc(path) is { Protocol: not InferenceProtocol.None } call ? call : TorchServe(path),
        };
    }

    /// <summary><c>…/v2/models/{model}[/versions/{version}]</c>, what comes behind it taken off.</summary>
    private static InferencePath V2(ReadOnlySpan<byte> path, InferenceProtocol protocol) =>
        TryModel(path, "/v2/models/"u8, out var model, out var version, labels: false) ? new(protocol, model, version) : default;

    /// <summary><c>…/v1/models/{model}[/versions/{version}|/labels/{label}]:verb</c>.</summary>
    private static InferencePath V1(ReadOnlySpan<byte> path, ReadOnlySpan<byte> verb)
    {
        var known = verb.SequenceEqual("predict"u8) || verb.SequenceEqual("explain"u8) || verb.SequenceEqual("classify"u8) || verb.SequenceEqual("regress"u8);
        return known && TryModel(path, "/v1/models/"u8, out var model, out var version, labels: true) ? new(InferenceProtocol.V1Rest, model, version) : default;
    }

    /// <summary><c>…/v1/chat/completions</c> and its like; KServe has them under <c>/openai</c>.</summary>
    private static InferencePath OpenAi(ReadOnlySpan<byte> path) =>
        path.EndsWith("/v1/chat/completions"u8) || path.EndsWith("/v1/completions"u8) || path.EndsWith("/v1/embeddings"u8) || path.EndsWith("/v1/responses"u8)
            ? new(InferenceProtocol.OpenAi, default, default)
            : default;

    /// <summary><c>/predictions/{model}[/{version}]</c>.</summary>
    private static InferencePath TorchServe(ReadOnlySpan<byte> path)
    {
        if (!path.StartsWith("/predictions/"u8))
            return default;
        var rest = path["/predictions/"u8.Length..];
        var slash = rest.IndexOf((byte)'/');
        var version = slash < 0 ? default : rest[(slash + 1)..];
        var model = slash < 0 ? rest : rest[..slash];
        return model.IsEmpty || version.Contains((byte)'/') || (slash >= 0 && version.IsEmpty) ? default : new(InferenceProtocol.TorchServeRest, model, version);
    }

    private static InferencePath Grpc(ReadOnlySpan<byte> path)
    {
        var protocol = path switch
        {
            _ when path.SequenceEqual("/inference.GRPCInferenceService/ModelInfer"u8) || path.SequenceEqual("/inference.GRPCInferenceService/ModelStreamInfer"u8) =>
                InferenceProtocol.OpenInferenceGrpc,
            // TorchServe's copy of the same protocol, in a package of its own.
            _ when path.SequenceEqual("/org.pytorch.serve.grpc.openinference.GRPCInferenceService/ModelInfer"u8) => InferenceProtocol.OpenInferenceGrpc,
            _ when path.StartsWith("/tensorflow.serving.PredictionService/"u8) && !path.EndsWith("/GetModelMetadata"u8) => InferenceProtocol.TensorFlowServingGrpc,
            _ when path.StartsWith("/org.pytorch.serve.grpc.inference.InferenceAPIsService/"u8) && !path.EndsWith("/Ping"u8) => InferenceProtocol.TorchServeGrpc,
            _ => InferenceProtocol.None,
        };
        return new(protocol, default, default);
    }

    private static bool TryModel(ReadOnlySpan<byte> path, ReadOnlySpan<byte> prefix, out ReadOnlySpan<byte> model, out ReadOnlySpan<byte> version, bool labels)
    {
        model = version = default;
        var start = path.IndexOf(prefix);
        if (start < 0)
            return false;
        var rest = path[(start + prefix.Length)..];
        var slash = rest.IndexOf((byte)'/');
        model = slash < 0 ? rest : rest[..slash];
        if (slash < 0)
            return !model.IsEmpty;
        rest = rest[slash..];
        var versions = rest.StartsWith("/versions/"u8) ? "/versions/"u8.Length : labels && rest.StartsWith("/labels/"u8) ? "/labels/"u8.Length : 0;
        version = rest[versions..];
        return versions > 0 && !model.IsEmpty && !version.IsEmpty && !version.Contains((byte)'/');
    }
}
