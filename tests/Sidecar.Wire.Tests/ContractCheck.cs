namespace Sidecar.Wire.Tests;

/// <summary>
/// Fails at the first event that breaks the promises of <see cref="IExchangeEvents"/>, and hashes all events such that two ways of splitting
/// the same bytes give the same hash.
/// </summary>
internal sealed class ContractCheck : IExchangeEvents
{
    private readonly Phase[] _request = new Phase[new ObserverLimits().MaxStreams];
    private readonly Phase[] _response = new Phase[new ObserverLimits().MaxStreams];
    private bool _opaque;
    private int _lastKey;

    private enum Phase
    {
        None,
        Head,
        Ended,
    }

    public ulong Hash { get; private set; } = 14695981039346656037;

    public int Open { get; private set; }

    /// <summary>Exchanges that ended complete, over all connections.</summary>
    public long Completed { get; private set; }

    public void Reset()
    {
        Expect(Open == 0, "every exchange ends"); // so every slot is free
        (_opaque, _lastKey, Open, Hash) = (false, 0, 0, 14695981039346656037);
    }

    public void OnRequestHead(int slot, in RequestHead head)
    {
        Expect(_request[slot] == Phase.None, "the slot is free");
        _request[slot] = Phase.Head;
        Open++;
        Note(1, slot, head.Fields);
    }

    public void OnRequestBody(int slot, ReadOnlySpan<byte> decodedBytes)
    {
        Expect(_request[slot] == Phase.Head && !decodedBytes.IsEmpty, "a request body comes after its head, not empty");
        Note(2, slot, decodedBytes, joins: true);
    }

    public void OnRequestEnd(int slot)
    {
        Expect(_request[slot] == Phase.Head, "a request ends once");
        _request[slot] = Phase.Ended;
        Note(3, slot, default);
    }

    public void OnResponseHead(int slot, in ResponseHead head)
    {
        Expect(_request[slot] != Phase.None && _response[slot] == Phase.None, "one final response a request");
        _response[slot] = Phase.Head;
        Note(4, slot, head.Fields);
    }

    public void OnResponseBody(int slot, ReadOnlySpan<byte> decodedBytes)
    {
        Expect(_response[slot] == Phase.Head && !decodedBytes.IsEmpty, "a response body comes after its head, not empty");
        Note(5, slot, decodedBytes, joins: true);
    }

    public void OnResponseTrailers(int slot, in ResponseTrailers trailers)
    {
        Expect(_response[slot] == Phase.Head, "trailers come within a response");
        Note(9, slot, trailers.Fields);
    }

    public void OnExchangeSkipped(OpaqueReason reason)
    {
        Expect(reason != OpaqueReason.None, "a skip has a reason");
        Note(10, 0, [(byte)reason]);
    }

    public void OnResponseEnd(int slot)
    {
        Expect(_response[slot] == Phase.Head, "a response ends once");
        _response[slot] = Phase.Ended;
        Note(6, slot, default);
    }

    public void OnExchangeEnded(int slot, ExchangeEnd how)
    {
        Expect(_request[slot] != Phase.None, "an exchange ends once");
        Expect((how == ExchangeEnd.Complete) == (_response[slot] == Phase.Ended) || how == ExchangeEnd.ConnectionOpaque,
            "complete means that the response is");
        _request[slot] = _response[slot] = Phase.None;
        Open--;
        Completed += how == ExchangeEnd.Complete ? 1 : 0;
        Note(7, slot, [(byte)how]);
    }

    public void OnOpaque(OpaqueReason reason)
    {
        Expect(Open == 0 && reason != OpaqueReason.None, "opaque comes after every exchange ended");
        Note(8, 0, [(byte)reason]);
        _opaque = true;
    }

    private void Note(int kind, int slot, ReadOnlySpan<byte> bytes, bool joins = false)
    {
        Expect(!_opaque, "nothing comes after opaque");
        var key = (kind << 16) | slot;
        if (!joins || key != _lastKey)
            Mix((uint)key);
        _lastKey = key;
        foreach (var value in bytes)
            Mix(value);
    }

    private void Mix(uint value) => Hash = (Hash ^ value) * 1099511628211; // FNV-1a

    private static void Expect(bool holds, string promise)
    {
        if (!holds)
            Assert.Fail("broken promise: " + promise);
    }
}
