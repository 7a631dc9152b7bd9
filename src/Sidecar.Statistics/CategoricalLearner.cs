namespace Sidecar.Statistics;

/// <summary>
/// Collects the distinct values of a categorical feature with their counts, in bounded memory: at most <see cref="Capacity"/> values of at most
/// 256 bytes. Rows with any further value are counted as <see cref="Overflow"/>.
/// </summary>
/// <remarks>
/// Rows are also split into two halves, by blocks of <see cref="BlockRows"/> rows. Values picked by the one half and counted on the other are
/// free of the winner's curse: counted on the same rows, the most frequent of many equal values would look like drift as soon as live rows
/// come. The blocks keep a burst of equal rows in one half.
/// </remarks>
public sealed class CategoricalLearner
{
    /// <summary>Distinct values kept by default.</summary>
    public const int DefaultCapacity = 4096;

    internal const int BlockRows = 32;
    private readonly List<(long Picking, long Counting)> _counts = [];
    private (long Picking, long Counting) _overflow;
    private (long Picking, long Counting) _rows;

    /// <param name="capacity">Distinct values kept at most.</param>
    public CategoricalLearner(int capacity = DefaultCapacity)
    {
        Values = new ValueTable(capacity);
        Capacity = capacity;
    }

    public int Capacity { get; }

    /// <summary>Distinct values kept so far.</summary>
    public int Distinct => Values.Count;

    /// <summary>Rows whose value found no room.</summary>
    public long Overflow => _overflow.Picking + _overflow.Counting;

    /// <summary>Rows with a value.</summary>
    public long Rows => _rows.Picking + _rows.Counting;

    public long Missing { get; private set; }

    /// <summary>Bytes held for the values, for a check of the bound.</summary>
    public long Footprint => Values.Footprint + (long)_counts.Capacity * 16;

    internal ValueTable Values { get; }

    internal long CountingRows => _rows.Counting;

    internal long CountingOverflow => _overflow.Counting;

    internal bool SawOversize { get; private set; }

    /// <summary>Counts a value given as its UTF-8 (or any other) bytes.</summary>
    public void Add(ReadOnlySpan<byte> value)
    {
        SawOversize |= value.Length > ValueTable.MaximumBytes;
        Count(Values.FindOrAdd(value));
    }

    /// <summary>Counts an integer value; never equal to any bytes.</summary>
    public void Add(long value) => Count(Values.FindOrAdd(value));

    /// <summary>Counts a row in which the feature was absent or null.</summary>
    public void AddMissing() => Missing++;

    internal (long Picking, long Counting) CountOf(int number) => _counts[number];

    private void Count(int number)
    {
        var picking = Rows / BlockRows % 2 == 0;
        Increment(ref _rows, picking);
        if (number < 0)
        {
            Increment(ref _overflow, picking);
            return;
        }

        if (number == _counts.Count)
            _counts.Add(default);
        var count = _counts[number];
        Increment(ref count, picking);
        _counts[number] = count;
    }

    private static void Increment(ref (long Picking, long Counting) halves, bool picking)
    {
        if (picking)
            halves.Picking++;
        else
            halves.Counting++;
    }
}
