namespace Sidecar.Model;

/// <summary>What a request is for, told from its head alone.</summary>
public enum RouteKind : byte
{
    /// <summary>Health, metadata, statistics and other calls that carry no inference.</summary>
    NotInference,

    /// <summary>A kubelet's or Knative's probe: told apart so that it never enters an SLI.</summary>
    Probe,

    /// <summary>An inference request of a protocol that is decoded.</summary>
    Inference,

    /// <summary>A request with a body to a path that no known protocol has. It counts for success and latency.</summary>
    Unknown,
}

/// <summary>Why an exchange was left out on purpose.</summary>
public enum SkipReason : byte
{
    NotInference,
    Probe,

    /// <summary>Left out of decoding by <c>capture.decodeRate</c>; it still counts for success and latency.</summary>
    Sampled,

    /// <summary>Left out because the analysis was behind and the share of what it gets was lowered; it still counts for success and latency.</summary>
    Shed,
}

/// <summary>Why an exchange could not be decoded. It still counts for success and latency.</summary>
public enum UndecodableReason : byte
{
    /// <summary>No known inference protocol at this path.</summary>
    UnknownRoute,

    /// <summary>The body is not what its protocol says.</summary>
    Malformed,

    /// <summary>The body ended early, or the exchange was aborted before its request was whole.</summary>
    Truncated,

    /// <summary>The body is over <c>capture.maxBody</c>, or decodes to more than the decoder's limits.</summary>
    TooLarge,

    /// <summary>A content encoding or an extension that can't be read yet.</summary>
    UnsupportedEncoding,

    /// <summary>Tensors pass through shared memory and never cross the wire.</summary>
    SharedMemory,

    /// <summary>A datatype that the protocol does not name.</summary>
    UnsupportedDatatype,

    /// <summary>The elements do not fill the stated shape.</summary>
    ShapeMismatch,

    /// <summary>An element does not fit the stated datatype.</summary>
    ValueMismatch,

    /// <summary>A tensor lacks its name, datatype, shape or data.</summary>
    MissingMember,

    /// <summary>Well-formed, but not a message of the protocol that its path names.</summary>
    NotInference,

    /// <summary>The upstream could not be reached, so no request was read.</summary>
    UpstreamRefused,
}

/// <summary>Why an exchange was lost to us (never to the client).</summary>
public enum DropReason : byte
{
    /// <summary>The analysis was behind: its queue was full.</summary>
    QueueFull,

    /// <summary>The process-wide <c>capture.budget</c> was used up.</summary>
    CaptureBudget,

    /// <summary>No record was free for the exchange's head.</summary>
    HeadRingFull,

    /// <summary>An observer threw: a bug of ours; its connection is relayed on and no longer watched.</summary>
    ObserverFailed,

    /// <summary>The analysis threw: a bug of ours.</summary>
    AnalysisFailed,

    /// <summary>It was still queued at the end of the shutdown.</summary>
    Shutdown,
}

/// <summary>Why no connection to the upstream came about.</summary>
public enum DialFailure : byte
{
    /// <summary>It did.</summary>
    None,

    /// <summary>The upstream refused it, or could not be reached.</summary>
    Refused,

    /// <summary>Not even tried: this process has no socket left.</summary>
    OutOfSockets,

    /// <summary>The upstream's TLS handshake failed.</summary>
    Handshake,
}

/// <summary>Why an exchange goes on as a head alone.</summary>
public enum HeadFate : byte
{
    /// <summary>It does not: its bodies are analysed.</summary>
    None,

    /// <summary>No known inference protocol at its path.</summary>
    UnknownRoute,

    /// <summary>The upstream could not be reached.</summary>
    UpstreamRefused,

    /// <summary>Its connection can't be followed any further.</summary>
    Opaque,

    /// <summary>Left out by <c>capture.decodeRate</c>.</summary>
    Sampled,

    /// <summary>Left out while the analysis was behind.</summary>
    Shed,

    /// <summary>The <c>capture.budget</c> was used up.</summary>
    CaptureBudget,

    /// <summary>The analysis was behind.</summary>
    QueueFull,
}

/// <summary>What became of a body's capture.</summary>
public enum BodyState : byte
{
    /// <summary>The message had no body, or it was not wanted.</summary>
    None,
    Captured,
    OverBudget,
    OverCap,
}

/// <summary>Where a request's id came from, best first.</summary>
public enum RequestIdOrigin : byte
{
    /// <summary>The request names none.</summary>
    None,

    /// <summary>The inference protocol's own member (V2 <c>id</c>).</summary>
    Body,

    /// <summary>The field <c>x-request-id</c>.</summary>
    XRequestId,

    /// <summary>The field <c>ce-id</c> of a CloudEvent.</summary>
    CeId,

    /// <summary>The field <c>traceparent</c> (W3C Trace Context).</summary>
    TraceParent,

    /// <summary>Made by the sidecar, for an event of a request that has none.</summary>
    Generated,
}
