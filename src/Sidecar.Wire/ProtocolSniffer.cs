namespace Sidecar.Wire;

/// <summary>Recognises a connection's protocol from the first bytes that its client sends.</summary>
public static class ProtocolSniffer
{
    /// <summary>Always decided with this many bytes: no registered method is longer than 17, and the HTTP/2 request line has 16.</summary>
    public const int MaxBytes = 24;

    // The first line of the preface. It is no valid HTTP/1.x request, so the rest ("\r\nSM\r\n\r\n") need not be awaited.
    private static ReadOnlySpan<byte> Http2Line => "PRI * HTTP/2.0\r\n"u8;

    /// <summary>
    /// The protocol, or <see cref="WireProtocol.Undecided"/> while <paramref name="firstClientBytes"/> are too few.
    /// Once decided, more bytes don't change it. Line breaks ahead of a request are skipped (RFC 9112 §2.2).
    /// </summary>
    public static WireProtocol Sniff(ReadOnlySpan<byte> firstClientBytes)
    {
        var window = firstClientBytes.Length > MaxBytes ? firstClientBytes[..MaxBytes] : firstClientBytes;
        var full = window.Length == MaxBytes;
        var bytes = window.TrimStart("\r\n"u8);
        if (bytes.IsEmpty)
            return full ? WireProtocol.Unknown : WireProtocol.Undecided;
        if (bytes[0] == 0x16)
            return SniffTls(bytes, full);

        var method = bytes.IndexOfAnyExcept(HeaderLines.TokenBytes);
        if (method < 0)
            return full ? WireProtocol.Unknown : WireProtocol.Undecided;
        if (method == 0 || bytes[method] != ' ')
            return WireProtocol.Unknown;
        if (bytes.StartsWith(Http2Line))
            return WireProtocol.Http2;
        return !full && Http2Line.StartsWith(bytes) ? WireProtocol.Undecided : WireProtocol.Http1;
    }

    private static WireProtocol SniffTls(ReadOnlySpan<byte> bytes, bool full) =>
        bytes.Length > 1 ? bytes[1] == 0x03 ? WireProtocol.Tls : WireProtocol.Unknown
        : full ? WireProtocol.Unknown : WireProtocol.Undecided;
}
