namespace Sidecar.Model;

/// <summary>How a body is coded on the wire (RFC 9110 §8.4.1): what <c>content-encoding</c> says, or <c>grpc-encoding</c> of a message.</summary>
public enum ContentCoding : byte
{
    Identity,
    Gzip,

    /// <summary>The zlib format (RFC 1950); what some send under this name is the raw deflate stream (RFC 1951), which is read too.</summary>
    Deflate,
    Brotli,
    Zstd,

    /// <summary>Another coding, or more than one.</summary>
    Unsupported,
}

/// <summary>Reads names of codings.</summary>
public static class ContentCodings
{
    /// <summary>The coding by its name, in whatever case; empty is identity.</summary>
    public static ContentCoding Parse(ReadOnlySpan<byte> name) => name.Length switch
    {
        0 => ContentCoding.Identity,
        2 when Is(name, "br"u8) => ContentCoding.Brotli,
        4 when Is(name, "gzip"u8) => ContentCoding.Gzip,
        4 when Is(name, "zstd"u8) => ContentCoding.Zstd,
        6 when Is(name, "x-gzip"u8) => ContentCoding.Gzip,
        7 when Is(name, "deflate"u8) => ContentCoding.Deflate,
        8 when Is(name, "identity"u8) => ContentCoding.Identity,
        _ => ContentCoding.Unsupported,
    };

    private static bool Is(ReadOnlySpan<byte> name, ReadOnlySpan<byte> lowerCase) => System.Text.Ascii.EqualsIgnoreCase(name, lowerCase);
}
