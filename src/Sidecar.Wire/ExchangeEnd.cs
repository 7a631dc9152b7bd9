namespace Sidecar.Wire;

/// <summary>How an exchange (one request with its response) ended.</summary>
public enum ExchangeEnd : byte
{
    /// <summary>
    /// The whole response was seen. After an early answer the request may have been cut short:
    /// then <see cref="IExchangeEvents.OnRequestEnd"/> was not called.
    /// </summary>
    Complete,

    /// <summary>The client closed first, and the response never became whole.</summary>
    ClientAborted,

    /// <summary>The server closed while the response was missing or incomplete.</summary>
    UpstreamAborted,

    /// <summary>The client reset the connection, or the stream, before the response was whole.</summary>
    ClientReset,

    /// <summary>The server reset the connection, or the stream, before the response was whole.</summary>
    UpstreamReset,

    /// <summary>The client vanished without a word. Only who watches the connection knows: no observer tells it.</summary>
    ClientTimedOut,

    /// <summary>The server vanished without a word; as <see cref="ClientTimedOut"/>.</summary>
    UpstreamTimedOut,

    /// <summary>HTTP/2: the server says that it did not work on it (REFUSED_STREAM, or above a GOAWAY's last stream; RFC 9113 §8.7).</summary>
    Refused,

    /// <summary>The connection became opaque meanwhile, or this stream's answer can't be read: how the exchange went on isn't known.</summary>
    ConnectionOpaque,

    /// <summary>We stopped observing while it was open.</summary>
    Shutdown,
}
