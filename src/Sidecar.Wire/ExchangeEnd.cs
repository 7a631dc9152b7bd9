namespace Sidecar.Wire;

/// <summary>How an exchange (one request with its response) ended.</summary>
public enum ExchangeEnd : byte
{
    /// <summary>
    /// The whole response was seen. After an early answer the request may have been cut short:
    /// then <see cref="IHttp1Events.OnRequestEnd"/> was not called.
    /// </summary>
    Complete,

    /// <summary>The client closed first, and the response never became whole.</summary>
    ClientAborted,

    /// <summary>The server closed while the response was missing or incomplete.</summary>
    UpstreamAborted,

    /// <summary>The client reset the connection before the response was whole.</summary>
    ClientReset,

    /// <summary>The server reset the connection before the response was whole.</summary>
    UpstreamReset,

    /// <summary>The connection became opaque meanwhile: how the exchange went on isn't known.</summary>
    ConnectionOpaque,

    /// <summary>We stopped observing while it was open.</summary>
    Shutdown,
}
