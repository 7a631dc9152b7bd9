namespace Sidecar.Wire;

/// <summary>
/// What an <see cref="Http1Observer"/> sees. Spans and heads are valid during the call only. A call must not call the observer back.
/// <para>
/// <c>slot</c> (0 to <see cref="Http1Observer.MaxPipelined"/> - 1) names the exchange on its connection, and is used again after its
/// <see cref="OnExchangeEnded"/>. Request and response of an exchange may overlap: a response may begin, and even end, before its request's end.
/// </para>
/// </summary>
public interface IHttp1Events
{
    /// <summary>A whole request head: opens the exchange.</summary>
    void OnRequestHead(int slot, in Http1RequestHead head);

    /// <summary>A piece of the request body without its chunked framing; never empty.</summary>
    void OnRequestBody(int slot, ReadOnlySpan<byte> decodedBytes);

    /// <summary>The request is whole.</summary>
    void OnRequestEnd(int slot);

    /// <summary>The final response head, or that of a 101; other interim responses (1xx) are counted in it only.</summary>
    void OnResponseHead(int slot, in Http1ResponseHead head);

    /// <summary>A piece of the response body without its chunked framing; never empty.</summary>
    void OnResponseBody(int slot, ReadOnlySpan<byte> decodedBytes);

    /// <summary>The response is whole.</summary>
    void OnResponseEnd(int slot);

    /// <summary>Exactly once for each <see cref="OnRequestHead"/>, and the last call for its slot.</summary>
    void OnExchangeEnded(int slot, ExchangeEnd how);

    /// <summary>At most once, after every open exchange was ended; no call follows it.</summary>
    void OnOpaque(OpaqueReason reason);
}
