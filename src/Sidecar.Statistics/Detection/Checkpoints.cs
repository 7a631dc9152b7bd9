namespace Sidecar.Statistics.Detection;

/// <summary>
/// Cumulative counts of a feature and a few of their past states, so that the counts of any recent window are a subtraction away: exact integers, and two pods' or shards' add up.
/// </summary>
/// <remarks>
/// Ages grow about geometrically: when a place is needed, the checkpoint goes whose absence leaves the smallest gap for its age. Counters wrap at 2^32 and the subtraction
/// still holds for windows of fewer rows.
/// </remarks>
public sealed class Checkpoints
{
    /// <summary>Past states kept: ages 1 … 2,048 sub-windows, about 2½ times apart.</summary>
    public const int Capacity = 9;

    /// <summary>Sub-windows after which a checkpoint is too old to say anything about now.</summary>
    public const int LongestAge = 2048;

    private readonly int _cells;
    private readonly uint[] _now;
    private readonly uint[] _past;
    private readonly double[] _pastTails = new double[Capacity * 2];
    private readonly long[] _at = new long[Capacity];
    private readonly long[] _times = new long[Capacity];
    private double _below;
    private double _above;
    private long _windows;

    /// <param name="cells">Cells of the model.</param>
    /// <param name="start">Event time in Unix nanoseconds of the first row.</param>
    public Checkpoints(int cells, long start)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(cells);
        _cells = cells;
        _now = new uint[cells];
        _past = new uint[Capacity * cells];
        _times[0] = start;
        Count = 1;
    }

    /// <summary>Past states held, oldest first; at least the beginning.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a closed sub-window.</summary>
    /// <param name="counts">Its counts in the model's cells.</param>
    /// <param name="unixNanos">Event time of its end.</param>
    /// <param name="below">Sum of the finite values below the lowest bin.</param>
    /// <param name="above">Sum of the finite values above the highest bin.</param>
    public void Add(ReadOnlySpan<long> counts, long unixNanos, double below = 0, double above = 0)
    {
        for (var cell = 0; cell < _cells; cell++)
            _now[cell] += (uint)counts[cell];
        _below += below;
        _above += above;
        _windows++;
        if (Count == Capacity || (Count > 1 && _windows - _at[1] > LongestAge))
            Remove(Redundant());
        _now.CopyTo(_past, Count * _cells);
        (_at[Count], _times[Count]) = (_windows, unixNanos);
        (_pastTails[2 * Count], _pastTails[2 * Count + 1]) = (_below, _above);
        Count++;
    }

    /// <summary>Event time in Unix nanoseconds of a past state.</summary>
    public long Time(int index) => _times[index];

    /// <summary>Sub-windows since a past state.</summary>
    public long Age(int index) => _windows - _at[index];

    /// <summary>The counts since a past state.</summary>
    /// <param name="index">0 = the oldest … <see cref="Count"/> − 1, since which there is nothing.</param>
    /// <param name="counts">Receives them, one a cell.</param>
    public void Since(int index, Span<long> counts)
    {
        for (var cell = 0; cell < _cells; cell++)
            counts[cell] = _now[cell] - _past[index * _cells + cell];
    }

    /// <summary>Sums of the values below the lowest and above the highest bin since a past state.</summary>
    public (double Below, double Above) TailsSince(int index) => (_below - _pastTails[2 * index], _above - _pastTails[2 * index + 1]);

    /// <summary>
    /// The past state at which the change began that a detector's leading expert speaks for: the one since which its log likelihood ratio is largest.
    /// </summary>
    /// <returns>Its index, and that ratio.</returns>
    public (int Index, double Ratio) Locate(MixtureDetector detector)
    {
        Span<long> counts = stackalloc long[_cells];
        var (best, most) = (0, double.NegativeInfinity);
        for (var index = 0; index < Count - 1; index++)
        {
            Since(index, counts);
            var ratio = detector.LogRatio(counts);
            if (ratio > most)
                (best, most) = (index, ratio);
        }

        return (best, most);
    }

    private int Redundant()
    {
        if (_windows - _at[1] > LongestAge)
            return 0;
        // The newest is always wanted, the oldest is the only one that tells how far back we can see.
        var (best, least) = (1, double.PositiveInfinity);
        for (var index = 1; index < Count - 1; index++)
        {
            var gap = (_at[index + 1] - _at[index - 1]) / (double)(_windows - _at[index - 1]);
            if (gap < least)
                (best, least) = (index, gap);
        }

        return best;
    }

    private void Remove(int index)
    {
        var after = Count - index - 1;
        Array.Copy(_past, (index + 1) * _cells, _past, index * _cells, after * _cells);
        Array.Copy(_at, index + 1, _at, index, after);
        Array.Copy(_times, index + 1, _times, index, after);
        Array.Copy(_pastTails, 2 * (index + 1), _pastTails, 2 * index, 2 * after);
        Count--;
    }
}
