using MathNet.Numerics.Distributions;

namespace Sidecar.Statistics.Detection;

/// <summary>
/// The null of a detector: the share of every cell without drift, and how many rows say so. Value cells come first, in the reference's own
/// numbering; then the cells of rows without a value. Immutable.
/// </summary>
/// <remarks>
/// A share is (c + ½)/(m + ½C): a cell that the reference never hit is rare, not impossible. Made from a reference, or from shares directly (a slot of an
/// hour-of-week reference, an exactly known law).
/// </remarks>
public sealed class CellModel
{
    /// <summary>Cells of rows without a value for a numeric feature: missing, NaN, infinite.</summary>
    public const int NumericApart = 3;

    /// <summary>Cells of rows without a value for a categorical feature: missing.</summary>
    public const int CategoricalApart = 1;

    /// <summary>Scores of an ordered feature: location, scale and two of shape.</summary>
    internal const int Scores = 4;

    private readonly float[] _shares;
    private readonly float[] _scores;

    private CellModel(ReadOnlySpan<double> shares, int valueCells, double rows, FeatureKind kind)
    {
        (ValueCells, Cells, Rows, Kind) = (valueCells, shares.Length, rows, kind);
        _shares = new float[Lane.Padded(shares.Length)];
        double valued = 0;
        for (var cell = 0; cell < shares.Length; cell++)
        {
            _shares[cell] = (float)shares[cell];
            valued += cell < valueCells ? _shares[cell] : 0;
        }

        Valued = valued;
        Padded = Lane.Padded(valueCells);
        _scores = kind == FeatureKind.Numeric ? ComputeScores() : [];
    }

    /// <summary>What the cells mean.</summary>
    public FeatureKind Kind { get; }

    /// <summary>Cells with a value.</summary>
    public int ValueCells { get; }

    /// <summary>All cells: with a value, then without.</summary>
    public int Cells { get; }

    /// <summary>Rows behind the shares, m of the formulas; +∞ for a known law.</summary>
    public double Rows { get; }

    /// <summary>Share of each cell, <see cref="Cells"/> long, all above 0, summing to 1.</summary>
    public ReadOnlySpan<float> Shares => _shares.AsSpan(0, Cells);

    /// <summary>Share of rows with a value.</summary>
    public double Valued { get; }

    /// <summary>The shares, padded with 0 to whole vectors.</summary>
    internal ReadOnlySpan<float> PaddedShares => _shares;

    /// <summary>Value cells rounded up to whole vectors.</summary>
    internal int Padded { get; }

    /// <summary>Statistics of a sub-window: its cells, the four tails together (numeric), the scores (numeric).</summary>
    internal int Statistics => Kind == FeatureKind.Numeric ? Cells + 1 + Scores : Cells;

    /// <summary>The statistic that counts everything outside the reference's range.</summary>
    internal int Outside => Cells;

    /// <summary>The first of the scores' statistics.</summary>
    internal int FirstScore => Cells + 1;

    /// <summary>A numeric feature's null.</summary>
    public static CellModel Of(NumericReference reference)
    {
        long[] apart = [reference.Missing, reference.NotANumber, reference.PositiveInfinity + reference.NegativeInfinity];
        return new CellModel(SharesOf(reference.Counts, reference.Rows, apart, reference.Total), reference.Cells, reference.Rows, FeatureKind.Numeric);
    }

    /// <summary>
    /// A categorical feature's null. The share of values never seen is Good and Turing's (1953): rows whose value came once, over all rows. It is
    /// taken out of <see cref="CategoricalReference.Other"/>, where such rows were counted when they were learned.
    /// </summary>
    public static CellModel Of(CategoricalReference reference)
    {
        var shares = SharesOf(reference.Counts, reference.Rows, [reference.Missing], reference.Total);
        var unseen = Math.Max(shares[reference.Unseen], (1 - shares[^1]) * reference.UnseenRate);
        if (unseen > shares[reference.Unseen])
        {
            // What turns up anew must come from somewhere: from the cell it was learned in, and where that is too small from all.
            var from = Math.Min(unseen - shares[reference.Unseen], 0.9 * shares[reference.Other]);
            shares[reference.Other] -= from;
            shares[reference.Unseen] = unseen;
            var sum = shares.Sum();
            for (var cell = 0; cell < shares.Length; cell++)
                shares[cell] /= sum;
        }

        return new CellModel(shares, reference.Cells, reference.Rows, reference.IdLike ? FeatureKind.IdLike : FeatureKind.Categorical);
    }

    /// <summary>A null from shares, for instance those of an hour slot.</summary>
    /// <param name="shares">Shares of the value cells and then of the cells without a value; all above 0.</param>
    /// <param name="rows">Rows behind them; +∞ where they are known.</param>
    /// <param name="kind">Numeric: the value cells are far below, below, bins, above, far above. Otherwise the last two are other and unseen.</param>
    /// <exception cref="ArgumentException">A share is not above 0, or they don't sum to 1 within 1e-6.</exception>
    public static CellModel FromShares(ReadOnlySpan<double> shares, double rows, FeatureKind kind)
    {
        double sum = 0;
        foreach (var share in shares)
        {
            if (!(share > 0))
                throw new ArgumentException("Every cell has a share above 0.", nameof(shares));
            sum += share;
        }

        if (Math.Abs(sum - 1) > 1e-6)
            throw new ArgumentException("Shares sum to 1.", nameof(shares));
        var apart = kind == FeatureKind.Numeric ? NumericApart : CategoricalApart;
        return new CellModel(shares, shares.Length - apart, rows, kind);
    }

