namespace Sidecar.Wire;

/// <summary>
/// A request head as it went by. Spans point into the reader's buffer and are valid during the call only; a field that isn't there is empty.
/// Values are bytes without surrounding white space, and the first one where a field occurs several times.
/// </summary>
public ref struct RequestHead
{
    // Lines of text in HTTP/1.x; decoded fields in HTTP/2.
    private ReadOnlySpan<byte> _fields;

    /// <summary>HTTP/1.x: the whole head: request line, fields, and the empty line. Empty in HTTP/2, where it is compressed.</summary>
    public ReadOnlySpan<byte> Raw { get; private set; }

    /// <summary>Case-sensitive, such as <c>POST</c>.</summary>
    public ReadOnlySpan<byte> Method { get; private set; }

    /// <summary>The request target as sent: mostly path and query, still percent-encoded.</summary>
    public ReadOnlySpan<byte> Target { get; private set; }

    /// <summary>1 or 2.</summary>
    public int MajorVersion { get; private set; }

    /// <summary>0 or 1, of HTTP/1.0 or HTTP/1.1; 0 of HTTP/2.</summary>
    public int MinorVersion { get; private set; }

    /// <summary><c>Host</c>, or HTTP/2's <c>:authority</c>.</summary>
    public ReadOnlySpan<byte> Host { get; private set; }

    public ReadOnlySpan<byte> ContentType { get; private set; }

    public ReadOnlySpan<byte> ContentEncoding { get; private set; }

    public ReadOnlySpan<byte> UserAgent { get; private set; }

    /// <summary><c>X-Request-Id</c>.</summary>
    public ReadOnlySpan<byte> RequestId { get; private set; }

    /// <summary><c>traceparent</c> (W3C Trace Context).</summary>
    public ReadOnlySpan<byte> TraceParent { get; private set; }

    /// <summary><c>Ce-Id</c> (CloudEvents, HTTP binary mode).</summary>
    public ReadOnlySpan<byte> CeId { get; private set; }

    /// <summary><c>Inference-Header-Content-Length</c> in bytes; -1 where it isn't given or is no number.</summary>
    public long InferenceHeaderContentLength { get; private set; }

    /// <summary>Carries <c>K-Network-Probe</c>: a probe of the platform, not traffic.</summary>
    public bool KNetworkProbe { get; private set; }

    /// <summary><c>grpc-encoding</c>: how messages with the compressed flag are compressed.</summary>
    public ReadOnlySpan<byte> GrpcEncoding { get; private set; }

    /// <summary><c>grpc-timeout</c>: a number and a unit (H, M, S, m, u, n).</summary>
    public ReadOnlySpan<byte> GrpcTimeout { get; private set; }

    /// <summary>How often this was tried before, by <c>grpc-previous-rpc-attempts</c> or <c>x-envoy-attempt-count</c>; 0 where neither says.</summary>
    public int PreviousAttempts { get; private set; }

    /// <summary>HTTP/1.x: the client asks to go on in cleartext HTTP/2 (<c>Upgrade: h2c</c>, RFC 7540 §3.2).</summary>
    public bool UpgradesToHttp2 { get; private set; }

    /// <summary>HTTP/2: no body follows (END_STREAM on the head).</summary>
    public bool EndsStream { get; private set; }

    /// <summary>The body's length in bytes as declared; -1 where it isn't.</summary>
    public readonly long ContentLength => Framing.ContentLength;

    /// <summary>The body comes in chunks.</summary>
    public readonly bool Chunked => Framing.Chunked;

    /// <summary>The client waits for a 100 (Continue) before it sends the body.</summary>
    public bool ExpectContinue { get; private set; }

    /// <summary>The client takes no further response on this connection (RFC 9112 §9.3).</summary>
    public readonly bool Closes => Framing.Closes(MinorVersion);

    internal Http1Framing Framing { get; private set; }

    /// <summary>
    /// Reads a whole head, which ends with its empty line. False when it breaks the grammar (RFC 9112 §3, §5).
    /// That the body's length is ambiguous isn't judged here.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> raw, out RequestHead head)
    {
        head = default;
        // request-line = method SP request-target SP HTTP-version CRLF
        var method = raw.IndexOfAnyExcept(HeaderLines.TokenBytes);
        if (method <= 0 || raw[method] != ' ')
            return false;
        var rest = raw[(method + 1)..];
        var target = rest.IndexOfAnyInRange((byte)0, (byte)' ');
        if (target <= 0 || rest[target] != ' ')
            return false;
        var version = rest[(target + 1)..];
        if (version.Length < 10 || !version.StartsWith("HTTP/1."u8) || version[7] is < (byte)'0' or > (byte)'9'
            || version[8] != '\r' || version[9] != '\n')
            return false;

        head.Raw = raw;
        head.Method = raw[..method];
        head.Target = rest[..target];
        head.MajorVersion = 1;
        // A higher minor version is read as the highest known one (RFC 9110 §2.5).
        head.MinorVersion = version[7] == '0' ? 0 : 1;
        head._fields = version[10..];
        return head.ReadFields();
    }

    /// <summary>Makes the head of an HTTP/2 request (RFC 9113 §8.3.1). False without <c>:method</c>, or without <c>:path</c> but for CONNECT.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> decodedFields, bool endsStream, out RequestHead head)
    {
        head = default;
        head.MajorVersion = 2;
        head._fields = decodedFields;
        head.EndsStream = endsStream;
        head.InferenceHeaderContentLength = -1;
        var framing = new Http1Framing();
        var fields = new HeaderFields(decodedFields);
        while (fields.Next(out var name, out var value))
        {
            if (name.IsEmpty || name[0] != ':')
                head.Take(name, value, ref framing);
            else if (name.SequenceEqual(":method"u8))
                head.Method = value;
            else if (name.SequenceEqual(":path"u8))
                head.Target = value;
            else if (name.SequenceEqual(":authority"u8))
                head.Host = value;
        }

        head.Framing = framing;
        return !head.Method.IsEmpty && (!head.Target.IsEmpty || head.Method.SequenceEqual("CONNECT"u8));
    }

    /// <summary>All fields, in the form of their version: for tests that compare heads.</summary>
    internal readonly ReadOnlySpan<byte> Fields => MajorVersion == 2 ? _fields : Raw;

    /// <summary>The first field of that name, which is given in lower case.</summary>
    public readonly bool TryGetHeader(ReadOnlySpan<byte> lowerCaseName, out ReadOnlySpan<byte> value) =>
        MajorVersion == 2 ? HeaderFields.TryFind(_fields, lowerCaseName, out value) : HeaderLines.TryFind(_fields, lowerCaseName, out value);

    private bool ReadFields()
    {
        InferenceHeaderContentLength = -1;
        var framing = new Http1Framing();
        var lines = new HeaderLines(_fields);
        while (lines.Next(out var name, out var value))
            Take(name, value, ref framing);
        Framing = framing;
        return !lines.Malformed;
    }

    private void Take(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, ref Http1Framing framing)
    {
        // Lengths tell nearly all names apart; only then are bytes compared.
        switch (name.Length)
        {
            case 4 when Host.IsEmpty && HeaderLines.Is(name, "host"u8): Host = value; break;
            case 5 when CeId.IsEmpty && HeaderLines.Is(name, "ce-id"u8): CeId = value; break;
            case 6 when HeaderLines.Is(name, "expect"u8): ExpectContinue = HeaderLines.Is(value, "100-continue"u8); break;
            case 7 when HeaderLines.Is(name, "upgrade"u8): UpgradesToHttp2 = HeaderLines.Is(value, "h2c"u8); break;
            case 10 when HeaderLines.Is(name, "connection"u8): framing.AddConnection(value); break;
            case 10 when UserAgent.IsEmpty && HeaderLines.Is(name, "user-agent"u8): UserAgent = value; break;
            case 11 when TraceParent.IsEmpty && HeaderLines.Is(name, "traceparent"u8): TraceParent = value; break;
            case 12 when ContentType.IsEmpty && HeaderLines.Is(name, "content-type"u8): ContentType = value; break;
            case 12 when RequestId.IsEmpty && HeaderLines.Is(name, "x-request-id"u8): RequestId = value; break;
            case 12 when GrpcTimeout.IsEmpty && HeaderLines.Is(name, "grpc-timeout"u8): GrpcTimeout = value; break;
            case 13 when GrpcEncoding.IsEmpty && HeaderLines.Is(name, "grpc-encoding"u8): GrpcEncoding = value; break;
            case 14 when HeaderLines.Is(name, "content-length"u8): framing.AddContentLength(value); break;
            case 15 when HeaderLines.Is(name, "k-network-probe"u8): KNetworkProbe = true; break;
            case 16 when ContentEncoding.IsEmpty && HeaderLines.Is(name, "content-encoding"u8): ContentEncoding = value; break;
            case 17 when HeaderLines.Is(name, "transfer-encoding"u8): framing.AddTransferEncoding(value); break;
            // Envoy counts the first attempt as 1, gRPC counts those before this one.
            case 21 when HeaderLines.Is(name, "x-envoy-attempt-count"u8): PreviousAttempts = Math.Max(PreviousAttempts, Count(value) - 1); break;
            case 26 when HeaderLines.Is(name, "grpc-previous-rpc-attempts"u8): PreviousAttempts = Math.Max(PreviousAttempts, Count(value)); break;
            case 31 when HeaderLines.Is(name, "inference-header-content-length"u8):
                InferenceHeaderContentLength = Http1Framing.ParseLength(value);
                break;
        }
    }

    private static int Count(ReadOnlySpan<byte> value) => (int)Math.Clamp(Http1Framing.ParseLength(value), 0, 1000);
}
