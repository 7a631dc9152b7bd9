namespace Sidecar.Statistics;

/// <summary>
/// Learns a numeric reference from a stream in bounded memory: the first values choose the bins, and every value, those and all that follow, is
/// counted in them exactly. One writer at a time.
/// </summary>
/// <remarks>
/// Bins from 8,192 values hold between .6 and 1.4 of the mass that they were meant to have (three standard errors of 128 values); that changes
/// their width and no count. Values beyond the range of the first ones are counted below or above it, where the formulas expect them.
/// </remarks>
public sealed class NumericLearner
{
    /// <summary>Values that choose the bins by default: 32 kB while learning.</summary>
    public const int DefaultSample = 8192;

    private readonly int _sampleSize;
    private float[]? _sample = new float[64];
    private int _sampled;
    private NonFinite _apart;
    private BinEdges? _edges;
    private long[] _counts = [];
    private double[] _sums = [];
    private bool[] _onlyUpperEdge = [];
    private double _mean;
    private double _squares;

    /// <param name="sample">Finite values that choose the bins, at least <see cref="NumericReference.MinimumRows"/>.</param>
    public NumericLearner(int sample = DefaultSample)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sample, NumericReference.MinimumRows);
        _sampleSize = sample;
    }

    /// <summary>Finite values so far.</summary>
    public long Rows { get; private set; }

    /// <summary>Rows of every kind.</summary>
    public long Total => Rows + _apart.Total;

    /// <summary>Adds a value; NaN and infinities are counted apart.</summary>
    public void Add(float value)
    {
        if (!float.IsFinite(value))
        {
            _apart.Add(value);
            return;
        }

        value += 0f; // -0 becomes +0: the two compare equal, so they must be one value
        var delta = value - _mean; // Welford, in double
        _mean += delta / ++Rows;
        _squares += delta * (value - _mean);
        if (_edges is { } edges)
        {
            Count(edges, value);
            return;
        }

        if (_sampled == _sample!.Length)
            Array.Resize(ref _sample, Math.Min(_sampleSize, 2 * _sampled));
        _sample[_sampled++] = value;
        if (_sampled == _sampleSize)
            Fix();
    }

    /// <summary>Counts rows in which the feature was absent or null.</summary>
    public void AddMissing(long rows = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        _apart.Missing += rows;
    }

    /// <summary>The reference of all rows so far; null with too few. The learner may go on.</summary>
    public NumericReference? Learn(out LearnError error)
    {
        error = Rows < NumericReference.MinimumRows ? LearnError.TooFewRows : LearnError.None;
        if (error != LearnError.None)
            return null;
        if (_edges is null)
            Fix();
        return new NumericReference(_edges!, [.. _counts], [.. _sums], [.. _onlyUpperEdge], _mean, Math.Sqrt(_squares / Rows), _apart);
    }

    /// <inheritdoc cref="Learn(out LearnError)"/>
    public NumericReference? Learn() => Learn(out _);

    private void Fix()
    {
        var sorted = _sample.AsSpan(0, _sampled);
        sorted.Sort();
        _edges = new BinEdges(QuantileEdges.Choose(sorted, NumericReference.MaximumBins), sorted[0], sorted[^1]);
        _counts = new long[_edges.Cells];
        _sums = new double[_edges.Cells];
        _onlyUpperEdge = new bool[_edges.Cells];
        _onlyUpperEdge.AsSpan().Fill(true);
        foreach (var value in sorted)
            Count(_edges, value);
        _sample = null;
    }

    private void Count(BinEdges edges, float value)
    {
        var cell = edges.Cell(value);
        _counts[cell]++;
        _sums[cell] += value;
        _onlyUpperEdge[cell] &= value == edges.Upper(cell);
    }
}
