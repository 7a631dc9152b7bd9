namespace Sidecar.Statistics.Detection;

/// <summary>
/// The counts of a feature's last sub-windows, one by one: where checkpoints lie 2½ times apart, this tells to a sub-window where a change began that was
/// found soon. 28 are kept, since most changes worth a page are found within ten.
/// </summary>
/// <remarks>
/// A cell's count is kept in a byte, exactly up to 255; in a sub-window with more in a cell all are halved as often as it takes, since nothing but the place of a beginning
/// depends on them.
/// </remarks>
public sealed class SubWindowHistory
{
    /// <summary>Sub-windows kept.</summary>
    public const int Capacity = 28;

    private readonly int _cells;
    private readonly byte[] _counts;
    private readonly byte[] _halvings = new byte[Capacity];
    private readonly long[] _begins = new long[Capacity];
    private long _last;
    private int _next;

    /// <param name="cells">Cells of the model.</param>
    /// <param name="start">Event time in Unix nanoseconds of the first row.</param>
    public SubWindowHistory(int cells, long start)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(cells);
        (_cells, _last) = (cells, start);
        _counts = new byte[Capacity * cells];
    }

    /// <summary>Sub-windows held.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a closed sub-window.</summary>
    /// <param name="counts">Its counts in the model's cells.</param>
    /// <param name="unixNanos">Event time of its end.</param>
    public void Add(ReadOnlySpan<long> counts, long unixNanos)
    {
        var row = _counts.AsSpan(_next * _cells, _cells);
        long most = 0;
        for (var cell = 0; cell < _cells; cell++)
            most = Math.Max(most, counts[cell]);
        var halvings = Math.Max(0, 64 - System.Numerics.BitOperations.LeadingZeroCount((ulong)most) - 8);
        for (var cell = 0; cell < _cells; cell++)
            row[cell] = (byte)(counts[cell] >> halvings);
        _halvings[_next] = (byte)halvings;
        (_begins[_next], _last) = (_last, unixNanos);
        _next = (_next + 1) % Capacity;
        Count = Math.Min(Count + 1, Capacity);
    }

    /// <summary>The beginning of the last sub-windows for which a detector's leading expert speaks most, as <see cref="Checkpoints.Locate"/> does it.</summary>
    /// <returns>Its age in sub-windows, its event time, and the log likelihood ratio since; an age of 0 where nothing is held.</returns>
    public (long Age, long UnixNanos, double Ratio) Locate(MixtureDetector detector)
    {
        Span<long> counts = stackalloc long[_cells];
        counts.Clear();
        var best = (Age: 0L, UnixNanos: _last, Ratio: double.NegativeInfinity);
        for (var age = 1; age <= Count; age++)
        {
            var at = (_next - age + Capacity) % Capacity;
            var row = _counts.AsSpan(at * _cells, _cells);
            for (var cell = 0; cell < _cells; cell++)
                counts[cell] += (long)row[cell] << _halvings[at];
            var ratio = detector.LogRatio(counts);
            if (ratio > best.Ratio)
                best = (age, _begins[at], ratio);
        }

        return best;
    }
}
