namespace Sidecar.Tensors;

/// <summary>What one message may cost. Anything over is <see cref="DecodeError.TooLarge"/>.</summary>
public sealed record DecodeLimits
{
    /// <summary>The deepest nesting that a limit may allow: the scanner recurses once for each level, and 64 frames fit any stack.</summary>
    public const int GreatestDepth = 64;

    public static DecodeLimits Default { get; } = new();

    /// <summary>Tensors in a message. Column-wise tabular requests send one for each column; 256 columns cover those seen.</summary>
    public int MaxTensors { get; init; } = 256;

    /// <summary>Levels of nested arrays and objects: 3 up to a tensor, then as many as its rank. At most <see cref="GreatestDepth"/>.</summary>
    public int MaxDepth { get; init; } = 32;

    /// <summary>
    /// Bytes that a decoded message may occupy. JSON grows at most fourfold (<c>0,</c> becomes eight bytes of FP64), so 64 MiB
    /// takes every body up to 16 MiB.
    /// </summary>
    public int MaxBytes { get; init; } = 64 << 20;
}
