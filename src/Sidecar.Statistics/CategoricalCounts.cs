namespace Sidecar.Statistics;

/// <summary>
/// One window of live values of a categorical feature, as counts in the cells of its reference. Merges exactly, in any order. One writer at a
/// time; nothing is allocated after construction.
/// </summary>
public sealed class CategoricalCounts(CategoricalReference reference)
{
    private readonly long[] _cells = new long[reference.Cells];

    public CategoricalReference Reference { get; } = reference;

    /// <summary>Rows with a value, n of the formulas.</summary>
    public long Rows
    {
        get
        {
            long rows = 0;
            foreach (var count in _cells)
                rows += count;
            return rows;
        }
    }

    public long Missing { get; private set; }

    /// <summary>Rows of every kind.</summary>
    public long Total => Rows + Missing;

    /// <summary>Rows with a value that the reference has never seen.</summary>
    public long Unseen => _cells[Reference.Unseen];

    /// <summary>Counts a value given as bytes.</summary>
    public void Add(ReadOnlySpan<byte> value) => _cells[Reference.Cell(value)]++;

    /// <summary>Counts an integer value.</summary>
    public void Add(long value) => _cells[Reference.Cell(value)]++;

    /// <summary>Counts a row in which the feature was absent or null.</summary>
    public void AddMissing() => Missing++;

    /// <summary>Rows per cell of the reference, <see cref="CategoricalReference.Cells"/> long.</summary>
    public ReadOnlySpan<long> Counts => _cells;

    /// <summary>Copies the counts as a detector takes them: rows per cell, then rows missing.</summary>
    /// <param name="counts">At least <see cref="CategoricalReference.Cells"/> + 1 long.</param>
    public void CopyCells(Span<long> counts)
    {
        _cells.CopyTo(counts);
        counts[_cells.Length] = Missing;
    }

    /// <summary>Rows in a cell of the reference.</summary>
    public long Count(int cell) => _cells[cell];

    /// <summary>Empties the window.</summary>
    public void Clear()
    {
        _cells.AsSpan().Clear();
        Missing = 0;
    }

    /// <summary>Replaces the rows per cell, by those between two checkpoints for instance.</summary>
    /// <param name="counts">One a cell of the reference.</param>
    public void Load(ReadOnlySpan<long> counts) => counts[.._cells.Length].CopyTo(_cells);

    /// <summary>Adds another window of the same reference.</summary>
    /// <exception cref="ArgumentException">The other window counts against another reference.</exception>
    public void MergeFrom(CategoricalCounts other)
    {
        if (!ReferenceEquals(other.Reference, Reference))
            throw new ArgumentException("Windows of different references have different cells.", nameof(other));
        for (var i = 0; i < _cells.Length; i++)
            _cells[i] += other._cells[i];
        Missing += other.Missing;
    }
}
