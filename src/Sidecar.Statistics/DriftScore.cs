namespace Sidecar.Statistics;

/// <summary>What a window says about drift.</summary>
public enum DriftState : byte
{
    /// <summary>Too few rows to say anything. Never to be read as "no drift".</summary>
    Insufficient,

    /// <summary>No drift shown, but the row-to-row dependence isn't known well enough yet to call the window good.</summary>
    Uncalibrated,

    /// <summary>Enough rows, dependence known, and the lower bound is not above the tolerance.</summary>
    Good,

    /// <summary>The lower bound of the distance is above the tolerance.</summary>
    Drifted,
}

/// <summary>A distance with its one-sided lower confidence bound.</summary>
/// <param name="Distance">Point estimate, 0 … 1; NaN if insufficient.</param>
/// <param name="LowerBound">At most the distance, at least 0; NaN if insufficient.</param>
/// <param name="N">Live rows behind it.</param>
/// <param name="Phi">Overdispersion that was used; the effective rows are N/φ.</param>
/// <param name="State">The judgement.</param>
public readonly record struct DriftScore(double Distance, double LowerBound, double N, double Phi, DriftState State);

/// <summary>How a window is judged.</summary>
/// <param name="Alpha">Chance, per evaluation without drift, that the lower bound is above 0; from <see cref="AlarmBudget"/>.</param>
/// <param name="Phi">Overdispersion of the feature.</param>
public readonly record struct DriftRule(double Alpha, Phi Phi)
{
    /// <summary>Distance that is tolerated: the state is <see cref="DriftState.Drifted"/> only above it.</summary>
    public double Tolerance { get; init; } = 0.1;

    /// <summary>Live rows below which nothing is said. At 100 rows the asymptotic laws behind φ and KS are usable.</summary>
    public long MinimumRows { get; init; } = 100;
}

/// <summary>Scores windows: distance, lower bound and judgement in one.</summary>
public static class DriftScorer
{
    /// <summary>KS distance of the finite values; the bound starts from its certified lower end.</summary>
    public static DriftScore Score(NumericCounts live, in DriftRule rule)
    {
        if (live.Rows < rule.MinimumRows)
            return Insufficient(live.Rows, rule);
        var distance = Distances.KolmogorovSmirnov(live);
        var bound = LowerBound.KolmogorovSmirnov(distance.Lower, live.Rows, live.Reference.Rows, rule.Alpha, rule.Phi.Value);
        return Judge(distance.Value, bound, live.Rows, rule);
    }

    /// <summary>
    /// Largest difference of a category's share, the cells without a name of their own also taken together; see
    /// <see cref="LowerBound.Categorical"/>.
    /// </summary>
    public static DriftScore Score(CategoricalCounts live, in DriftRule rule)
    {
        if (live.Rows < rule.MinimumRows)
            return Insufficient(live.Rows, rule);
        var reference = live.Reference;
        var others = (live.Count(reference.Other) + live.Unseen) / (double)live.Rows - reference.Counts[reference.Other] / (double)reference.Rows;
        var distance = Math.Max(Distances.LInfinity(live), Math.Abs(others));
        return Judge(distance, LowerBound.Categorical(live, rule.Alpha, rule.Phi.Value), live.Rows, rule);
    }

    /// <summary>
    /// By how much a rate has risen above the reference's, e.g. of missing, non-finite or unseen values. A fall gives distance 0.
    /// </summary>
    /// <param name="hits">Live rows with the property.</param>
    /// <param name="rows">Live rows.</param>
    /// <param name="referenceHits">Reference rows with the property.</param>
    /// <param name="referenceRows">Reference rows.</param>
    public static DriftScore ScoreRate(long hits, long rows, long referenceHits, long referenceRows, in DriftRule rule)
    {
        if (rows < rule.MinimumRows || referenceRows == 0)
            return Insufficient(rows, rule);
        var distance = Math.Max(0, hits / (double)rows - referenceHits / (double)referenceRows);
        var bound = LowerBound.RateIncrease(hits, rows, referenceHits, referenceRows, rule.Alpha, rule.Phi.Value);
        return Judge(distance, bound, rows, rule);
    }

    /// <summary>Rise of the share of rows in which the feature was absent or null.</summary>
    public static DriftScore ScoreMissing(NumericCounts live, in DriftRule rule) =>
        ScoreRate(live.Missing, live.Total, live.Reference.Missing, live.Reference.Total, rule);

    /// <inheritdoc cref="ScoreMissing(NumericCounts, in DriftRule)"/>
    public static DriftScore ScoreMissing(CategoricalCounts live, in DriftRule rule) =>
        ScoreRate(live.Missing, live.Total, live.Reference.Missing, live.Reference.Total, rule);

    /// <summary>Rise of the share of NaN and infinities.</summary>
    public static DriftScore ScoreNonFinite(NumericCounts live, in DriftRule rule)
    {
        var reference = live.Reference;
        return ScoreRate(
            live.Total - live.Rows - live.Missing,
            live.Total,
            reference.Total - reference.Rows - reference.Missing,
            reference.Total,
            rule);
    }

    /// <summary>
    /// Rise of the share of values that the reference has never seen, against the rate at which one half of the reference met values that the
    /// other half lacks.
    /// </summary>
    public static DriftScore ScoreUnseen(CategoricalCounts live, in DriftRule rule) =>
        ScoreRate(live.Unseen, live.Rows, live.Reference.New, live.Reference.NewRows, rule);

    private static DriftScore Insufficient(long rows, in DriftRule rule) =>
        new(double.NaN, double.NaN, rows, rule.Phi.Value, DriftState.Insufficient);

    private static DriftScore Judge(double distance, double bound, long rows, in DriftRule rule)
    {
        // An uncalibrated φ is an upper bound, so drift beyond it stands; only the all-clear has to wait.
        var state = bound > rule.Tolerance ? DriftState.Drifted : rule.Phi.Calibrated ? DriftState.Good : DriftState.Uncalibrated;
        return new(distance, bound, rows, rule.Phi.Value, state);
    }
}
