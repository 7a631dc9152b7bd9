using System.Buffers.Text;

namespace Sidecar.Wire;

/// <summary>How the length of a message body is known (RFC 9112 §6.3).</summary>
internal enum BodyKind : byte
{
    None,
    Fixed,
    Chunked,
    UntilClose,

    /// <summary>The fields contradict each other or the grammar: two readers could disagree about the length.</summary>
    Ambiguous,
}

/// <summary>Gathers the fields of one head that decide where its body ends.</summary>
internal struct Http1Framing
{
    private bool _malformed;
    private bool _transferEncoding;
    private bool _closeOption;
    private bool _keepAliveOption;

    public Http1Framing() => ContentLength = -1;

    /// <summary>The value of Content-Length; -1 where it isn't given.</summary>
    public long ContentLength { get; private set; }

    /// <summary>The last transfer coding is chunked.</summary>
    public bool Chunked { get; private set; }

    /// <summary>
    /// Content-Length: digits only; equal repetitions, as a list or as further fields, count once (RFC 9112 §6.3 item 5).
    /// </summary>
    public void AddContentLength(ReadOnlySpan<byte> value)
    {
        bool more;
        do
        {
            var length = ParseLength(HeaderLines.TakeElement(ref value, out more));
            if (length < 0 || (ContentLength >= 0 && ContentLength != length))
                _malformed = true;
            ContentLength = length;
        }
        while (more && !_malformed);
    }

    /// <summary>Transfer-Encoding: chunked at most once and at the very end (RFC 9112 §6.1); other codings before it don't change framing.</summary>
    public void AddTransferEncoding(ReadOnlySpan<byte> value)
    {
        _transferEncoding = true;
        bool more;
        do
        {
            var coding = HeaderLines.TakeElement(ref value, out more);
            if (coding.IsEmpty || Chunked)
                _malformed = true;
            else if (HeaderLines.Is(coding, "chunked"u8))
                Chunked = true;
            else if (coding.Length > 7 && HeaderLines.Is(coding[..7], "chunked"u8))
                _malformed = true; // "chunked;x" or "chunkedx": read as chunked by some, as unknown by others
        }
        while (more && !_malformed);
    }

    /// <summary>Connection: only the options about persistence matter (RFC 9112 §9.3).</summary>
    public void AddConnection(ReadOnlySpan<byte> value)
    {
        bool more;
        do
        {
            var option = HeaderLines.TakeElement(ref value, out more);
            _closeOption |= HeaderLines.Is(option, "close"u8);
            _keepAliveOption |= HeaderLines.Is(option, "keep-alive"u8);
        }
        while (more);
    }

    /// <summary>The connection ends after this message (RFC 9112 §9.3, §9.6).</summary>
    public readonly bool Closes(int minorVersion) => _closeOption || (minorVersion == 0 && !_keepAliveOption);

    /// <summary>The body of a request (RFC 9112 §6.3 items 3, 4, 5, 6 and 7).</summary>
    public readonly BodyKind OfRequest(int minorVersion)
    {
        if (_malformed || (_transferEncoding && (ContentLength >= 0 || minorVersion == 0 || !Chunked)))
            return BodyKind.Ambiguous;
        return Chunked ? BodyKind.Chunked : ContentLength > 0 ? BodyKind.Fixed : BodyKind.None;
    }

    /// <summary>The body of a final response (RFC 9112 §6.3 items 1, 3, 4, 5 and 8).</summary>
    public readonly BodyKind OfResponse(int statusCode, int minorVersion, bool toHead)
    {
        if (toHead || statusCode is 204 or 304)
            return BodyKind.None;
        // With both fields a reader may trust either; with HTTP/1.0 it may not know Transfer-Encoding at all (§6.1).
        if (_malformed || (_transferEncoding && (ContentLength >= 0 || minorVersion == 0)))
            return BodyKind.Ambiguous;
        if (_transferEncoding)
            return Chunked ? BodyKind.Chunked : BodyKind.UntilClose;
        return ContentLength > 0 ? BodyKind.Fixed : ContentLength == 0 ? BodyKind.None : BodyKind.UntilClose;
    }

    /// <summary>A number of one or more digits that fits; else -1.</summary>
    public static long ParseLength(ReadOnlySpan<byte> digits) =>
        !digits.IsEmpty && digits[0] is >= (byte)'0' and <= (byte)'9'
        && Utf8Parser.TryParse(digits, out long length, out var used) && used == digits.Length && length >= 0
            ? length : -1;
}
