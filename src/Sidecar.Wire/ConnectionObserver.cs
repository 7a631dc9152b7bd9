using System.Runtime.CompilerServices;

namespace Sidecar.Wire;

/// <summary>
/// Watches a connection whatever it speaks: recognises HTTP/1.x and HTTP/2 (with prior knowledge, RFC 9113 §3.3, and by upgrade, RFC 7540 §3.2)
/// from the first bytes, and tells the exchanges. What it can't read is opaque, with the reason, once. It changes nothing and throws for no input.
/// <para>
/// Not thread-safe: the calls of both directions must not overlap, and a piece of a request must be shown no later than the bytes of
/// the response that it causes. Reusable by <see cref="Reset"/>; before the first one, bytes are ignored.
/// </para>
/// </summary>
public sealed class ConnectionObserver
{
    private readonly ObserverLimits _limits;
    private readonly Http1Observer _http1;
    private Http2Observer? _http2;
    private IExchangeEvents? _events;
    private First24 _first;
    private int _firstLength;
    private bool _serverFirst;
    private bool _opaque;
    private OpaqueReason _reason;

    /// <exception cref="ArgumentOutOfRangeException">A limit is too small to hold any head.</exception>
    public ConnectionObserver(ObserverLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentOutOfRangeException.ThrowIfLessThan(limits.MaxStreams, 1, nameof(limits));
        ArgumentOutOfRangeException.ThrowIfNegative(limits.MaxHeaderTableBytes, nameof(limits));
        _limits = limits;
        _http1 = new Http1Observer(limits) { HandsOverHttp2 = true };
    }

    /// <summary>What the connection speaks; <see cref="WireProtocol.Undecided"/> until the client's first bytes tell.</summary>
    public WireProtocol Protocol { get; private set; }

    /// <summary>Nothing more will be told about this connection.</summary>
    public bool IsOpaque => OpaqueReason != OpaqueReason.None;

    /// <summary>Why; None while it is observed.</summary>
    public OpaqueReason OpaqueReason => _opaque ? _reason : _http1.OpaqueReason != OpaqueReason.None ? _http1.OpaqueReason : _http2?.OpaqueReason ?? OpaqueReason.None;

    /// <summary>During <see cref="IExchangeEvents.OnExchangeEnded"/> with <see cref="ExchangeEnd.ConnectionOpaque"/>: why the exchange can't be told.</summary>
    public OpaqueReason ExchangeOpaqueReason => _http2 is { StreamReason: not OpaqueReason.None } http2 ? http2.StreamReason : OpaqueReason;

    /// <summary>The server sent bytes though the client hasn't said yet what it speaks.</summary>
    public bool ServerSpokeFirst => _serverFirst && Protocol == WireProtocol.Undecided;

    /// <summary>Starts over for a new connection. Exchanges of the former one that are still open are forgotten, not ended.</summary>
    public void Reset(IExchangeEvents events)
    {
        ArgumentNullException.ThrowIfNull(events);
        Protocol = WireProtocol.Undecided;
        _events = events;
        _serverFirst = _opaque = false;
        _firstLength = 0;
        _http1.Reset(events);
        _http2?.Reset(events);
    }

    /// <summary>Gives what is pooled back; bytes are ignored until the next <see cref="Reset"/>.</summary>
    public void Release()
    {
        _events = null;
        _http1.Release();
        _http2?.Release();
    }

    /// <summary>The next bytes that the client sent, in any portions.</summary>
    public void OnClientBytes(ReadOnlySpan<byte> bytes)
    {
        switch (Protocol)
        {
            case WireProtocol.Http1: _http1.OnClientBytes(bytes); break;
            case WireProtocol.Http2: _http2!.OnClientBytes(bytes); break;
            case WireProtocol.Undecided when _events is not null: Recognise(bytes); break;
        }
    }

