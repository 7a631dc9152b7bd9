namespace Sidecar.Wire;

/// <summary>The bounds of what one <see cref="ConnectionObserver"/> keeps.</summary>
public sealed record ObserverLimits
{
    /// <summary>
    /// The longest head (HTTP/1: start line and fields, in bytes; HTTP/2: the header block as sent), and the longest trailer section. At least 256.
    /// The default value is 64 KiB: above what common servers accept (8 KiB to 48 KiB), so a head that is answered is seen.
    /// </summary>
    public int MaxHeadBytes { get; init; } = 64 * 1024;

    /// <summary>How many HTTP/2 streams of a connection are followed at once; further ones are skipped and counted. At least 1.</summary>
    public int MaxStreams { get; init; } = 4096;

    /// <summary>
    /// The largest dynamic table of HPACK (RFC 7541 §4.2), in bytes and per direction, that is followed. A peer that asks for a larger one makes the
    /// connection opaque. The protocol's own default value is 4096.
    /// </summary>
    public int MaxHeaderTableBytes { get; init; } = 64 * 1024;
}
