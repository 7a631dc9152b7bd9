namespace Sidecar.Tensors;

/// <summary>What a generative model is asked for, by the path.</summary>
public enum GenerationOperation : byte
{
    /// <summary>No generation.</summary>
    None,

    /// <summary><c>/v1/chat/completions</c>.</summary>
    Chat,

    /// <summary><c>/v1/completions</c>.</summary>
    TextCompletion,

    /// <summary><c>/v1/embeddings</c>.</summary>
    Embeddings,

    /// <summary><c>/v1/responses</c>, which is a chat too.</summary>
    Responses,
}

/// <summary>Labels and paths of <see cref="GenerationOperation"/>.</summary>
public static class GenerationOperations
{
    /// <summary>The value of OpenTelemetry's attribute <c>gen_ai.operation.name</c>.</summary>
    public static string Label(this GenerationOperation operation) => operation switch
    {
        GenerationOperation.Chat or GenerationOperation.Responses => "chat",
        GenerationOperation.TextCompletion => "text_completion",
        GenerationOperation.Embeddings => "embeddings",
        _ => "none",
    };

    /// <summary>By the path of a request, its query taken off.</summary>
    public static GenerationOperation OfPath(ReadOnlySpan<byte> path) => path switch
    {
        _ when path.EndsWith("/chat/completions"u8) => GenerationOperation.Chat,
        _ when path.EndsWith("/completions"u8) => GenerationOperation.TextCompletion,
        _ when path.EndsWith("/embeddings"u8) => GenerationOperation.Embeddings,
        _ when path.EndsWith("/responses"u8) => GenerationOperation.Responses,
        _ => GenerationOperation.None,
    };
}