    /// <summary>The next bytes that the server sent, in any portions.</summary>
    public void OnServerBytes(ReadOnlySpan<byte> bytes)
    {
        if (Protocol == WireProtocol.Http1)
        {
            _http1.ReadServer(ref bytes);
            if (_http1.UpgradedSlot < 0)
                return;
            Protocol = WireProtocol.Http2;
            Http2().ResetUpgraded(_events!, _http1.UpgradedSlot);
        }
        else if (Protocol == WireProtocol.Undecided && _events is not null && !bytes.IsEmpty)
        {
            // A server of HTTP/2 may send its settings on accept; the client still decides.
            _serverFirst = true;
            Http2();
        }

        if (Protocol is WireProtocol.Http2 or WireProtocol.Undecided)
            _http2?.OnServerBytes(bytes);
    }

    /// <summary>
    /// The client closed its sending half. It may still be waiting for answers (RFC 9112 §9.6), so open exchanges go on;
    /// if the server then closes or resets without a whole answer, they end as <see cref="ExchangeEnd.ClientAborted"/>: the client left first.
    /// </summary>
    public void OnClientClosed()
    {
        if (Protocol == WireProtocol.Http1)
            _http1.OnClientClosed();
        else if (Protocol == WireProtocol.Http2)
            _http2!.OnClientClosed();
    }

    /// <summary>The server closed its sending half: completes an HTTP/1.x response without a declared length; others stay incomplete for ever.</summary>
    public void OnServerClosed()
    {
        if (Protocol == WireProtocol.Http1)
            _http1.OnServerClosed();
        else if (Protocol == WireProtocol.Http2)
            _http2!.OnServerClosed();
    }

    /// <summary>The client reset the connection.</summary>
    public void OnClientReset() => End(ExchangeEnd.ClientReset);

    /// <summary>The server reset the connection.</summary>
    public void OnServerReset() => End(ExchangeEnd.UpstreamReset);

    /// <summary>Observing stops here, whatever the connection does.</summary>
    public void OnShutdown() => End(ExchangeEnd.Shutdown);

    private void End(ExchangeEnd end)
    {
        if (Protocol == WireProtocol.Http2)
            _http2!.End(end);
        else if (Protocol == WireProtocol.Http1 && end == ExchangeEnd.ClientReset)
            _http1.OnClientReset();
        else if (Protocol == WireProtocol.Http1 && end == ExchangeEnd.UpstreamReset)
            _http1.OnServerReset();
        else if (Protocol == WireProtocol.Http1)
            _http1.OnShutdown();
    }

    private Http2Observer Http2()
    {
        if (_http2 is null)
        {
            _http2 = new Http2Observer(_limits);
            _http2.Reset(_events!);
        }

        return _http2;
    }

    private void Recognise(ReadOnlySpan<byte> bytes)
    {
        if (_firstLength == 0)
        {
            var protocol = ProtocolSniffer.Sniff(bytes);
            if (protocol != WireProtocol.Undecided)
            {
                Settle(protocol);
                OnClientBytes(bytes);
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
        OnClientBytes(first[.._firstLength]);
        OnClientBytes(bytes[taken..]);
    }

    private void Settle(WireProtocol protocol)
    {
        // In HTTP/1.x no server speaks first: what looks like a request is then part of something else.
        if (protocol == WireProtocol.Http1 && _serverFirst)
            protocol = WireProtocol.Unknown;
        Protocol = protocol;
        if (protocol == WireProtocol.Http2)
            Http2();
        if (protocol is not (WireProtocol.Tls or WireProtocol.Unknown) || IsOpaque)
            return;
        _opaque = true;
        _reason = protocol == WireProtocol.Tls ? OpaqueReason.Tls : OpaqueReason.UnknownProtocol;
        _events!.OnOpaque(_reason);
    }

    [InlineArray(ProtocolSniffer.MaxBytes)]
    private struct First24
    {
        private byte _byte;
    }
}
