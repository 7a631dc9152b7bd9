using Sidecar.Wire;

namespace Sidecar.Offline;

/// <summary>Writes down what the observer tells of a recorded connection.</summary>
internal sealed class DecodedConnection(bool orderIsKnown) : IExchangeEvents
{
    private readonly Dictionary<int, DecodedExchange> _open = [];
    private int _awaited;
    private DecodedExchange? _answered;

    public required ConnectionObserver Observer { get; init; }

    /// <summary>In the order of their requests.</summary>
    public List<DecodedExchange> Exchanges { get; } = [];

    /// <summary>Why exchanges, or the rest of the connection, could not be followed.</summary>
    public List<OpaqueReason> Opaque { get; } = [];

    /// <summary>Milliseconds from the connection's start; stays 0 where they aren't known.</summary>
    public double Now { get; set; }

    /// <summary>A request is whole, and its answer is not.</summary>
    public bool AwaitsAnswer => _awaited > 0;

    /// <summary>How much of the latest request's body is still to come, where its head says so; 0 where that isn't known.</summary>
    public long RequestBytesLeft => Exchanges.Count > 0 && Exchanges[^1] is { Request.Ended: false } last ? last.Request.BytesLeft : 0;

    /// <summary>As <see cref="RequestBytesLeft"/>, of the latest answer.</summary>
    public long ResponseBytesLeft => _answered is { Response.Ended: false } ? _answered.Response.BytesLeft : 0;

    public void OnRequestHead(int slot, in RequestHead head)
    {
        var exchange = _open[slot] = new DecodedExchange(head);
        exchange.Request.FirstByteAt = Now;
        Exchanges.Add(exchange);
    }

    public void OnRequestBody(int slot, ReadOnlySpan<byte> decodedBytes) => _open[slot].Request.Add(decodedBytes);

    public void OnRequestEnd(int slot)
    {
        _open[slot].Request.End(Now);
        _awaited += _open[slot].Response.Ended ? 0 : 1;
    }

    public void OnResponseHead(int slot, in ResponseHead head)
    {
        _answered = _open[slot];
        _open[slot].Answer(head);
        _open[slot].Response.FirstByteAt = Now;
    }

    public void OnResponseBody(int slot, ReadOnlySpan<byte> decodedBytes) => _open[slot].Response.Add(decodedBytes);

    public void OnResponseTrailers(int slot, in ResponseTrailers trailers) => _open[slot].Trail(trailers);

    public void OnResponseEnd(int slot)
    {
        _open[slot].Response.End(Now);
        _awaited -= _open[slot].Request.Ended ? 1 : 0;
    }

    public void OnExchangeEnded(int slot, ExchangeEnd how)
    {
        _open.Remove(slot, out var exchange);
        _awaited -= exchange!.Request.Ended && !exchange.Response.Ended ? 1 : 0;
        exchange.Opaque = how == ExchangeEnd.ConnectionOpaque ? Observer.ExchangeOpaqueReason : OpaqueReason.None;
        // Where only the bytes are known, nobody knows which side left first.
        exchange.Ended = how == ExchangeEnd.Shutdown || (!orderIsKnown && how is ExchangeEnd.ClientAborted or ExchangeEnd.UpstreamAborted) ? null : how;
    }

    public void OnExchangeSkipped(OpaqueReason reason) => Opaque.Add(reason);

    public void OnOpaque(OpaqueReason reason) => Opaque.Add(reason);
}
