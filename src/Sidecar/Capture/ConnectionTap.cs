using Sidecar.Model;
using Sidecar.Tensors;
using Sidecar.Wire;

namespace Sidecar.Capture;

/// <summary>
/// Watches one connection and assembles its exchanges, with their bodies. Reused from its relay thread's pool.
/// </summary>
internal sealed class ConnectionTap : IConnectionTap, IExchangeEvents
{
    // A client's timer may fire, and its reset be read, a little early by our clock.
    private const long DeadlineSlackNanos = 5_000_000;

    private readonly CapturePool _pool;
    private readonly ConnectionObserver _observer;
    private Exchange?[] _exchanges = new Exchange?[Http1Observer.MaxPipelined];
    private int _listener;
    private int _openHere;
    private long _now;
    private long _stalledSince;
    private long _stalled;
    private ExchangeEnd? _vanished;

    public ConnectionTap(CapturePool pool)
    {
        _pool = pool;
        _observer = new ConnectionObserver(pool.Settings.Observer);
    }

    public void Start(int listener)
    {
        _listener = listener;
        _openHere = 0;
        _stalledSince = _stalled = 0;
        _vanished = null;
        _observer.Reset(this);
    }

    /// <summary>An opaque connection may be in the middle of anything, so a drain waits for it.</summary>
    public bool IsBusy => _openHere > 0 || _observer.IsOpaque || _observer.ServerSpokeFirst;

    public void OnClientBytes(ReadOnlySpan<byte> bytes, long timestamp)
    {
        _now = timestamp;
        _observer.OnClientBytes(bytes);
    }

    public void OnUpstreamBytes(ReadOnlySpan<byte> bytes, long timestamp)
    {
        _now = timestamp;
        _observer.OnServerBytes(bytes);
    }

    public void OnClientStalled(long timestamp) => _stalledSince = timestamp;

    public void OnClientResumed(long timestamp)
    {
        if (_stalledSince != 0)
            _stalled += timestamp - _stalledSince;
        _stalledSince = 0;
    }

    public void OnClientClosed(long timestamp)
    {
        _now = timestamp;
        _observer.OnClientClosed();
    }

    public void OnUpstreamClosed(long timestamp)
    {
        _now = timestamp;
        _observer.OnServerClosed();
    }

    public void OnEnded(ConnectionEnd end, long timestamp)
    {
        _now = timestamp;
        var failure = end switch
        {
            ConnectionEnd.UpstreamRefused => DialFailure.Refused,
            ConnectionEnd.OutOfSockets => DialFailure.OutOfSockets,
            ConnectionEnd.UpstreamHandshakeFailed => DialFailure.Handshake,
            _ => DialFailure.None,
        };
        if (failure != DialFailure.None)
            NotDialled(failure);
        else
            EndObserver(end);
        _observer.Release(); // gives what it keeps of half-read heads and streams back
        _pool.ReturnTap(this);
    }

