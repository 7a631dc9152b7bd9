using System.Runtime.CompilerServices;
using Sidecar.Model;
using Sidecar.Wire;

namespace Sidecar.Capture;

/// <summary>
/// Watches one connection: recognises its protocol from the first bytes, follows HTTP/1.1, and assembles exchanges with
/// their bodies. Reused from its relay thread's pool.
/// </summary>
internal sealed class ConnectionTap : IConnectionTap, IHttp1Events
{
    private readonly CapturePool _pool;
    private readonly Http1Observer _observer = new(new Http1Limits());
    private readonly Exchange?[] _exchanges = new Exchange?[Http1Observer.MaxPipelined];
    private First24 _first;
    private int _firstLength;
    private int _listener;
    private int _openHere;
    private long _now;
    private WireProtocol _protocol;
    private bool _serverFirst;

    public ConnectionTap(CapturePool pool) => _pool = pool;

    public void Start(int listener)
    {
        _listener = listener;
        _protocol = WireProtocol.Undecided;
        _serverFirst = false;
        _firstLength = 0;
        _openHere = 0;
        _observer.Reset(this);
    }

    /// <summary>An opaque connection may be in the middle of anything, so a drain waits for it.</summary>
    public bool IsBusy => _openHere > 0 || _serverFirst || _observer.IsOpaque || _protocol is WireProtocol.Http2 or WireProtocol.Tls or WireProtocol.Unknown;

    public void OnClientBytes(ReadOnlySpan<byte> bytes, long timestamp)
    {
        _now = timestamp;
        if (_protocol == WireProtocol.Http1)
            _observer.OnClientBytes(bytes);
        else if (_protocol == WireProtocol.Undecided)
            Recognise(bytes);
    }

    public void OnUpstreamBytes(ReadOnlySpan<byte> bytes, long timestamp)
    {
        _now = timestamp;
        if (_protocol == WireProtocol.Undecided)
            _serverFirst = true; // an HTTP/2 server may send its settings on accept, so the client still decides
        else if (_protocol == WireProtocol.Http1)
            _observer.OnServerBytes(bytes);
    }

    public void OnClientClosed(long timestamp)
    {
        _now = timestamp;
        if (_protocol == WireProtocol.Http1)
            _observer.OnClientClosed();
    }

    public void OnUpstreamClosed(long timestamp)
    {
        _now = timestamp;
        if (_protocol == WireProtocol.Http1)
            _observer.OnServerClosed();
    }

    public void OnEnded(ConnectionEnd end, long timestamp)
    {
        _now = timestamp;
        if (end == ConnectionEnd.UpstreamRefused)
            Refused();
        else if (_protocol == WireProtocol.Http1)
            EndObserver(end);
        else if (_protocol == WireProtocol.Undecided && _serverFirst)
            Settle(WireProtocol.Unknown);
        _observer.Reset(this); // gives a half-read head's buffer back
        _pool.ReturnTap(this);
    }

    void IHttp1Events.OnRequestHead(int slot, in Http1RequestHead head)
    {
        _pool.Intake.Began(_listener);
        _pool.Opened();
        _openHere++;
        var exchange = _exchanges[slot] = _pool.Rent();
        if (exchange is null)
            return;
        exchange.Listener = _listener;
        exchange.RequestFirstByte = _now;
        exchange.StartedUnixNanos = _pool.UnixNanos(_now);
        exchange.Route = RouteTable.Classify(head);
        exchange.SetPath(head.Target);
        exchange.SetRequestId(!head.RequestId.IsEmpty ? head.RequestId : !head.CeId.IsEmpty ? head.CeId : head.TraceParent);
        exchange.Decode = exchange.Route == RouteKind.OpenInference && _pool.Sample(exchange.RequestId, _now);
        exchange.RequestEncoded = IsEncoded(head.ContentEncoding) || head.InferenceHeaderContentLength >= 0;
    }

    void IHttp1Events.OnRequestBody(int slot, ReadOnlySpan<byte> bytes)
    {
        if (_exchanges[slot] is not { } exchange)
            return;
        exchange.RequestBytes += bytes.Length;
        if (exchange.Decode && !exchange.RequestEncoded)
            Keep(ref exchange.RequestBody, ref exchange.RequestBodyState, bytes);
    }

    void IHttp1Events.OnRequestEnd(int slot)
    {
        if (_exchanges[slot] is { } exchange)
            exchange.RequestLastByte = _now;
    }

    void IHttp1Events.OnResponseHead(int slot, in Http1ResponseHead head)
    {
        if (_exchanges[slot] is not { } exchange)
            return;
        exchange.ResponseFirstByte = _now;
        exchange.Status = head.StatusCode;
        exchange.ResponseEncoded = IsEncoded(head.ContentEncoding) || head.TryGetHeader("inference-header-content-length"u8, out _);
    }

    void IHttp1Events.OnResponseBody(int slot, ReadOnlySpan<byte> bytes)
    {
        if (_exchanges[slot] is not { } exchange)
            return;
        exchange.ResponseBytes += bytes.Length;
        if (exchange.Decode && !exchange.ResponseEncoded)
            Keep(ref exchange.ResponseBody, ref exchange.ResponseBodyState, bytes);
    }

