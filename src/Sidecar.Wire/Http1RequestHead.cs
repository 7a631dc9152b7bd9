namespace Sidecar.Wire;

/// <summary>
/// A request head as it went by. Spans point into the reader's buffer and are valid during the call only; a field that isn't there is empty.
/// Values are bytes without surrounding white space, and the first one where a field occurs several times.
/// </summary>
public ref struct Http1RequestHead
{
    private ReadOnlySpan<byte> _fields;

    /// <summary>The whole head: request line, fields, and the empty line.</summary>
    public ReadOnlySpan<byte> Raw { get; private set; }

    /// <summary>Case-sensitive, such as <c>POST</c>.</summary>
    public ReadOnlySpan<byte> Method { get; private set; }

    /// <summary>The request target as sent: mostly path and query, still percent-encoded.</summary>
    public ReadOnlySpan<byte> Target { get; private set; }

    /// <summary>0 or 1, of HTTP/1.0 or HTTP/1.1.</summary>
    public int MinorVersion { get; private set; }

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
    public static bool TryParse(ReadOnlySpan<byte> raw, out Http1RequestHead head)
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
        // A higher minor version is read as the highest known one (RFC 9110 §2.5).
        head.MinorVersion = version[7] == '0' ? 0 : 1;
        head._fields = version[10..];
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
            // Lengths tell nearly all names apart; only then are bytes compared.
            switch (name.Length)
            {
                case 4 when Host.IsEmpty && HeaderLines.Is(name, "host"u8): Host = value; break;
                case 5 when CeId.IsEmpty && HeaderLines.Is(name, "ce-id"u8): CeId = value; break;
                case 6 when HeaderLines.Is(name, "expect"u8): ExpectContinue = HeaderLines.Is(value, "100-continue"u8); break;
                case 10 when HeaderLines.Is(name, "connection"u8): framing.AddConnection(value); break;
                case 10 when UserAgent.IsEmpty && HeaderLines.Is(name, "user-agent"u8): UserAgent = value; break;
                case 11 when TraceParent.IsEmpty && HeaderLines.Is(name, "traceparent"u8): TraceParent = value; break;
                case 12 when ContentType.IsEmpty && HeaderLines.Is(name, "content-type"u8): ContentType = value; break;
                case 12 when RequestId.IsEmpty && HeaderLines.Is(name, "x-request-id"u8): RequestId = value; break;
                case 14 when HeaderLines.Is(name, "content-length"u8): framing.AddContentLength(value); break;
                case 15 when HeaderLines.Is(name, "k-network-probe"u8): KNetworkProbe = true; break;
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
