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
/// that of the four outermost bins, a category at least the median. Far tails, rows without a value, and new values where the reference knew a closed set keep
/// their own: what never happened before has no bursts to be forgiven.</para>
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
    private readonly float[] _sums;
    private double _rows;
    private double _valued;

    public CellDispersion(CellModel model)
    {
        _model = model;
        _sums = new float[model.Statistics];
        _scales = [.. Lengths.Select(length => new Scale(length, model))];
    }

    /// <summary>Sub-windows added that held a row.</summary>
    public long Windows => _scales[0].Blocks;

    /// <summary>Adds the next sub-window.</summary>
    /// <param name="counts">Counts in the model's cells.</param>
    public void Add(ReadOnlySpan<long> counts)
    {
        Span<float> deviations = stackalloc float[Math.Max(_model.Statistics, _model.Padded)];
        var (rows, valued) = _model.Summarise(counts, deviations);
        if (rows == 0 || Windows >= MaximumBlocks)
            return;
        // Around the model's mean, so that the sums stay small. A score's is 0.
        for (var statistic = 0; statistic < Math.Min(_model.FirstScore, _model.Statistics); statistic++)
            deviations[statistic] -= (float)(_model.Share(statistic) * rows);
        for (var statistic = 0; statistic < _sums.Length; statistic++)
            _sums[statistic] += deviations[statistic];
        _rows += rows;
        _valued += valued;
        foreach (var scale in _scales)
            scale.Add(deviations, rows, valued);
    }

    /// <summary>φ from what was added so far; independent rows and uncalibrated before the second sub-window.</summary>
    public PhiTable Current()
    {
        if (Windows < 2)
            return PhiTable.Independent(_model);
        var values = new float[_model.Statistics];
        for (var statistic = 0; statistic < values.Length; statistic++)
            values[statistic] = (float)Estimate(statistic);
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
            largest = Math.Max(largest, scale.Dispersion(statistic, _sums[statistic], _rows, _valued) / variance / ChiSquared.InvCDF(freedom, 0.05));
        }

        return largest;
    }

    private void BorrowFromNeighbours(float[] values)
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

    private void BorrowTheMedian(float[] values)
    {
        var categories = values.AsSpan(0, _model.ValueCells);
        float[] sorted = [.. categories.ToArray().Order()];
        var unseen = categories.Length - 1;
        for (var cell = 0; cell < categories.Length; cell++)
        {
            // Where the reference met new values, they come in bursts as the old ones do; a closed set of values is left by accident only.
            if (cell != unseen || _model.Share(unseen) * _model.Rows >= 1)
                categories[cell] = Math.Max(categories[cell], sorted[sorted.Length / 2]);
        }
    }

    /// <summary>Blocks of one length. Single precision holds a million of them to a tenth of a percent, and no more are taken.</summary>
    private sealed class Scale(int length, CellModel model)
    {
        private readonly float[] _pending = length > 1 ? new float[model.Statistics] : [];
        private readonly float[] _squares = new float[model.Statistics];
        private double _pendingRows;
        private double _pendingValued;
        private int _pendingWindows;

        public long Blocks { get; private set; }

        public void Add(ReadOnlySpan<float> deviations, double rows, double valued)
        {
            _pendingRows += rows;
            _pendingValued += valued;
            for (var i = 0; i < _pending.Length; i++)
                _pending[i] += deviations[i];
            if (++_pendingWindows < length)
                return;
            for (var i = 0; i < _squares.Length; i++)
            {
                var deviation = length > 1 ? _pending[i] : deviations[i];
                var block = i >= model.FirstScore ? _pendingValued : _pendingRows;
                _squares[i] += block > 0 ? (float)(deviation * (double)deviation / block) : 0;
            }

            Blocks++;
            _pending.AsSpan().Clear();
            (_pendingRows, _pendingValued, _pendingWindows) = (0, 0, 0);
        }

        /// <summary>ν times the variance of a block's sum per row, around the burn-in's own mean.</summary>
        /// <param name="sum">Sum of all deviations so far, the unfinished block's included.</param>
        public double Dispersion(int statistic, double sum, double rows, double valued)
        {
            var finished = sum - (length > 1 ? _pending[statistic] : 0);
            var over = statistic >= model.FirstScore ? valued - _pendingValued : rows - _pendingRows;
            return over > 0 ? Math.Max(0, _squares[statistic] - finished * finished / over) : 0;
        }
    }
}
