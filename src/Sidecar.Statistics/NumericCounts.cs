namespace Sidecar.Statistics;

/// <summary>
/// One window of live values of a numeric feature, as counts and sums in the cells of its reference. Adds and merges exactly: the counts of
/// shards equal those of the single stream whatever the order. One writer at a time; nothing is allocated after construction.
/// </summary>
public sealed class NumericCounts(NumericReference reference)
{
    private readonly long[] _counts = new long[reference.Cells];
    private readonly double[] _sums = new double[reference.Cells];
    private NonFinite _apart;

    public NumericReference Reference { get; } = reference;

    /// <summary>Finite values, n of the formulas.</summary>
    public long Rows => CountDistances.Sum(_counts);

    /// <summary>Rows of every kind: finite, non-finite and missing.</summary>
    public long Total => Rows + _apart.Total;

    public long Missing => _apart.Missing;

    public long NotANumber => _apart.NotANumber;

    public long PositiveInfinity => _apart.PositiveInfinity;

    public long NegativeInfinity => _apart.NegativeInfinity;

    /// <summary>Finite values below the lowest bin, near and far.</summary>
    public long Below => _counts[0] + _counts[1];

    /// <summary>Finite values above the highest bin, near and far.</summary>
    public long Above => _counts[^1] + _counts[^2];

    /// <summary>Counts a value; NaN and infinities are counted apart.</summary>
    public void Add(float value)
    {
        if (!float.IsFinite(value))
        {
            _apart.Add(value);
            return;
        }

        var cell = Reference.Cell(value);
        _counts[cell]++;
        _sums[cell] += value;
    }

    /// <summary>Counts a row in which the feature was absent or null.</summary>
    public void AddMissing() => _apart.Missing++;

    /// <summary>Values in a cell of the reference, 0 … <see cref="NumericReference.Cells"/> − 1.</summary>
    public long Count(int cell) => _counts[cell];

    /// <summary>Copies the values per cell.</summary>
    /// <param name="counts">At least <see cref="NumericReference.Cells"/> long.</param>
    public void CopyCounts(Span<long> counts)
    {
        _counts.CopyTo(counts);
    }

    /// <summary>Copies the counts as a detector takes them: values per cell, then rows missing, NaN and infinite.</summary>
    /// <param name="counts">At least <see cref="NumericReference.Cells"/> + 3 long.</param>
    public void CopyCells(Span<long> counts)
    {
        CopyCounts(counts);
        counts[_counts.Length] = _apart.Missing;
        counts[_counts.Length + 1] = _apart.NotANumber;
        counts[_counts.Length + 2] = _apart.PositiveInfinity + _apart.NegativeInfinity;
    }

    internal ReadOnlySpan<long> Counts => _counts;

    internal ReadOnlySpan<double> Sums => _sums;

    /// <summary>Sum of the values in a cell.</summary>
    public double Sum(int cell) => _sums[cell];

    /// <summary>Empties the window.</summary>
    public void Clear()
    {
        _counts.AsSpan().Clear();
        _sums.AsSpan().Clear();
        _apart = default;
    }

    /// <summary>Adds another window of the same reference.</summary>
    /// <exception cref="ArgumentException">The other window counts against another reference.</exception>
    public void MergeFrom(NumericCounts other)
    {
        if (!ReferenceEquals(other.Reference, Reference))
            throw new ArgumentException("Windows of different references have different bins.", nameof(other));
        for (var i = 0; i < _counts.Length; i++)
        {
            _counts[i] += other._counts[i];
            _sums[i] += other._sums[i];
        }

        _apart.Add(other._apart);
    }
}
