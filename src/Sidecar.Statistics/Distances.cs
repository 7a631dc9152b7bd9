namespace Sidecar.Statistics;

/// <summary>A distance of which the bins tell a certain range. <c>Value</c> is the point estimate, <c>Lower ≤ exact ≤ Upper</c> always.</summary>
public readonly record struct CertifiedDistance(double Value, double Lower, double Upper)
{
    /// <summary>How much the bins leave open.</summary>
    public double Width => Upper - Lower;
}

/// <summary>
/// Distances between a live window and its reference. p = live proportion of a cell, q = the reference's, C = cells, n and m their rows. All
/// look at finite values (numeric) or rows with a value (categorical) only. An empty window has no distance: NaN.
/// </summary>
/// <remarks>
/// These are point estimates: on a small window all of them are above 0 without any drift. Decide with <see cref="LowerBound"/>.
/// </remarks>
public static class Distances
{
    /// <summary>
    /// Kolmogorov–Smirnov distance sup|F − G| with the range in which the exact D of the same float32 values lies. <c>Value</c> is the largest
    /// difference at an edge, which is attained, hence also <c>Lower</c>.
    /// </summary>
    /// <remarks>
    /// With d = F − G at a bin's left end, d inside lies in [d − q, d + p], as the live values may all come before the reference's or after.
    /// Where a side is known to lie on the bin's upper edge only (an atom; or live values whose sum is count × edge, which is exact in double up
    /// to 2^26 values), its step comes last and that side of the range falls away.
    /// </remarks>
    public static CertifiedDistance KolmogorovSmirnov(NumericCounts live)
    {
        var reference = live.Reference;
        double n = live.Rows, m = reference.Rows;
        if (n == 0)
            return new(double.NaN, double.NaN, double.NaN);
        long before = live.Below, referenceBefore = 0;
        var left = before / n;
        double lower = left, upper = left;
        for (var bin = 1; bin <= reference.Bins; bin++)
        {
            before += live.Count(bin);
            referenceBefore += reference.Counts[bin];
            var right = before / n - referenceBefore / m;
            lower = Math.Max(lower, Math.Abs(right));
            if (!OnUpperEdge(live, bin))
                upper = Math.Max(upper, left + live.Count(bin) / n);
            if (!reference.OnlyUpperEdge(bin))
                upper = Math.Max(upper, reference.Counts[bin] / m - left);
            left = right;
        }

        lower = Math.Min(1, lower);
        return new(lower, lower, Math.Min(1, Math.Max(lower, upper)));
    }

    /// <summary>
    /// First Wasserstein distance ∫|F − G| in units of the reference's σ, unbounded. Each bin's signed integral and both tails are exact; a bin
    /// across which F − G changes sign counts for at least what a straight line between its ends would give. A constant reference has no σ: 0 or +∞.
    /// </summary>
    public static double Wasserstein(NumericCounts live)
    {
        var reference = live.Reference;
        double n = live.Rows, m = reference.Rows;
        if (n == 0)
            return double.NaN;
        long before = live.Below, referenceBefore = 0;
        // Below the minimum G = 0 and above the maximum G = 1: ∫F = min·F(min) − Σx/n, likewise above.
        var distance = reference.Minimum * (before / n) - live.Sum(0) / n;
        var above = reference.Bins + 1;
        distance += live.Sum(above) / n - reference.Maximum * (live.Above / n);
        for (var bin = 1; bin <= reference.Bins; bin++)
        {
            // ∫(a,b] (F − G) = b·d(b) − a·d(a) − (S/n − T/m), written so that a large common offset cancels first.
            double a = reference.LowerEdge(bin), b = reference.UpperEdge(bin);
            var left = before / n - referenceBefore / m;
            before += live.Count(bin);
            referenceBefore += reference.Counts[bin];
            var signed = (b - a) * left
                + (b * live.Count(bin) - live.Sum(bin)) / n
                - (b * reference.Counts[bin] - reference.Sums[bin]) / m;
            distance += Math.Max(Math.Abs(signed), Crossing(left, before / n - referenceBefore / m) * (b - a));
        }

        distance = Math.Max(0, distance);
        if (reference.Sigma > 0)
            return distance / reference.Sigma;
        return distance == 0 ? 0 : double.PositiveInfinity;
    }

    /// <summary>Jensen–Shannon distance (the root of the divergence), base 2, 0 … 1.</summary>
    public static double JensenShannon(NumericCounts live) => CellDistances.JensenShannon(new Cells(live));

    /// <inheritdoc cref="JensenShannon(NumericCounts)"/>
    public static double JensenShannon(CategoricalCounts live) => CellDistances.JensenShannon(new Cells(live));

    /// <summary>Hellinger distance √(½Σ(√p − √q)²), 0 … 1.</summary>
    public static double Hellinger(NumericCounts live) => CellDistances.Hellinger(new Cells(live));

    /// <inheritdoc cref="Hellinger(NumericCounts)"/>
    public static double Hellinger(CategoricalCounts live) => CellDistances.Hellinger(new Cells(live));

    /// <summary>Total variation ½Σ|p − q|, 0 … 1.</summary>
    public static double TotalVariation(NumericCounts live) => CellDistances.TotalVariation(new Cells(live));

    /// <inheritdoc cref="TotalVariation(NumericCounts)"/>
    public static double TotalVariation(CategoricalCounts live) => CellDistances.TotalVariation(new Cells(live));

    /// <summary>Largest difference of a cell max|p − q|, 0 … 1.</summary>
    public static double LInfinity(NumericCounts live) => CellDistances.LInfinity(new Cells(live));

    /// <inheritdoc cref="LInfinity(NumericCounts)"/>
    public static double LInfinity(CategoricalCounts live) => CellDistances.LInfinity(new Cells(live));

    /// <summary>
    /// Population stability index Σ(p − q)ln(p/q) with half a row added to every cell of both sides, so that an empty cell gives a large
    /// figure and not an infinite one.
    /// </summary>
    public static double PopulationStability(NumericCounts live) => CellDistances.PopulationStability(new Cells(live));

    /// <inheritdoc cref="PopulationStability(NumericCounts)"/>
    public static double PopulationStability(CategoricalCounts live) => CellDistances.PopulationStability(new Cells(live));

    /// <summary>
    /// <see cref="PopulationStability(NumericCounts)"/> less what it is on average without drift, (C − 1)·φ·(1/n + 1/m) to first order, with C
    /// the cells that either side uses. May be negative. Good from about 12 rows a cell.
    /// </summary>
    public static double DebiasedPopulationStability(NumericCounts live, double phi) =>
        CellDistances.DebiasedPopulationStability(new Cells(live), phi);

    /// <inheritdoc cref="DebiasedPopulationStability(NumericCounts, double)"/>
    public static double DebiasedPopulationStability(CategoricalCounts live, double phi) =>
        CellDistances.DebiasedPopulationStability(new Cells(live), phi);

    /// <summary>Mean |d| along the straight line from left to right if it crosses 0, else 0.</summary>
    private static double Crossing(double left, double right) =>
        left * right < 0 ? (left * left + right * right) / (2 * (Math.Abs(left) + Math.Abs(right))) : 0;

    private static bool OnUpperEdge(NumericCounts live, int bin)
    {
        var count = live.Count(bin);
        return count == 0
            || live.Reference.IsPoint(bin)
            || (count <= 1L << 26 && live.Sum(bin) == count * (double)live.Reference.UpperEdge(bin));
    }
}
