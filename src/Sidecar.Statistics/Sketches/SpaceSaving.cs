namespace Sidecar.Statistics.Sketches;

/// <summary>A frequent value.</summary>
/// <param name="Value">Its bytes, cut at 64.</param>
/// <param name="Count">At least as often as it came, at most N/64 too much.</param>
/// <param name="Error">How much too much it may be.</param>
public readonly record struct HeavyHitter(ReadOnlyMemory<byte> Value, long Count, long Error);

/// <summary>
/// The most frequent of arbitrarily many values in 64 places (Metwally, Agrawal and El Abbadi 2005): any value with more than N/64 rows is among them. Names the values that the
/// reference has never seen, however many a client invents.
/// </summary>
public sealed class SpaceSaving
{
    /// <summary>Places.</summary>
    public const int Capacity = 64;

    /// <summary>Bytes kept of a value; longer ones are told apart by all of their bytes and named by these.</summary>
    public const int MaximumBytes = 64;

    private readonly ulong[] _hashes = new ulong[Capacity];
    private readonly long[] _counts = new long[Capacity];
    private readonly long[] _errors = new long[Capacity];
    private readonly byte[] _lengths = new byte[Capacity];
    private readonly byte[] _bytes = new byte[Capacity * MaximumBytes];
    private int _used;

    /// <summary>Values added.</summary>
    public long Rows { get; private set; }

    /// <summary>Adds a value.</summary>
    public void Add(ReadOnlySpan<byte> value) => Add(value, ValueHash.Of(value), 1, 0);

    /// <summary>Adds another summary: counts and errors add up, the largest stay.</summary>
    public void MergeFrom(SpaceSaving other)
    {
        // A value that the other lacks may have come there as often as its smallest place says.
        var unseen = other._used == Capacity ? other._counts.Min() : 0;
        for (var place = 0; place < _used; place++)
        {
            if (!other._hashes.AsSpan(0, other._used).Contains(_hashes[place]))
            {
                _counts[place] += unseen;
                _errors[place] += unseen;
            }
        }

        var rows = Rows + other.Rows;
        foreach (var place in Enumerable.Range(0, other._used).OrderByDescending(place => other._counts[place]))
            Add(other._bytes.AsSpan(place * MaximumBytes, other._lengths[place]), other._hashes[place], other._counts[place], other._errors[place]);
        Rows = rows;
    }

    /// <summary>The values in falling order of count.</summary>
    public IReadOnlyList<HeavyHitter> Top() =>
    [
        .. Enumerable.Range(0, _used).OrderByDescending(place => _counts[place]).ThenBy(place => _hashes[place])
            .Select(place => new HeavyHitter(_bytes.AsSpan(place * MaximumBytes, _lengths[place]).ToArray(), _counts[place], _errors[place])),
    ];

    private void Add(ReadOnlySpan<byte> value, ulong hash, long count, long error)
    {
        Rows += count;
        var place = _hashes.AsSpan(0, _used).IndexOf(hash);
        if (place >= 0)
        {
            _counts[place] += count;
            _errors[place] += error;
            return;
        }

        if (_used < Capacity)
        {
            place = _used++;
            (_counts[place], _errors[place]) = (count, error);
        }
        else
        {
            // The new value takes the rarest one's place and its count, which is how much it may be overstated.
            place = 0;
            for (var other = 1; other < Capacity; other++)
                place = _counts[other] < _counts[place] ? other : place;
            (_counts[place], _errors[place]) = (_counts[place] + count, _counts[place] + error);
        }

        _hashes[place] = hash;
        _lengths[place] = (byte)Math.Min(MaximumBytes, value.Length);
        value[.._lengths[place]].CopyTo(_bytes.AsSpan(place * MaximumBytes));
    }
}
