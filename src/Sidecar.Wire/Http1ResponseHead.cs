namespace Sidecar.Wire;

/// <summary>
/// A response head as it went by. Spans point into the reader's buffer and are valid during the call only; a field that isn't there is empty.
/// Values are bytes without surrounding white space, and the first one where a field occurs several times.
/// </summary>
public ref struct Http1ResponseHead
{
    private ReadOnlySpan<byte> _fields;

    /// <summary>The whole head: status line, fields, and the empty line.</summary>
    public ReadOnlySpan<byte> Raw { get; private set; }

    /// <summary>100 to 999.</summary>
    public int StatusCode { get; private set; }

    /// <summary>0 or 1, of HTTP/1.0 or HTTP/1.1.</summary>
    public int MinorVersion { get; private set; }

    public ReadOnlySpan<byte> ContentType { get; private set; }

    public ReadOnlySpan<byte> ContentEncoding { get; private set; }

    /// <summary><c>X-Request-Id</c>.</summary>
    public ReadOnlySpan<byte> RequestId { get; private set; }

    /// <summary><c>Inference-Header-Content-Length</c> in bytes; -1 where it isn't given or is no number.</summary>
    public long InferenceHeaderContentLength { get; private set; }

    /// <summary>The body's length in bytes as declared; -1 where it isn't. To HEAD, and with 304, it is that of a body that isn't sent.</summary>
    public readonly long ContentLength => Framing.ContentLength;

    /// <summary>The body comes in chunks.</summary>
    public readonly bool Chunked => Framing.Chunked;

    /// <summary>The server closes the connection after this response (RFC 9112 §9.3).</summary>
    public readonly bool Closes => Framing.Closes(MinorVersion);

    /// <summary>How many interim responses (1xx) went before; set by the observer.</summary>
    public int InterimCount { get; internal set; }

    internal Http1Framing Framing { get; private set; }

    /// <summary>
    /// Reads a whole head, which ends with its empty line. False when it breaks the grammar (RFC 9112 §4, §5).
    /// That the body's length is ambiguous isn't judged here.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> raw, out Http1ResponseHead head)
    {
        head = default;
        // status-line = HTTP-version SP status-code SP [ reason-phrase ] CRLF
        if (raw.Length < 14 || !raw.StartsWith("HTTP/1."u8) || raw[7] is < (byte)'0' or > (byte)'9' || raw[8] != ' ')
            return false;
        var status = 0;
        foreach (var digit in raw[9..12])
        {
            if (digit is < (byte)'0' or > (byte)'9')
                return false;
            status = (status * 10) + digit - '0';
        }

        // The space after the code is left out by some servers where there is no reason phrase: harmless.
        var rest = raw[12..];
        var end = rest.IndexOfAny((byte)'\r', (byte)'\n', (byte)0);
        if (status < 100 || rest[0] is not ((byte)' ' or (byte)'\r') || end < 0 || end + 1 >= rest.Length || rest[end] != '\r' || rest[end + 1] != '\n')
            return false;

        head.Raw = raw;
        head.StatusCode = status;
        head.MinorVersion = raw[7] == '0' ? 0 : 1;
        head._fields = rest[(end + 2)..];
        return head.ReadFields();
    }

    /// <summary>The first field of that name, which is given in lower case.</summary>
    public readonly bool TryGetHeader(ReadOnlySpan<byte> lowerCaseName, out ReadOnlySpan<byte> value) =>
        HeaderLines.TryFind(_fields, lowerCaseName, out value);

    private bool ReadFields()
    {
        InferenceHeaderContentLength = -1;
        var framing = new Http1Framing();
        var lines = new HeaderLines(_fields);
        while (lines.Next(out var name, out var value))
        {
            switch (name.Length)
            {
                case 10 when HeaderLines.Is(name, "connection"u8): framing.AddConnection(value); break;
                case 12 when ContentType.IsEmpty && HeaderLines.Is(name, "content-type"u8): ContentType = value; break;
                case 12 when RequestId.IsEmpty && HeaderLines.Is(name, "x-request-id"u8): RequestId = value; break;
                case 14 when HeaderLines.Is(name, "content-length"u8): framing.AddContentLength(value); break;
                case 16 when ContentEncoding.IsEmpty && HeaderLines.Is(name, "content-encoding"u8): ContentEncoding = value; break;
                case 17 when HeaderLines.Is(name, "transfer-encoding"u8): framing.AddTransferEncoding(value); break;
                case 31 when HeaderLines.Is(name, "inference-header-content-length"u8):
                    InferenceHeaderContentLength = Http1Framing.ParseLength(value);
                    break;
            }
        }

        Framing = framing;
        return !lines.Malformed;
    }
}
