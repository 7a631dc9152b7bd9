using MathNet.Numerics.Distributions;

namespace Sidecar.Statistics;

/// <summary>
/// Estimates φ of one feature from consecutive sub-windows while nothing drifts: Pearson's dispersion χ²/dof of the sub-windows around their own
/// common mean, over at most 8 coarse groups of cells, for blocks of 1, 4 and 16 sub-windows. The largest counts.
/// </summary>
/// <remarks>
/// Constant memory: with Q_j = Σ c²/n over blocks, C_j = Σ c and N = Σ n, the statistic is Σ Q_j·N/C_j − N exactly. A block length counts from 20
/// blocks on (the shortest always). Until 20 sub-windows are in, the estimate is multiplied by ν/χ²(0.05, ν) with ν = blocks − 1: an upper 95 %
/// bound even if all groups move as one. Feed only windows that were not judged drifted; a slow trend among them raises φ.
/// </remarks>
public sealed class Overdispersion
{
    /// <summary>Coarse groups at most.</summary>
    public const int Groups = 8;

    /// <summary>Sub-windows (or blocks of a longer scale) before an estimate is used as it is.</summary>
    public const int MinimumWindows = 20;

    private readonly Scale[] _scales = [new(1), new(4), new(16)];

    /// <summary>Sub-windows added that held at least one row.</summary>
    public long Windows => _scales[0].Blocks;

    /// <summary>Adds the next sub-window of a numeric feature.</summary>
    public void AddWindow(NumericCounts window)
    {
        Span<long> groups = stackalloc long[Groups];
        groups.Clear();
        var groupOf = window.Reference.Groups;
        for (var cell = 0; cell < groupOf.Length; cell++)
            groups[groupOf[cell]] += window.Count(cell);
        AddWindow(groups);
    }

    /// <summary>Adds the next sub-window of a categorical feature.</summary>
    public void AddWindow(CategoricalCounts window)
    {
        Span<long> groups = stackalloc long[Groups];
        groups.Clear();
        var groupOf = window.Reference.Groups;
        for (var cell = 0; cell < groupOf.Length; cell++)
            groups[groupOf[cell]] += window.Count(cell);
        AddWindow(groups);
    }

    /// <summary>Adds the next sub-window of a rate: rows with the property, and all rows.</summary>
    public void AddWindow(long hits, long rows)
    {
        ReadOnlySpan<long> groups = [hits, rows - hits];
        AddWindow(groups);
    }

    /// <summary>Adds the next sub-window, given as counts of at most <see cref="Groups"/> groups; the same groups every time.</summary>
    public void AddWindow(ReadOnlySpan<long> groups)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(groups.Length, Groups);
        long rows = 0;
        foreach (var count in groups)
            rows += count;
        if (rows == 0)
            return; // an idle sub-window says nothing about dispersion
        foreach (var scale in _scales)
            scale.Add(groups, rows);
    }

    /// <summary>φ from what was added so far.</summary>
    public Phi Current()
    {
        var windows = _scales[0].Blocks;
        if (windows < 2)
            return Phi.Unknown;
        var estimate = _scales[0].Estimate();
        if (windows < MinimumWindows)
        {
            var freedom = windows - 1.0;
            var upper = estimate * freedom / ChiSquared.InvCDF(freedom, 0.05);
            return new(Math.Max(1, upper), estimate, windows, false);
        }

        foreach (var scale in _scales)
        {
            if (scale.Blocks >= MinimumWindows)
                estimate = Math.Max(estimate, scale.Estimate());
        }

        return new(Math.Max(1, estimate), estimate, windows, true);
    }

    private sealed class Scale(int length)
    {
        private readonly long[] _pending = new long[Groups];
        private readonly double[] _squares = new double[Groups];
        private readonly double[] _counts = new double[Groups];
        private double _rows;
        private long _pendingRows;
        private int _pendingWindows;

        public long Blocks { get; private set; }

        public void Add(ReadOnlySpan<long> groups, long rows)
        {
            for (var i = 0; i < groups.Length; i++)
                _pending[i] += groups[i];
            _pendingRows += rows;
            if (++_pendingWindows < length)
                return;
            for (var i = 0; i < Groups; i++)
            {
                double count = _pending[i];
                _squares[i] += count * count / _pendingRows;
                _counts[i] += count;
            }

            _rows += _pendingRows;
            Blocks++;
            _pending.AsSpan().Clear();
            (_pendingRows, _pendingWindows) = (0, 0);
        }

        /// <summary>χ²/dof; 1 where a single group holds every row, as nothing can vary then.</summary>
        public double Estimate()
        {
            double statistic = -_rows;
            var used = 0;
            for (var i = 0; i < Groups; i++)
            {
                if (_counts[i] == 0)
                    continue;
                used++;
                statistic += _squares[i] * _rows / _counts[i];
            }

            return used < 2 ? 1 : Math.Max(0, statistic) / ((Blocks - 1.0) * (used - 1.0));
        }
    }
}
