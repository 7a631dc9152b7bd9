using MathNet.Numerics.Distributions;

namespace Sidecar.Statistics.Detection;

/// <summary>
/// Estimates <see cref="PhiTable"/> from consecutive sub-windows while nothing drifts: the variance of each statistic's sums over blocks of 1, 4 and 16
/// sub-windows, against what independent rows of the model would give. The largest counts.
/// </summary>
/// <remarks>
/// <para>For block sums D over N rows, ν = blocks − 1: φ̂ = [ΣD²/N − (ΣD)²/ΣN]/(ν·Var), times ν/χ²(.05, ν), the upper 95 % bound for normal sums, at least
/// 1. A block length counts from 20 blocks on (the shortest always): at 6 blocks the bound would multiply by 4.4.</para>
/// <para>φ of a cell that the burn-in hit too seldom can't be seen: each bin takes the largest of its two neighbours on either side, the near tails
/// that of the four outermost bins, a category at least the median. Far tails, and rows without a value, keep their own: what never happened before has no
/// bursts to be forgiven.</para>
/// </remarks>
public sealed class CellDispersion
{
    /// <summary>Blocks from which a block length counts.</summary>
    public const int MinimumBlocks = 20;

    private const long MaximumBlocks = 1_000_000;
    private const int Neighbours = 2;
    private const int OutermostBins = 4;
    private static readonly int[] Lengths = [1, 4, 16];

    private readonly CellModel _model;
    private readonly Scale[] _scales;

    public CellDispersion(CellModel model)
    {
        _model = model;
        _scales = [.. Lengths.Select(length => new Scale(length, model))];
    }

    /// <summary>Sub-windows added that held a row.</summary>
    public long Windows => _scales[0].Blocks;

    /// <summary>Adds the next sub-window.</summary>
    /// <param name="counts">Counts in the model's cells.</param>
    public void Add(ReadOnlySpan<long> counts)
    {
        Span<float> statistics = stackalloc float[Math.Max(_model.Statistics, _model.Padded)];
        var (rows, valued) = _model.Summarise(counts, statistics);
        if (rows == 0)
            return;
        foreach (var scale in _scales)
            scale.Add(statistics, rows, valued);
    }

    /// <summary>φ from what was added so far; independent rows and uncalibrated before the second sub-window.</summary>
    public PhiTable Current()
    {
        if (Windows < 2)
            return PhiTable.Independent(_model);
        var values = new double[_model.Statistics];
        for (var statistic = 0; statistic < values.Length; statistic++)
            values[statistic] = Estimate(statistic);
        if (_model.Kind == FeatureKind.Numeric)
            BorrowFromNeighbours(values);
        else
            BorrowTheMedian(values);
        return new(values, Windows, Windows >= MinimumBlocks);
    }

    private double Estimate(int statistic)
    {
        var variance = _model.Variance(statistic);
        double largest = 1;
        foreach (var scale in _scales)
        {
            if (scale.Blocks < 2 || (scale.Blocks < MinimumBlocks && scale != _scales[0]) || variance < 1e-12)
                continue;
            var freedom = scale.Blocks - 1.0;
            largest = Math.Max(largest, scale.Dispersion(statistic) / variance / ChiSquared.InvCDF(freedom, 0.05));
        }

        return largest;
    }

    private void BorrowFromNeighbours(double[] values)
    {
        int first = NumericReference.FirstBin, last = _model.ValueCells - 3;
        var own = values.AsSpan(0, _model.ValueCells).ToArray();
        for (var cell = first; cell <= last; cell++)
        {
            for (var other = Math.Max(first, cell - Neighbours); other <= Math.Min(last, cell + Neighbours); other++)
                values[cell] = Math.Max(values[cell], own[other]);
        }

        for (var i = 0; i < Math.Min(OutermostBins, last - first + 1); i++)
        {
            values[first - 1] = Math.Max(values[first - 1], own[first + i]);
            values[last + 1] = Math.Max(values[last + 1], own[last - i]);
        }

        values[_model.Outside] = Math.Max(values[_model.Outside], Math.Max(values[first - 1], values[last + 1]));
    }

    private void BorrowTheMedian(double[] values)
    {
        // Other and unseen as well: a new value comes in bursts where the old ones do.
        var categories = values.AsSpan(0, _model.ValueCells);
        double[] sorted = [.. categories.ToArray().Order()];
        foreach (ref var value in categories)
            value = Math.Max(value, sorted[sorted.Length / 2]);
    }

    private sealed class Scale(int length, CellModel model)
    {
        // Single precision holds a million blocks to a tenth of a percent, which is where counting stops; an error of φ that small is nothing.
        private readonly float[] _pending = new float[model.Statistics];
        private readonly float[] _squares = new float[model.Statistics];
        private readonly float[] _sums = new float[model.Statistics];
        private double _pendingRows;
        private double _pendingValued;
        private double _rows;
        private double _valued;
        private int _pendingWindows;

        public long Blocks { get; private set; }

        public void Add(ReadOnlySpan<float> statistics, double rows, double valued)
        {
            if (Blocks >= MaximumBlocks)
                return;
            for (var i = 0; i < _pending.Length; i++)
                _pending[i] += statistics[i];
            _pendingRows += rows;
            _pendingValued += valued;
            if (++_pendingWindows < length)
                return;
            for (var i = 0; i < _pending.Length; i++)
            {
                // Around the model's mean, so that the sums stay small; the burn-in's own mean is taken out at the end.
                var isScore = i >= model.FirstScore;
                var block = isScore ? _pendingValued : _pendingRows;
                var deviation = _pending[i] - (isScore ? 0 : Expected(i) * _pendingRows);
                _squares[i] += block > 0 ? (float)(deviation * deviation / block) : 0;
                _sums[i] += (float)deviation;
            }

            _rows += _pendingRows;
            _valued += _pendingValued;
            Blocks++;
            _pending.AsSpan().Clear();
            (_pendingRows, _pendingValued, _pendingWindows) = (0, 0, 0);
        }

        /// <summary>ν times the variance of a block's sum per row.</summary>
        public double Dispersion(int statistic)
        {
            var rows = statistic >= model.FirstScore ? _valued : _rows;
            return rows > 0 ? Math.Max(0, _squares[statistic] - (double)_sums[statistic] * _sums[statistic] / rows) : 0;
        }

        private double Expected(int statistic) =>
            statistic < model.Cells ? model.Shares[statistic]
            : model.Shares[0] + model.Shares[1] + model.Shares[model.ValueCells - 2] + model.Shares[model.ValueCells - 1];
    }
}
