namespace Sidecar.Wire;

/// <summary>Why a connection stopped being observed. Closed: each value is also a metric label.</summary>
public enum OpaqueReason : byte
{
    /// <summary>It is observed.</summary>
    None,

    /// <summary>The client opened with the HTTP/2 preface, and only HTTP/1.x is watched for: an <see cref="Http1Observer"/> on its own.</summary>
    Http2,

    /// <summary>The client opened with a TLS handshake.</summary>
    Tls,

    /// <summary>The client opened with something else that isn't HTTP.</summary>
    UnknownProtocol,

    /// <summary>The server switched protocols (101), or opened a tunnel (2xx to CONNECT).</summary>
    Upgraded,

    /// <summary>A head, or a trailer section, is longer than <see cref="ObserverLimits.MaxHeadBytes"/>.</summary>
    HeadTooLarge,

    /// <summary>A request breaks the grammar, or its length can be read in more than one way.</summary>
    MalformedRequest,

    /// <summary>A response breaks the grammar, or its length can be read in more than one way.</summary>
    MalformedResponse,

    /// <summary>The server sent bytes though every request already has its whole response.</summary>
    UnsolicitedResponse,

    /// <summary>More than <see cref="Http1Observer.MaxPipelined"/> exchanges are open at once.</summary>
    PipelineTooDeep,

    /// <summary>More than <see cref="ObserverLimits.MaxStreams"/> streams are open at once: this one is not followed.</summary>
    TooManyStreams,

    /// <summary>A header block can't be decoded, or wants a table over <see cref="ObserverLimits.MaxHeaderTableBytes"/> (RFC 7541).</summary>
    HeaderCompression,

    /// <summary>The observer itself failed: a bug of ours.</summary>
    ObserverFailed,
}
