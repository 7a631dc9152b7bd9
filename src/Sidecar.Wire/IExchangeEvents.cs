namespace Sidecar.Wire;

/// <summary>
/// What a <see cref="ConnectionObserver"/> sees, whatever the HTTP version. Spans and heads are valid during the call only. A call must not call the observer back.
/// <para>
/// <c>slot</c> (0 upwards; HTTP/1.x: below <see cref="Http1Observer.MaxPipelined"/>, HTTP/2: below <see cref="ObserverLimits.MaxStreams"/>, small
/// numbers first) names the exchange on its connection, and is used again after its <see cref="OnExchangeEnded"/>. Request and response of an exchange may overlap: a response may begin, and even end, before its request's end.
/// </para>
/// </summary>
public interface IExchangeEvents
{
    /// <summary>A whole request head: opens the exchange.</summary>
    void OnRequestHead(int slot, in RequestHead head);

    /// <summary>A piece of the request body without its framing (chunks, frames, padding); never empty.</summary>
    void OnRequestBody(int slot, ReadOnlySpan<byte> decodedBytes);

    /// <summary>The request is whole.</summary>
    void OnRequestEnd(int slot);

    /// <summary>The final response head, or that of a 101; other interim responses (1xx) are counted in it only.</summary>
    void OnResponseHead(int slot, in ResponseHead head);

    /// <summary>A piece of the response body without its framing (chunks, frames, padding); never empty.</summary>
    void OnResponseBody(int slot, ReadOnlySpan<byte> decodedBytes);

    /// <summary>The trailers after the response's body, ahead of <see cref="OnResponseEnd"/>; not called where there are none. Those of requests are not told.</summary>
    void OnResponseTrailers(int slot, in ResponseTrailers trailers);

    /// <summary>The response is whole.</summary>
    void OnResponseEnd(int slot);

    /// <summary>Exactly once for each <see cref="OnRequestHead"/>, and the last call for its slot.</summary>
    void OnExchangeEnded(int slot, ExchangeEnd how);

    /// <summary>An exchange that isn't followed, though the connection is: it was never opened, and no other call tells of it.</summary>
    void OnExchangeSkipped(OpaqueReason reason);

    /// <summary>At most once, after every open exchange was ended; no call follows it.</summary>
    void OnOpaque(OpaqueReason reason);
}
