namespace Sidecar.Wire;

/// <summary>
/// A response head as it went by. Spans point into the reader's buffer and are valid during the call only; a field that isn't there is empty.
/// Values are bytes without surrounding white space, and the first one where a field occurs several times.
/// </summary>
public ref struct ResponseHead
{
    private ReadOnlySpan<byte> _fields;

    /// <summary>The whole head: status line, fields, and the empty line.</summary>
    public ReadOnlySpan<byte> Raw { get; private set; }

    /// <summary>100 to 999.</summary>
    public int StatusCode { get; private set; }

    /// <summary>1 or 2.</summary>
    public int MajorVersion { get; private set; }

    /// <summary>0 or 1, of HTTP/1.0 or HTTP/1.1; 0 of HTTP/2.</summary>
    public int MinorVersion { get; private set; }

    public ReadOnlySpan<byte> ContentType { get; private set; }

    public ReadOnlySpan<byte> ContentEncoding { get; private set; }

    /// <summary><c>X-Request-Id</c>.</summary>
    public ReadOnlySpan<byte> RequestId { get; private set; }

    /// <summary><c>Inference-Header-Content-Length</c> in bytes; -1 where it isn't given or is no number.</summary>
    public long InferenceHeaderContentLength { get; private set; }

    /// <summary><c>grpc-encoding</c>: how messages with the compressed flag are compressed.</summary>
    public ReadOnlySpan<byte> GrpcEncoding { get; private set; }

    /// <summary><c>grpc-status</c> of an answer that is only a head (Trailers-Only); -1 where there is none.</summary>
    public int GrpcStatus { get; private set; }

    /// <summary><c>grpc-message</c> of such an answer, percent-encoded.</summary>
    public ReadOnlySpan<byte> GrpcMessage { get; private set; }

    /// <summary>HTTP/1.x: a 101 to cleartext HTTP/2.</summary>
    public bool UpgradesToHttp2 { get; private set; }

    /// <summary>HTTP/2: no body follows (END_STREAM on the head).</summary>
    public bool EndsStream { get; private set; }

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
    public static bool TryParse(ReadOnlySpan<byte> raw, out ResponseHead head)
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
        head.MajorVersion = 1;
        head.StatusCode = status;
        head.MinorVersion = raw[7] == '0' ? 0 : 1;
        head._fields = rest[(end + 2)..];
        return head.ReadFields();
    }

    /// <summary>Makes the head of an HTTP/2 response (RFC 9113 §8.3.2). False without a <c>:status</c> of three digits.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> decodedFields, bool endsStream, out ResponseHead head)
    {
        head = default;
        head.MajorVersion = 2;
        head._fields = decodedFields;
        head.EndsStream = endsStream;
        head.InferenceHeaderContentLength = -1;
        head.GrpcStatus = -1;
        var framing = new Http1Framing();
        var fields = new HeaderFields(decodedFields);
        while (fields.Next(out var name, out var value))
        {
            if (name.SequenceEqual(":status"u8) && value.Length == 3)
                head.StatusCode = (int)Http1Framing.ParseLength(value);
            else
                head.Take(name, value, ref framing);
        }

        head.Framing = framing;
        return head.StatusCode >= 100;
    }

    /// <summary>All fields, in the form of their version: for tests that compare heads.</summary>
    internal readonly ReadOnlySpan<byte> Fields => MajorVersion == 2 ? _fields : Raw;

    /// <summary>The first field of that name, which is given in lower case.</summary>
    public readonly bool TryGetHeader(ReadOnlySpan<byte> lowerCaseName, out ReadOnlySpan<byte> value) =>
        MajorVersion == 2 ? HeaderFields.TryFind(_fields, lowerCaseName, out value) : HeaderLines.TryFind(_fields, lowerCaseName, out value);

    private bool ReadFields()
    {
        InferenceHeaderContentLength = -1;
        GrpcStatus = -1;
        var framing = new Http1Framing();
        var lines = new HeaderLines(_fields);
        while (lines.Next(out var name, out var value))
            Take(name, value, ref framing);
        Framing = framing;
        return !lines.Malformed;
    }

    private void Take(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, ref Http1Framing framing)
    {
        switch (name.Length)
        {
            case 7 when HeaderLines.Is(name, "upgrade"u8): UpgradesToHttp2 = HeaderLines.Is(value, "h2c"u8); break;
            case 10 when HeaderLines.Is(name, "connection"u8): framing.AddConnection(value); break;
            case 11 when HeaderLines.Is(name, "grpc-status"u8): GrpcStatus = ResponseTrailers.ParseStatus(value); break;
            case 12 when GrpcMessage.IsEmpty && HeaderLines.Is(name, "grpc-message"u8): GrpcMessage = value; break;
            case 12 when ContentType.IsEmpty && HeaderLines.Is(name, "content-type"u8): ContentType = value; break;
            case 12 when RequestId.IsEmpty && HeaderLines.Is(name, "x-request-id"u8): RequestId = value; break;
            case 13 when GrpcEncoding.IsEmpty && HeaderLines.Is(name, "grpc-encoding"u8): GrpcEncoding = value; break;
            case 14 when HeaderLines.Is(name, "content-length"u8): framing.AddContentLength(value); break;
            case 16 when ContentEncoding.IsEmpty && HeaderLines.Is(name, "content-encoding"u8): ContentEncoding = value; break;
            case 17 when HeaderLines.Is(name, "transfer-encoding"u8): framing.AddTransferEncoding(value); break;
            case 31 when HeaderLines.Is(name, "inference-header-content-length"u8):
                InferenceHeaderContentLength = Http1Framing.ParseLength(value);
                break;
        }
    }
}
