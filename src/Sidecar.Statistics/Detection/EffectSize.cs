namespace Sidecar.Statistics.Detection;

/// <summary>How large a change is, with what is certain of it. Severity is decided by the bounds and never by the point estimates.</summary>
/// <param name="Distance">Numeric: KS distance at the cells' edges, of which the true one is never smaller. Categorical: largest difference of a cell's share. NaN without rows.</param>
/// <param name="DistanceBound">Its lower confidence bound; NaN without rows.</param>
/// <param name="Wasserstein">W1 in σ of the reference, in-bin positions taken as the reference's (numeric); NaN for categories and without rows.</param>
/// <param name="Rate">Share of the rows in the cell whose share rose most beyond the gate's; NaN without rows.</param>
/// <param name="RateBound">The lower confidence bound of how far that share rose above the reference's; NaN without rows.</param>
/// <param name="Cell">That cell, in the model's numbering.</param>
/// <param name="Rows">Rows of the window.</param>
public readonly record struct EffectSize(
    double Distance, double DistanceBound, double Wasserstein, double Rate, double RateBound, int Cell, long Rows)
{
    /// <summary>No rows, so nothing is known.</summary>
    public static EffectSize Unknown { get; } = new(double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, -1, 0);
}

/// <summary>Measures the change of a window against its reference.</summary>
public static class Effect
{
    /// <summary>The effect in a window of a numeric feature.</summary>
    /// <param name="counts">Counts in the model's cells.</param>
    /// <param name="tails">Sums of the finite values below the lowest and above the highest bin.</param>
    /// <param name="alpha">Level of each bound, 1e-3 for instance: the alarm was raised by other evidence, this only sizes it.</param>
    /// <param name="phi">Overdispersion per statistic.</param>
    public static EffectSize Of(NumericReference reference, ReadOnlySpan<long> counts, (double Below, double Above) tails, double alpha, PhiTable phi)
    {
        var valued = counts[..reference.Cells];
        var unsized = Unsized(reference, counts, alpha, phi);
        if (Sum(valued) == 0)
            return unsized;
        double n = Sum(valued), m = reference.Rows;
        long before = 0, referenceBefore = 0;
        double distance = 0;
        for (var cell = 0; cell < valued.Length; cell++)
        {
            before += valued[cell];
            referenceBefore += reference.Counts[cell];
            distance = Math.Max(distance, Math.Abs(before / n - referenceBefore / m));
        }

        var location = ExpertTable.At(phi, counts.Length + 1); // the first score, after the cells and the tails together
        var bound = LowerBound.KolmogorovSmirnov(distance, n, m, alpha, location);
        return unsized with
        {
            Distance = Math.Min(1, distance),
            DistanceBound = bound,
            Wasserstein = Wasserstein(reference, valued, tails, n),
        };
    }

    /// <summary>The effect in a window of a categorical feature.</summary>
    /// <inheritdoc cref="Of(NumericReference, ReadOnlySpan{long}, ValueTuple{double, double}, double, PhiTable)"/>
    public static EffectSize Of(CategoricalReference reference, ReadOnlySpan<long> counts, double alpha, PhiTable phi)
    {
        var valued = counts[..reference.Cells];
        var rows = Sum(counts);
        if (rows == 0)
            return EffectSize.Unknown;
        var rate = Largest(counts, rows, alpha, phi, cell => cell < reference.Cells
            ? (cell == reference.Unseen ? (reference.New, reference.NewRows) : (reference.Counts[cell], reference.Rows))
            : (reference.Missing, reference.Total));
        if (Sum(valued) == 0)
            return EffectSize.Unknown with { Rate = rate.Rate, RateBound = rate.Bound, Cell = rate.Cell, Rows = rows };
        var largest = Enumerable.Range(0, reference.Cells).Max(cell => ExpertTable.At(phi, cell));
        var live = new CategoricalCounts(reference);
        live.Load(valued);
        return new(
            Distances.LInfinity(live), LowerBound.Categorical(live, alpha, largest), double.NaN, rate.Rate, rate.Bound, rate.Cell, rows);
    }

    private static EffectSize Unsized(NumericReference reference, ReadOnlySpan<long> counts, double alpha, PhiTable phi)
    {
        var rows = Sum(counts);
        if (rows == 0)
            return EffectSize.Unknown;
        long[] missing = [reference.Missing, reference.NotANumber, reference.PositiveInfinity + reference.NegativeInfinity];
        var rate = Largest(counts, rows, alpha, phi, cell => cell < reference.Cells
            ? (reference.Counts[cell], reference.Total)
            : (missing[cell - reference.Cells], reference.Total));
        return EffectSize.Unknown with { Rate = rate.Rate, RateBound = rate.Bound, Cell = rate.Cell, Rows = rows };
    }

    /// <summary>The cell with the highest lower bound of its rise, at a level shared by all cells.</summary>
    private static (double Rate, double Bound, int Cell) Largest(
        ReadOnlySpan<long> counts, long rows, double alpha, PhiTable phi, Func<int, (long Hits, long Rows)> reference)
    {
        var best = (Rate: counts[0] / (double)rows, Bound: double.NegativeInfinity, Cell: 0, Rise: double.NegativeInfinity);
        for (var cell = 0; cell < counts.Length; cell++)
        {
            var (hits, of) = reference(cell);
            var rise = counts[cell] / (double)rows - (of == 0 ? 0 : hits / (double)of);
            var bound = LowerBound.RateIncrease(counts[cell], rows, hits, of, alpha / counts.Length, ExpertTable.At(phi, cell));
            if (bound > best.Bound || (bound == best.Bound && rise > best.Rise))
                best = (counts[cell] / (double)rows, bound, cell, rise);
        }

        return (best.Rate, best.Bound, best.Cell);
    }

    /// <summary>∫|F − G|/σ, with the live values of a bin at the reference's mean of that bin: off by a bin's width times the moved mass at most.</summary>
    private static double Wasserstein(NumericReference reference, ReadOnlySpan<long> valued, (double Below, double Above) tails, double n)
    {
        double m = reference.Rows;
        int last = reference.LastBin, far = last + 2;
        double Share(ReadOnlySpan<long> of, double rows, int a, int b) => (of[a] + of[b]) / rows;
        var distance = Math.Abs(reference.Minimum * (Share(valued, n, 0, 1) - Share(reference.Counts, m, 0, 1))
            - (tails.Below / n - (reference.Sums[0] + reference.Sums[1]) / m));
        distance += Math.Abs(tails.Above / n - (reference.Sums[last + 1] + reference.Sums[far]) / m
            - reference.Maximum * (Share(valued, n, last + 1, far) - Share(reference.Counts, m, last + 1, far)));
        var difference = Share(valued, n, 0, 1) - Share(reference.Counts, m, 0, 1);
        for (var cell = NumericReference.FirstBin; cell <= last; cell++)
        {
            double lower = reference.Edges.Lower(cell), upper = reference.Edges.Upper(cell);
            var middle = reference.Counts[cell] > 0 ? Math.Clamp(reference.Sums[cell] / reference.Counts[cell], lower, upper) : (lower + upper) / 2;
            distance += Math.Abs(difference) * (middle - lower);
            difference += valued[cell] / n - reference.Counts[cell] / m;
            distance += Math.Abs(difference) * (upper - middle);
        }

        return reference.Sigma > 0 ? distance / reference.Sigma : distance == 0 ? 0 : double.PositiveInfinity;
    }

    private static long Sum(ReadOnlySpan<long> counts)
    {
        long sum = 0;
        foreach (var count in counts)
            sum += count;
        return sum;
    }
}
