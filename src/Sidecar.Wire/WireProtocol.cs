namespace Sidecar.Wire;

/// <summary>What the first bytes of a client say about the protocol of a connection.</summary>
public enum WireProtocol : byte
{
    /// <summary>Too few bytes yet.</summary>
    Undecided,

    /// <summary>A plausible HTTP/1.x request: a method token and a space.</summary>
    Http1,

    /// <summary>The connection preface of HTTP/2 with prior knowledge (RFC 9113 §3.4).</summary>
    Http2,

    /// <summary>A TLS handshake record (RFC 8446 §5.1).</summary>
    Tls,

    /// <summary>None of these.</summary>
    Unknown,
}
