namespace Sidecar.Tensors;

/// <summary>What is known of a message beside its body, as far as decoding the body depends on it.</summary>
public readonly ref struct MessageHead
{
    public MessageHead()
    {
    }

    /// <summary>The path of the request, without its query.</summary>
    public ReadOnlySpan<byte> Path { get; init; }

    public BodyFormat Format { get; init; }

    /// <summary>The length of the JSON in front of binary tensors; 0 = there is no JSON, and the body is one tensor; -1 = there are no binary tensors.</summary>
    public long JsonBytes { get; init; } = -1;

    /// <summary>What the model server says of the model; null where it isn't known. Needed for bodies that don't describe themselves.</summary>
    public ModelMetadata? Metadata { get; init; }
}
