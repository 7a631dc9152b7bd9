namespace Sidecar.Wire;

/// <content>The direction from the server to the client: responses.</content>
public sealed partial class Http1Observer
{
    private Reading _serverReading;

    // A response's head while it is split over reads, and later its trailer section.
    private HeadBuffer _serverHead;
    private BodyReader _responseBody;
    private bool _serverClosed;
    private int _interimCount;

    private static ReadOnlySpan<byte> ResponseStart => "HTTP/1."u8;

    /// <summary>The next bytes that the server sent, in any portions.</summary>
    public void OnServerBytes(ReadOnlySpan<byte> bytes) => ReadServer(ref bytes);

    /// <summary>As <see cref="OnServerBytes"/>; what is left over after a 101 to HTTP/2 stays in <paramref name="bytes"/>.</summary>
    internal void ReadServer(ref ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            switch (_serverReading)
            {
                case Reading.Head: ReadResponseHead(ref bytes); break;
                case Reading.Body: ReadResponseBody(ref bytes); break;
                default: return;
            }
        }
    }

    private void ReadResponseHead(ref ReadOnlySpan<byte> bytes)
    {
        if (_responsesEnded == _requestsStarted)
        {
            BecomeOpaque(OpaqueReason.UnsolicitedResponse);
            return;
        }

        // Some servers send a body where there must be none (to HEAD, with 204): seen here, it isn't taken for a response.
        Span<byte> start = stackalloc byte[ResponseStart.Length];
        if (!ResponseStart.StartsWith(start[.._serverHead.CopyStart(bytes, start)]))
        {
            BecomeOpaque(OpaqueReason.MalformedResponse);
            return;
        }

        switch (_serverHead.Take(ref bytes, _maxHeadBytes, out var head))
        {
            case HeadStep.Whole:
                StartResponse(head);
                _serverHead.Return();
                break;
            case HeadStep.TooLarge: BecomeOpaque(OpaqueReason.HeadTooLarge); break;
            case HeadStep.Malformed: BecomeOpaque(OpaqueReason.MalformedResponse); break;
        }
    }

    private void StartResponse(ReadOnlySpan<byte> raw)
    {
        if (!ResponseHead.TryParse(raw, out var head))
        {
            BecomeOpaque(OpaqueReason.MalformedResponse);
            return;
        }

        if (head.StatusCode < 200 && head.StatusCode != 101)
        {
            // Interim: the final one follows (RFC 9110 §15.2).
            _interimCount++;
            return;
        }

        head.InterimCount = _interimCount;
        _interimCount = 0;
        var exchange = _responsesEnded;
        // After these the connection speaks something else (RFC 9110 §15.2.2; §9.3.6).
        if (head.StatusCode == 101 || (head.StatusCode < 300 && (_connectMask & Bit(exchange)) != 0))
        {
            if (HandsOverHttp2 && head is { StatusCode: 101, UpgradesToHttp2: true } && (_upgradeMask & Bit(exchange)) != 0
                && _requestsStarted == exchange + 1 && _requestsEnded == _requestsStarted)
            {
                UpgradedSlot = Slot(exchange);
                _clientReading = _serverReading = Reading.Ignored;
                return;
            }

            _events.OnResponseHead(Slot(exchange), head);
            _responsesEnded++;
            _events.OnResponseEnd(Slot(exchange));
            EndOldest(ExchangeEnd.Complete);
            BecomeOpaque(OpaqueReason.Upgraded);
            return;
        }

        var kind = head.Framing.OfResponse(head.StatusCode, head.MinorVersion, (_headMask & Bit(exchange)) != 0);
        if (kind == BodyKind.Ambiguous)
        {
            BecomeOpaque(OpaqueReason.MalformedResponse);
            return;
        }

        if (kind != BodyKind.None)
        {
            _responseBody.Start(kind, head.ContentLength, _maxHeadBytes);
            _serverReading = Reading.Body;
        }

        _events.OnResponseHead(Slot(exchange), head);
        if (kind == BodyKind.None)
            EndResponse();
    }

    private void ReadResponseBody(ref ReadOnlySpan<byte> bytes)
    {
        while (true)
        {
            switch (_responseBody.Read(ref bytes, out var data))
            {
                case BodyStep.Data: _events.OnResponseBody(Slot(_responsesEnded), data); continue;
                case BodyStep.Trailers: KeepTrailers(data); continue;
                case BodyStep.End: TellTrailers(); EndResponse(); return;
                case BodyStep.Malformed: BecomeOpaque(OpaqueReason.MalformedResponse); return;
                case BodyStep.TrailersTooLong: BecomeOpaque(OpaqueReason.HeadTooLarge); return;
                default: return;
            }
        }
    }

    private void KeepTrailers(ReadOnlySpan<byte> section)
    {
        // Nearly always there are none: the section is an empty line, in one piece.
        if (!_serverHead.IsEmpty || !section.SequenceEqual("\r\n"u8))
            _serverHead.Append(section);
    }

    private void TellTrailers()
    {
        if (_serverHead.Kept.Length > 2)
            _events.OnResponseTrailers(Slot(_responsesEnded), ResponseTrailers.OfLines(_serverHead.Kept));
        _serverHead.Return();
    }

    private void EndResponse()
    {
        _serverReading = Reading.Head;
        _events.OnResponseEnd(Slot(_responsesEnded++));
        EndAnswered();
    }
}