    void IHttp1Events.OnResponseEnd(int slot)
    {
        if (_exchanges[slot] is { } exchange)
            exchange.ResponseLastByte = _now;
    }

    void IHttp1Events.OnExchangeEnded(int slot, ExchangeEnd end)
    {
        _pool.Closed();
        _openHere--;
        if (_exchanges[slot] is not { } exchange)
        {
            _pool.Intake.Lost(_listener, DropReason.HeadRingFull);
            return;
        }

        _exchanges[slot] = null;
        exchange.End = end;
        exchange.EndedAt = _now;
        exchange.Opaque = _observer.OpaqueReason;
        _pool.Intake.Ended(exchange);
    }

    void IHttp1Events.OnOpaque(OpaqueReason reason)
    {
        // Exchanges that were open end by themselves; the rest of the connection counts as one more.
        _pool.Intake.Began(_listener);
        _pool.Intake.WentOpaque(_listener, reason);
    }

    /// <summary>This tap threw and is used no more: its open exchanges are counted as lost.</summary>
    public void Abandon()
    {
        foreach (ref var exchange in _exchanges.AsSpan())
        {
            if (exchange is not null)
                _pool.Return(exchange);
            exchange = null;
        }

        for (; _openHere > 0; _openHere--)
        {
            _pool.Closed();
            _pool.Intake.Lost(_listener, DropReason.ObserverFailed);
        }
    }

    private void EndObserver(ConnectionEnd end)
    {
        switch (end)
        {
            case ConnectionEnd.ClientReset:
                _observer.OnClientReset();
                break;
            case ConnectionEnd.UpstreamReset:
                _observer.OnServerReset();
                break;
            case ConnectionEnd.Shutdown:
                _observer.OnShutdown();
                break;
            default:
                _observer.OnClientClosed();
                _observer.OnServerClosed();
                break;
        }
    }

    /// <summary>A refused dial has no request, but it is a failure that a client saw.</summary>
    private void Refused()
    {
        _pool.Intake.Began(_listener);
        if (_pool.Rent() is not { } exchange)
        {
            _pool.Intake.Lost(_listener, DropReason.HeadRingFull);
            return;
        }

        exchange.Listener = _listener;
        exchange.RequestFirstByte = _now;
        exchange.EndedAt = _now;
        exchange.StartedUnixNanos = _pool.UnixNanos(_now);
        exchange.Route = RouteKind.Unknown;
        exchange.UpstreamRefused = true;
        _pool.Intake.Ended(exchange);
    }

    private void Recognise(ReadOnlySpan<byte> bytes)
    {
        if (_firstLength == 0)
        {
            var protocol = ProtocolSniffer.Sniff(bytes);
            if (protocol != WireProtocol.Undecided)
            {
                Settle(protocol);
                if (_protocol == WireProtocol.Http1)
                    _observer.OnClientBytes(bytes);
                return;
            }
        }

        // A few bytes at a time: collect what the recognition needs, then give all of it to the observer.
        Span<byte> first = _first;
        var taken = Math.Min(bytes.Length, first.Length - _firstLength);
        bytes[..taken].CopyTo(first[_firstLength..]);
        _firstLength += taken;
        var recognised = ProtocolSniffer.Sniff(first[.._firstLength]);
        if (recognised == WireProtocol.Undecided)
            return;
        Settle(recognised);
        if (_protocol == WireProtocol.Http1)
        {
            _observer.OnClientBytes(first[.._firstLength]);
            _observer.OnClientBytes(bytes[taken..]);
        }
    }

    private void Settle(WireProtocol protocol)
    {
        // In HTTP/1 no server speaks first: what looks like a request is then part of something else.
        if (protocol == WireProtocol.Http1 && _serverFirst)
            protocol = WireProtocol.Unknown;
        _protocol = protocol;
        var reason = protocol switch
        {
            WireProtocol.Http2 => OpaqueReason.Http2,
            WireProtocol.Tls => OpaqueReason.Tls,
            WireProtocol.Unknown => OpaqueReason.UnknownProtocol,
            _ => OpaqueReason.None,
        };
        if (reason == OpaqueReason.None)
            return;
        _pool.Intake.Began(_listener);
        _pool.Intake.WentOpaque(_listener, reason);
    }

    private void Keep(ref CapturedBody? body, ref BodyState state, ReadOnlySpan<byte> bytes)
    {
        if (state is BodyState.OverBudget or BodyState.OverCap)
            return;
        if ((body?.Length ?? 0) + (long)bytes.Length > _pool.Settings.MaxBodyBytes)
        {
            state = BodyState.OverCap;
        }
        else
        {
            body ??= _pool.Bodies.Rent(bytes.Length);
            if (body is not null && _pool.Bodies.Append(ref body, bytes))
            {
                state = BodyState.Captured;
                return;
            }

            state = BodyState.OverBudget;
        }

        body?.Return();
        body = null;
    }

    private static bool IsEncoded(ReadOnlySpan<byte> contentEncoding) =>
        !contentEncoding.IsEmpty && !contentEncoding.SequenceEqual("identity"u8);

    [InlineArray(ProtocolSniffer.MaxBytes)]
    private struct First24
    {
        private byte _byte;
    }
}
