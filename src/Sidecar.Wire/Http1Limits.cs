namespace Sidecar.Wire;

/// <summary>The bounds of one <see cref="Http1Observer"/>.</summary>
public sealed record Http1Limits
{
    /// <summary>
    /// The longest head (start line and fields, in bytes), and the longest trailer section. At least 256.
    /// The default value is 64 KiB: above what common servers accept (8 KiB to 48 KiB), so a head that is answered is seen.
    /// </summary>
    public int MaxHeadBytes { get; init; } = 64 * 1024;
}