    /// <summary>
    /// Computes a sub-window's statistics from its counts: cells, tails, and for each score the sum over the rows with a value.
    /// </summary>
    /// <param name="counts">Counts in the model's cells.</param>
    /// <param name="statistics">At least <see cref="Statistics"/> and <see cref="Padded"/> long.</param>
    /// <returns>All rows, and those with a value.</returns>
    internal (double Rows, double Valued) Summarise(ReadOnlySpan<long> counts, Span<float> statistics)
    {
        statistics.Clear();
        long rows = 0, valued = 0;
        for (var cell = 0; cell < counts.Length; cell++)
        {
            statistics[cell] = counts[cell];
            rows += counts[cell];
            if (cell < ValueCells)
                valued += counts[cell];
        }

        if (Kind == FeatureKind.Numeric)
        {
            statistics[Outside] = counts[0] + counts[1] + counts[ValueCells - 2] + counts[ValueCells - 1];
            for (var score = 0; score < Scores; score++)
                statistics[FirstScore + score] = Lane.Dot(statistics[..Padded], Score(score));
        }

        return (rows, valued);
    }

    /// <summary>A score per value cell, padded with zeros; mean 0 under the shares.</summary>
    internal ReadOnlySpan<float> Score(int score) => _scores.AsSpan(score * Padded, Padded);

    /// <summary>Variance of one row's statistic under the shares, per row (cells) or per row with a value (scores).</summary>
    internal double Variance(int statistic)
    {
        if (statistic < FirstScore || Kind != FeatureKind.Numeric)
        {
            var share = Share(statistic);
            return share * (1 - share);
        }

        var score = Score(statistic - FirstScore);
        double square = 0;
        for (var cell = 0; cell < ValueCells; cell++)
            square += _shares[cell] / Valued * score[cell] * score[cell];
        return square;
    }

    /// <summary>Share of a cell, or of the four tails together.</summary>
    internal double Share(int statistic) =>
        statistic < Cells ? _shares[statistic]
        : (double)_shares[0] + _shares[1] + _shares[ValueCells - 2] + _shares[ValueCells - 1];

    private static double[] SharesOf(ReadOnlySpan<long> counts, long valued, ReadOnlySpan<long> apart, long total)
    {
        var shares = new double[counts.Length + apart.Length];
        double left = 1;
        for (var i = 0; i < apart.Length; i++)
        {
            shares[counts.Length + i] = (apart[i] + 0.5) / (total + 0.5 * (apart.Length + 1));
            left -= shares[counts.Length + i];
        }

        for (var cell = 0; cell < counts.Length; cell++)
            shares[cell] = left * (counts[cell] + 0.5) / (valued + 0.5 * counts.Length);
        return shares;
    }

    private float[] ComputeScores()
    {
        var scores = new float[Scores * Padded];
        double before = 0, lower = 0, lowerTimes = 0; // φ(a) and a·φ(a), 0 at −∞
        Span<double> legendre = stackalloc double[2 * ValueCells];
        for (var cell = 0; cell < ValueCells; cell++)
        {
            var share = _shares[cell] / Valued;
            var after = Math.Min(1, before + share);
            double upper = 0, upperTimes = 0;
            if (cell < ValueCells - 1 && after < 1)
            {
                var z = Normal.InvCDF(0, 1, after);
                upper = Normal.PDF(0, 1, z);
                upperTimes = z * upper;
            }

            // The means of z and z² − 1 over the cell's part of a normal law.
            scores[cell] = (float)((lower - upper) / share);
            scores[Padded + cell] = (float)((lowerTimes - upperTimes) / share);
            var x = before + after - 1; // 2u − 1 at the middle of the cell's mass
            legendre[cell] = (5 * x * x - 3) * x / 2;
            legendre[ValueCells + cell] = ((35 * x * x - 30) * x * x + 3) / 8;
            (before, lower, lowerTimes) = (after, upper, upperTimes);
        }

        for (var degree = 0; degree < 2; degree++)
        {
            var of = legendre.Slice(degree * ValueCells, ValueCells);
            double mean = 0, square = 0;
            for (var cell = 0; cell < ValueCells; cell++)
            {
                mean += _shares[cell] / Valued * of[cell];
                square += _shares[cell] / Valued * of[cell] * of[cell];
            }

            var deviation = Math.Sqrt(Math.Max(0, square - mean * mean));
            for (var cell = 0; cell < ValueCells; cell++)
                scores[(2 + degree) * Padded + cell] = deviation < 1e-6 ? 0 : (float)((of[cell] - mean) / deviation);
        }

        return scores;
    }
}