    void IExchangeEvents.OnRequestHead(int slot, in RequestHead head)
    {
        _pool.Intake.Began(_listener);
        _pool.Opened();
        _openHere++;
        if (slot >= _exchanges.Length)
            Array.Resize(ref _exchanges, Math.Max(slot + 1, 2 * _exchanges.Length));
        var exchange = _exchanges[slot] = _pool.Rent();
        if (exchange is null)
            return;
        exchange.Listener = _listener;
        exchange.RequestFirstByte = _now;
        exchange.StartedUnixNanos = _pool.UnixNanos(_now);
        exchange.HttpMajorVersion = head.MajorVersion;
        exchange.IsGrpc = head.MajorVersion == 2 && head.ContentType.StartsWith("application/grpc"u8);
        exchange.Route = _pool.Routes.Classify(head, out exchange.Protocol, out exchange.ConfiguredRoute);
        exchange.SetMethod(head.Method);
        exchange.SetAuthority(head.Host);
        exchange.SetPath(head.Target);
        if (!head.RequestId.IsEmpty)
            exchange.SetRequestId(head.RequestId, RequestIdOrigin.XRequestId);
        else if (!head.CeId.IsEmpty)
            exchange.SetRequestId(head.CeId, RequestIdOrigin.CeId);
        else
            exchange.SetRequestId(head.TraceParent, RequestIdOrigin.TraceParent);
        exchange.Trace = TraceContext.Parse(head.TraceParent);
        exchange.PreviousAttempts = head.PreviousAttempts;
        exchange.GrpcTimeoutNanos = GrpcTimeout.Nanos(head.GrpcTimeout);
        // Deterministic: the same request id is in a share always or never, in every pod.
        exchange.Share = StableHash.Share(exchange.RequestId.IsEmpty ? StableHash.Of(exchange.StartedUnixNanos) : StableHash.Of(exchange.RequestId));
        if (exchange.Route == RouteKind.Inference)
        {
            exchange.DecodeRate = _pool.Governor.Rate;
            exchange.Decode = exchange.Share < exchange.DecodeRate;
        }

        exchange.RequestLength = head.ContentLength;
        exchange.RequestCoding = ContentCodings.Parse(head.ContentEncoding);
        exchange.RequestMessageCoding = ContentCodings.Parse(head.GrpcEncoding);
        exchange.RequestFormat = Format(head.ContentType, head.InferenceHeaderContentLength, out exchange.RequestJsonBytes);
    }

    void IExchangeEvents.OnRequestBody(int slot, ReadOnlySpan<byte> bytes)
    {
        if (_exchanges[slot] is not { } exchange)
            return;
        exchange.RequestBytes += bytes.Length;
        if (exchange.IsGrpc)
            exchange.RequestMessages.Read(bytes);
        if (exchange.Decode && exchange.RequestCoding != ContentCoding.Unsupported)
            Keep(ref exchange.RequestBody, ref exchange.RequestBodyState, bytes, Announced(exchange.IsGrpc, exchange.RequestMessages, exchange.RequestLength - exchange.RequestBytes));
    }

    void IExchangeEvents.OnRequestEnd(int slot)
    {
        if (_exchanges[slot] is { } exchange)
            exchange.RequestLastByte = _now;
    }

    void IExchangeEvents.OnResponseHead(int slot, in ResponseHead head)
    {
        if (_exchanges[slot] is not { } exchange)
            return;
        exchange.ResponseFirstByte = _now;
        exchange.ClientStall = -_stalled;
        exchange.Status = head.StatusCode;
        exchange.GrpcStatus = head.GrpcStatus;
        exchange.ResponseLength = head.ContentLength;
        exchange.ResponseCoding = ContentCodings.Parse(head.ContentEncoding);
        exchange.ResponseMessageCoding = ContentCodings.Parse(head.GrpcEncoding);
        exchange.ResponseFormat = Format(head.ContentType, head.InferenceHeaderContentLength, out exchange.ResponseJsonBytes);
    }

    void IExchangeEvents.OnResponseBody(int slot, ReadOnlySpan<byte> bytes)
    {
        if (_exchanges[slot] is not { } exchange)
            return;
        exchange.ResponseBytes += bytes.Length;
        if (exchange.IsGrpc)
            exchange.ResponseMessages.Read(bytes);
        if (exchange.ResponseFormat == BodyFormat.EventStream)
            exchange.Arrivals.Note(bytes, _now);
        if (exchange.Decode && exchange.ResponseCoding != ContentCoding.Unsupported)
            Keep(ref exchange.ResponseBody, ref exchange.ResponseBodyState, bytes, Announced(exchange.IsGrpc, exchange.ResponseMessages, exchange.ResponseLength - exchange.ResponseBytes));
    }

