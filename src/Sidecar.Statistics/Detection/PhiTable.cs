namespace Sidecar.Statistics.Detection;

/// <summary>
/// Overdispersion φ ≥ 1 of each statistic of a detector: its cells, the tails together, the scores. Plain data, for a profile file. Immutable.
/// </summary>
/// <param name="Values">φ per statistic, as many as the model has; an entry that isn't a finite number of at least 1 counts as 1.</param>
/// <param name="Windows">Sub-windows behind it.</param>
/// <param name="Calibrated">False until 20 sub-windows were seen: then the values are wide upper bounds.</param>
public sealed record PhiTable(IReadOnlyList<float> Values, long Windows, bool Calibrated)
{
    /// <summary>The elementwise larger one: a burn-in may raise what a time-ordered reference says, but not lower it.</summary>
    public static PhiTable Raise(PhiTable reference, PhiTable burnIn)
    {
        if (reference.Values.Count != burnIn.Values.Count)
            throw new ArgumentException("Tables of different models have different statistics.", nameof(burnIn));
        if (!burnIn.Calibrated)
            return reference;
        return new([.. reference.Values.Zip(burnIn.Values, Math.Max)], Math.Max(reference.Windows, burnIn.Windows), true);
    }

    /// <summary>Independent rows, taken on trust.</summary>
    public static PhiTable Independent(CellModel model) => new([.. Enumerable.Repeat(1f, model.Statistics)], 0, false);

    /// <summary>φ of the location score (numeric), or the median of the categories'.</summary>
    public double Typical(CellModel model)
    {
        if (model.Kind == FeatureKind.Numeric)
            return Values[model.FirstScore];
        float[] sorted = [.. Values.Take(model.ValueCells).Order()];
        return sorted[sorted.Length / 2];
    }
}
