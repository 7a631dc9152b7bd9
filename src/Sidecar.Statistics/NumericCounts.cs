namespace Sidecar.Statistics;

/// <summary>
/// One window of live values of a numeric feature, as counts and sums in the cells of its reference. Adds and merges exactly: the counts of
/// shards equal those of the single stream whatever the order. One writer at a time; nothing is allocated after construction.
/// </summary>
public sealed class NumericCounts(NumericReference reference)
{
    private readonly Cell[] _cells = new Cell[reference.Cells];
    private NonFinite _apart;

    public NumericReference Reference { get; } = reference;

    /// <summary>Finite values, n of the formulas.</summary>
    public long Rows
    {
        get
        {
            long rows = 0;
            foreach (ref readonly var cell in _cells.AsSpan())
                rows += cell.Count;
            return rows;
        }
    }

    /// <summary>Rows of every kind: finite, non-finite and missing.</summary>
    public long Total => Rows + _apart.Total;

    public long Missing => _apart.Missing;

    public long NotANumber => _apart.NotANumber;

    public long PositiveInfinity => _apart.PositiveInfinity;

    public long NegativeInfinity => _apart.NegativeInfinity;

    /// <summary>Finite values below the lowest bin, near and far.</summary>
    public long Below => _cells[0].Count + _cells[1].Count;

    /// <summary>Finite values above the highest bin, near and far.</summary>
    public long Above => _cells[^1].Count + _cells[^2].Count;

    /// <summary>Counts a value; NaN and infinities are counted apart.</summary>
    public void Add(float value)
    {
        if (!float.IsFinite(value))
        {
            _apart.Add(value);
            return;
        }

        ref var cell = ref _cells[Reference.Cell(value)];
        cell.Count++;
        cell.Sum += value;
    }

    /// <summary>Counts a row in which the feature was absent or null.</summary>
    public void AddMissing() => _apart.Missing++;

    /// <summary>Values in a cell of the reference, 0 … <see cref="NumericReference.Cells"/> − 1.</summary>
    public long Count(int cell) => _cells[cell].Count;

    /// <summary>Copies the values per cell.</summary>
    /// <param name="counts">At least <see cref="NumericReference.Cells"/> long.</param>
    public void CopyCounts(Span<long> counts)
    {
        for (var cell = 0; cell < _cells.Length; cell++)
            counts[cell] = _cells[cell].Count;
    }

    /// <summary>Copies the counts as a detector takes them: values per cell, then rows missing, NaN and infinite.</summary>
    /// <param name="counts">At least <see cref="NumericReference.Cells"/> + 3 long.</param>
    public void CopyCells(Span<long> counts)
    {
        CopyCounts(counts);
        counts[_cells.Length] = _apart.Missing;
        counts[_cells.Length + 1] = _apart.NotANumber;
        counts[_cells.Length + 2] = _apart.PositiveInfinity + _apart.NegativeInfinity;
    }

    /// <summary>Sum of the values in a cell.</summary>
    public double Sum(int cell) => _cells[cell].Sum;

    /// <summary>Empties the window.</summary>
    public void Clear()
    {
        _cells.AsSpan().Clear();
        _apart = default;
    }

    /// <summary>Adds another window of the same reference.</summary>
    /// <exception cref="ArgumentException">The other window counts against another reference.</exception>
    public void MergeFrom(NumericCounts other)
    {
        if (!ReferenceEquals(other.Reference, Reference))
            throw new ArgumentException("Windows of different references have different bins.", nameof(other));
        for (var i = 0; i < _cells.Length; i++)
        {
            _cells[i].Count += other._cells[i].Count;
            _cells[i].Sum += other._cells[i].Sum;
        }

        _apart.Add(other._apart);
    }

    private struct Cell
    {
        public long Count;
        public double Sum;
    }
}
