namespace Sidecar.Wire;

/// <summary>
/// Watches one connection's two byte streams and tells the HTTP/1.x exchanges in them (RFC 9110, RFC 9112). It changes nothing, keeps
/// no bytes but those of a head that is split over reads, and throws for no input. What it can't follow with certainty makes the connection
/// opaque: it says why, once, and ignores what comes after.
/// <para>
/// Not thread-safe: the calls of both directions must not overlap, and a piece of a request must be shown no later than the bytes of
/// the response that it causes. Reusable by <see cref="Reset"/>; before the first one, bytes are ignored.
/// </para>
/// </summary>
public sealed partial class Http1Observer
{
    /// <summary>How many exchanges may be open at once on a connection. Clients that pipeline at all stay well below.</summary>
    public const int MaxPipelined = 16;

    private enum Reading : byte
    {
        Ignored,
        Head,
        Body,
    }

    private readonly int _maxHeadBytes;
    private IExchangeEvents _events = NoEvents.Instance;

    // Invariant: _exchangesEnded ≤ _responsesEnded ≤ _requestsStarted and _requestsStarted - 1 ≤ _requestsEnded ≤ _requestsStarted
    // while observing. Exchanges start, are answered and end in the same order (RFC 9112 §9.3.2), so four counters tell all.
    private long _requestsStarted;
    private long _requestsEnded;
    private long _responsesEnded;
    private long _exchangesEnded;

    /// <exception cref="ArgumentOutOfRangeException">A limit is too small to hold any head.</exception>
    public Http1Observer(ObserverLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentOutOfRangeException.ThrowIfLessThan(limits.MaxHeadBytes, 256, nameof(limits));
        _maxHeadBytes = limits.MaxHeadBytes;
    }

    /// <summary>Nothing more will be told about this connection.</summary>
    public bool IsOpaque => OpaqueReason != OpaqueReason.None;

    /// <summary>Why; <see cref="OpaqueReason.None"/> while it is observed.</summary>
    public OpaqueReason OpaqueReason { get; private set; }

    /// <summary>
    /// The exchange that was answered with a 101 to HTTP/2, whose real answer comes on stream 1 (RFC 7540 §3.2); -1 where none was.
    /// Nothing more is read here then, and that exchange is left open.
    /// </summary>
    internal int UpgradedSlot { get; private set; } = -1;

    /// <summary>Follows a 101 to HTTP/2 by leaving the rest of the connection to someone else, instead of becoming opaque.</summary>
    internal bool HandsOverHttp2 { get; init; }

    /// <summary>Starts over for a new connection. Exchanges of the former one that are still open are forgotten, not ended.</summary>
    public void Reset(IExchangeEvents events)
    {
        ArgumentNullException.ThrowIfNull(events);
        StopReading();
        _events = events;
        _requestsStarted = _requestsEnded = _responsesEnded = _exchangesEnded = 0;
        _clientReading = _serverReading = Reading.Head;
        _clientClosed = _serverClosed = _lastRequest = false;
        _headMask = _connectMask = _upgradeMask = 0;
        _interimCount = 0;
        UpgradedSlot = -1;
        OpaqueReason = OpaqueReason.None;
    }

    /// <summary>Gives everything pooled back; what follows is ignored until the next reset.</summary>
    internal void Release()
    {
        StopReading();
        _events = NoEvents.Instance;
    }

    /// <summary>
    /// The client closed its sending half. It may still be waiting for answers (RFC 9112 §9.6), so open exchanges go on;
    /// if the server then closes or resets without a whole answer, they end as <see cref="ExchangeEnd.ClientAborted"/>: the client left first.
    /// </summary>
    public void OnClientClosed()
    {
        if (_clientClosed)
            return;
        _clientClosed = true;
        _clientReading = Reading.Ignored;
        _clientHead.Return();
        EndAnswered();
    }

    /// <summary>The server closed its sending half: completes a response without a declared length; others stay incomplete for ever.</summary>
    public void OnServerClosed()
    {
        if (_serverClosed)
            return;
        _serverClosed = true;
        if (_serverReading == Reading.Body && _responseBody.IsUntilClose)
            EndResponse();
        EndOpen(_clientClosed ? ExchangeEnd.ClientAborted : ExchangeEnd.UpstreamAborted);
        _serverReading = Reading.Ignored;
        _serverHead.Return();
        // A request that crosses the close on its way is still an attempt, so heads are read on; a body would belong to an ended exchange.
        if (_clientReading == Reading.Body)
            _clientReading = Reading.Ignored;
    }

    /// <summary>The client reset the connection.</summary>
    public void OnClientReset() => End(ExchangeEnd.ClientReset);

    /// <summary>The server reset the connection.</summary>
    public void OnServerReset() => End(_clientClosed ? ExchangeEnd.ClientAborted : ExchangeEnd.UpstreamReset);

    /// <summary>Observing stops here, whatever the connection does.</summary>
    public void OnShutdown() => End(ExchangeEnd.Shutdown);

    private void End(ExchangeEnd end)
    {
        StopReading();
        EndOpen(end);
    }

    private void BecomeOpaque(OpaqueReason reason)
    {
        StopReading();
        OpaqueReason = reason;
        EndOpen(ExchangeEnd.ConnectionOpaque);
        _events.OnOpaque(reason);
    }

    private void StopReading()
    {
        _clientReading = _serverReading = Reading.Ignored;
        _clientHead.Return();
        _serverHead.Return();
    }

    // Ends, in order, the exchanges of which nothing more is to come.
    private void EndAnswered()
    {
        while (_exchangesEnded < _responsesEnded && (_exchangesEnded < _requestsEnded || _clientClosed))
            EndOldest(ExchangeEnd.Complete);
    }

    private void EndOpen(ExchangeEnd end)
    {
        while (_exchangesEnded < _requestsStarted)
        {
            // A request cut short after its whole answer takes nothing from the answer, unless we lost our way in it.
            var answered = _exchangesEnded < _responsesEnded && end != ExchangeEnd.ConnectionOpaque;
            EndOldest(answered ? ExchangeEnd.Complete : end);
        }
    }

    private void EndOldest(ExchangeEnd end) => _events.OnExchangeEnded(Slot(_exchangesEnded++), end);

    private static int Slot(long exchange) => (int)(exchange & (MaxPipelined - 1));

    private static uint Bit(long exchange) => 1u << Slot(exchange);

    // So that an observer that was never reset needs no null check.
    private sealed class NoEvents : IExchangeEvents
    {
        public static readonly NoEvents Instance = new();

        public void OnRequestHead(int slot, in RequestHead head) { }
        public void OnRequestBody(int slot, ReadOnlySpan<byte> decodedBytes) { }
        public void OnRequestEnd(int slot) { }
        public void OnResponseHead(int slot, in ResponseHead head) { }
        public void OnResponseBody(int slot, ReadOnlySpan<byte> decodedBytes) { }
        public void OnResponseTrailers(int slot, in ResponseTrailers trailers) { }
        public void OnResponseEnd(int slot) { }
        public void OnExchangeEnded(int slot, ExchangeEnd how) { }
        public void OnExchangeSkipped(OpaqueReason reason) { }
        public void OnOpaque(OpaqueReason reason) { }
    }
}