    void IExchangeEvents.OnResponseTrailers(int slot, in ResponseTrailers trailers)
    {
        if (_exchanges[slot] is { } exchange && trailers.GrpcStatus >= 0)
            exchange.GrpcStatus = trailers.GrpcStatus;
    }

    void IExchangeEvents.OnResponseEnd(int slot)
    {
        if (_exchanges[slot] is { } exchange)
            exchange.ResponseLastByte = _now;
    }

    void IExchangeEvents.OnExchangeEnded(int slot, ExchangeEnd end)
    {
        _pool.Closed();
        _openHere--;
        if (_exchanges[slot] is not { } exchange)
        {
            _pool.Intake.Lost(_listener, DropReason.HeadRingFull);
            return;
        }

        _exchanges[slot] = null;
        exchange.End = end is ExchangeEnd.ClientReset or ExchangeEnd.UpstreamReset && _vanished is { } vanished ? vanished : end;
        exchange.EndedAt = _now;
        exchange.ClientStall = exchange.ResponseFirstByte == 0 ? 0 : exchange.ClientStall + _stalled + (_stalledSince == 0 ? 0 : _now - _stalledSince);
        exchange.Opaque = _observer.ExchangeOpaqueReason;
        // gRPC clients reset the stream at their deadline; that they did so then, and not earlier, tells it from a cancelled call.
        exchange.DeadlineExceeded = end == ExchangeEnd.ClientReset && exchange.GrpcTimeoutNanos > 0
            && _pool.UnixNanos(_now) - exchange.StartedUnixNanos >= exchange.GrpcTimeoutNanos - DeadlineSlackNanos;
        _pool.Intake.Ended(exchange);
    }

    void IExchangeEvents.OnExchangeSkipped(OpaqueReason reason)
    {
        _pool.Intake.Began(_listener);
        _pool.Intake.WentOpaque(_listener, reason);
    }

    void IExchangeEvents.OnOpaque(OpaqueReason reason)
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
        if (_observer.ServerSpokeFirst && !_observer.IsOpaque)
            ((IExchangeEvents)this).OnOpaque(OpaqueReason.UnknownProtocol); // its client never said anything
        switch (end)
        {
            case ConnectionEnd.ClientTimedOut:
                _vanished = ExchangeEnd.ClientTimedOut;
                _observer.OnClientReset();
                break;
            case ConnectionEnd.UpstreamTimedOut:
                _vanished = ExchangeEnd.UpstreamTimedOut;
                _observer.OnServerReset();
                break;
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
    private void NotDialled(DialFailure failure)
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
        exchange.DialFailure = failure;
        _pool.Intake.Ended(exchange);
    }

    /// <summary>Bytes that are known to follow: the rest of the gRPC message, or of the declared length.</summary>
    private static long Announced(bool isGrpc, in GrpcMessageReader messages, long restOfLength) => isGrpc ? messages.Missing : restOfLength;

    private void Keep(ref CapturedBody? body, ref BodyState state, ReadOnlySpan<byte> bytes, long announced)
    {
        if (state is BodyState.OverBudget or BodyState.OverCap)
            return;
        if ((body?.Length ?? 0) + (long)bytes.Length > _pool.Settings.MaxBodyBytes)
        {
            state = BodyState.OverCap;
        }
        else
        {
            body ??= _pool.Bodies.Rent(bytes.Length, announced);
            if (body is not null && _pool.Bodies.Append(ref body, bytes, announced))
            {
                state = BodyState.Captured;
                return;
            }

            state = BodyState.OverBudget;
        }

        body?.Return();
        body = null;
    }

    // The length of the JSON in front of binary tensors is in a field of its own, or in the media type.
    private static BodyFormat Format(ReadOnlySpan<byte> contentType, long inferenceHeaderLength, out long jsonBytes)
    {
        var format = BodyFormats.Parse(contentType, out jsonBytes);
        if (inferenceHeaderLength >= 0)
            jsonBytes = inferenceHeaderLength;
        return format;
    }
}
