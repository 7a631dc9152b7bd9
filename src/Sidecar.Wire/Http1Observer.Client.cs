namespace Sidecar.Wire;

/// <content>The direction from the client to the server: requests.</content>
public sealed partial class Http1Observer
{
    private Reading _clientReading;
    private HeadBuffer _clientHead;
    private BodyReader _requestBody;
    private bool _clientClosed;

    // The request in progress says that no other follows on this connection.
    private bool _lastRequest;

    // By slot: the request's method is HEAD, or CONNECT, which decide how its response is framed.
    private uint _headMask;
    private uint _connectMask;

    // The request asks to go on in HTTP/2.
    private uint _upgradeMask;

    /// <summary>The next bytes that the client sent, in any portions.</summary>
    public void OnClientBytes(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            switch (_clientReading)
            {
                case Reading.Head: ReadRequestHead(ref bytes); break;
                case Reading.Body: ReadRequestBody(ref bytes); break;
                default: return;
            }
        }
    }

    private void ReadRequestHead(ref ReadOnlySpan<byte> bytes)
    {
        if (_clientHead.IsEmpty)
        {
            // Empty lines ahead of a request are ignored (RFC 9112 §2.2).
            if (bytes[0] is (byte)'\r' or (byte)'\n')
                bytes = bytes.TrimStart("\r\n"u8);
            if (bytes.IsEmpty)
                return;
        }

        if (Unrecognised(bytes) is not OpaqueReason.None and var reason)
        {
            BecomeOpaque(reason);
            return;
        }

        switch (_clientHead.Take(ref bytes, _maxHeadBytes, out var head))
        {
            case HeadStep.Whole:
                StartExchange(head);
                _clientHead.Return();
                break;
            case HeadStep.TooLarge: BecomeOpaque(OpaqueReason.HeadTooLarge); break;
            case HeadStep.Malformed: BecomeOpaque(OpaqueReason.MalformedRequest); break;
        }
    }

    // What doesn't start like a request is noticed at its first bytes, not when an end of head is missed for 64 KiB.
    private OpaqueReason Unrecognised(ReadOnlySpan<byte> bytes)
    {
        WireProtocol protocol;
        if (_clientHead.IsEmpty)
        {
            protocol = ProtocolSniffer.Sniff(bytes);
        }
        else
        {
            Span<byte> start = stackalloc byte[ProtocolSniffer.MaxBytes];
            protocol = ProtocolSniffer.Sniff(start[.._clientHead.CopyStart(bytes, start)]);
        }

        return protocol switch
        {
            WireProtocol.Http1 or WireProtocol.Undecided => OpaqueReason.None,
            _ when _requestsStarted > 0 => OpaqueReason.MalformedRequest,
            WireProtocol.Http2 => OpaqueReason.Http2,
            WireProtocol.Tls => OpaqueReason.Tls,
            _ => OpaqueReason.UnknownProtocol,
        };
    }

    private void StartExchange(ReadOnlySpan<byte> raw)
    {
        var kind = RequestHead.TryParse(raw, out var head) ? head.Framing.OfRequest(head.MinorVersion) : BodyKind.Ambiguous;
        if (kind == BodyKind.Ambiguous)
        {
            BecomeOpaque(OpaqueReason.MalformedRequest);
            return;
        }

        if (_requestsStarted - _exchangesEnded == MaxPipelined)
        {
            BecomeOpaque(OpaqueReason.PipelineTooDeep);
            return;
        }

        var exchange = _requestsStarted++;
        _headMask = head.Method.SequenceEqual("HEAD"u8) ? _headMask | Bit(exchange) : _headMask & ~Bit(exchange);
        _connectMask = head.Method.SequenceEqual("CONNECT"u8) ? _connectMask | Bit(exchange) : _connectMask & ~Bit(exchange);
        _upgradeMask = head.UpgradesToHttp2 ? _upgradeMask | Bit(exchange) : _upgradeMask & ~Bit(exchange);
        _lastRequest = head.Closes;
        if (kind != BodyKind.None)
        {
            _requestBody.Start(kind, head.ContentLength, _maxHeadBytes);
            _clientReading = Reading.Body;
        }

        _events.OnRequestHead(Slot(exchange), head);
        if (_serverClosed)
            End(ExchangeEnd.UpstreamAborted);
        else if (kind == BodyKind.None)
            EndRequest();
    }

    private void ReadRequestBody(ref ReadOnlySpan<byte> bytes)
    {
        while (true)
        {
            switch (_requestBody.Read(ref bytes, out var data))
            {
                case BodyStep.Data: _events.OnRequestBody(Slot(_requestsEnded), data); continue;
                case BodyStep.Trailers: continue; // nothing asks for those of a request
                case BodyStep.End: EndRequest(); return;
                case BodyStep.Malformed: BecomeOpaque(OpaqueReason.MalformedRequest); return;
                case BodyStep.TrailersTooLong: BecomeOpaque(OpaqueReason.HeadTooLarge); return;
                default: return;
            }
        }
    }

    private void EndRequest()
    {
        var exchange = _requestsEnded++;
        // A server processes nothing after a request that closes (RFC 9112 §9.6), so what still comes is no request either.
        _clientReading = _lastRequest ? Reading.Ignored : Reading.Head;
        _events.OnRequestEnd(Slot(exchange));
        EndAnswered();
    }
}
