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
        ReadOnlySpan<long> liveCounts = live.Counts, counts = reference.Counts;
        long before = 0, referenceBefore = 0;
        double left = 0, lower = 0, widest = 0, perLive = 1 / n, perReference = 1 / m;
        var at = 0;
        for (var cell = 0; cell < liveCounts.Length; cell++)
        {
            long count = liveCounts[cell], referenceCount = counts[cell];
            before += count;
            referenceBefore += referenceCount;
            double rise = left + count * perLive, fall = referenceCount * perReference - left;
            left = before * perLive - referenceBefore * perReference;
            if (Math.Abs(left) > lower)
                lower = Math.Abs(left);
            // What may lie inside only matters where both sides do: one alone moves d in one direction, to its end.
            if ((rise > widest || fall > widest) && count > 0 && referenceCount > 0)
                (widest, at) = (Math.Max(rise, fall), cell);
        }

        // At the widest place it mostly is not known where the values lie, and the others don't matter.
        var upper = lower;
        if (widest > lower)
            upper = OnUpperEdge(live, at) || reference.OnlyUpperEdge(at) ? Inside(live, n, m, lower) : widest;
        return new(Math.Min(1, lower), Math.Min(1, lower), Math.Min(1, upper));
    }

    /// <summary>
    /// First Wasserstein distance ∫|F − G| in units of the reference's σ, unbounded. Each bin's and tail's signed integral is exact; a bin
    /// across which F − G changes sign counts for at least what a straight line between its ends would give. A constant reference has no σ: 0 or +∞.
    /// </summary>
    public static double Wasserstein(NumericCounts live)
    {
        var reference = live.Reference;
        double n = live.Rows, m = reference.Rows;
        if (n == 0)
            return double.NaN;
        long before = live.Below, referenceBefore = reference.Counts[0] + reference.Counts[1];
        int above = reference.LastBin + 1, far = above + 1;
        // A tail's signed integral ∫(F − G) = min·d(min) − (Σx/n − Σy/m), likewise above: exact where only one side has values there.
        var distance = Math.Abs(reference.Minimum * (before / n - referenceBefore / m)
            - ((live.Sum(0) + live.Sum(1)) / n - (reference.Sums[0] + reference.Sums[1]) / m));
        distance += Math.Abs((live.Sum(above) + live.Sum(far)) / n - (reference.Sums[above] + reference.Sums[far]) / m
            - reference.Maximum * (live.Above / n - (reference.Counts[above] + reference.Counts[far]) / m));
        double perLive = 1 / n, perReference = 1 / m, a = reference.Minimum, left = before * perLive - referenceBefore * perReference;
        ReadOnlySpan<long> liveCounts = live.Counts, counts = reference.Counts;
        ReadOnlySpan<double> liveSums = live.Sums, sums = reference.Sums;
        var edges = reference.Edges.Upper();
        for (var bin = NumericReference.FirstBin; bin <= reference.LastBin; bin++)
        {
            // ∫(a,b] (F − G) = b·d(b) − a·d(a) − (S/n − T/m), written so that a large common offset cancels first.
            double b = edges[bin];
            before += liveCounts[bin];
            referenceBefore += counts[bin];
            var right = before * perLive - referenceBefore * perReference;
            var signed = Math.Abs((b - a) * left + (b * liveCounts[bin] - liveSums[bin]) * perLive - (b * counts[bin] - sums[bin]) * perReference);
            distance += signed;
            if (left * right < 0)
                distance += Math.Max(0, Crossing(left, right) * (b - a) - signed);
            (a, left) = (b, right);
        }

        distance = Math.Max(0, distance);
        if (reference.Sigma > 0)
            return distance / reference.Sigma;
        return distance == 0 ? 0 : double.PositiveInfinity;
    }

    /// <summary>Jensen–Shannon distance (the root of the divergence), base 2, 0 … 1.</summary>
    public static double JensenShannon(NumericCounts live) => Of(live, CountDistances.JensenShannon);

    /// <inheritdoc cref="JensenShannon(NumericCounts)"/>
    public static double JensenShannon(CategoricalCounts live) => CountDistances.JensenShannon(live.Counts, live.Reference.Counts);

    /// <summary>Hellinger distance √(½Σ(√p − √q)²), 0 … 1.</summary>
    public static double Hellinger(NumericCounts live) => Of(live, CountDistances.Hellinger);

    /// <inheritdoc cref="Hellinger(NumericCounts)"/>
    public static double Hellinger(CategoricalCounts live) => CountDistances.Hellinger(live.Counts, live.Reference.Counts);

    /// <summary>Total variation ½Σ|p − q|, 0 … 1.</summary>
    public static double TotalVariation(NumericCounts live) => Of(live, CountDistances.TotalVariation);

    /// <inheritdoc cref="TotalVariation(NumericCounts)"/>
    public static double TotalVariation(CategoricalCounts live) => CountDistances.TotalVariation(live.Counts, live.Reference.Counts);

    /// <summary>Largest difference of a cell max|p − q|, 0 … 1.</summary>
    public static double LInfinity(NumericCounts live) => Of(live, CountDistances.LInfinity);

    /// <inheritdoc cref="LInfinity(NumericCounts)"/>
    public static double LInfinity(CategoricalCounts live) => CountDistances.LInfinity(live.Counts, live.Reference.Counts);

    /// <summary>Kullback–Leibler divergence of live from reference in nats; +∞ where live rows lie in a cell that is empty in the reference.</summary>
    public static double KullbackLeibler(NumericCounts live) => Of(live, CountDistances.KullbackLeibler);

    /// <inheritdoc cref="KullbackLeibler(NumericCounts)"/>
    public static double KullbackLeibler(CategoricalCounts live) => CountDistances.KullbackLeibler(live.Counts, live.Reference.Counts);

    /// <summary>
    /// Population stability index Σ(p − q)ln(p/q) with half a row added to every cell that either side uses, so that an empty cell gives a large
    /// figure and not an infinite one.
    /// </summary>
    public static double PopulationStability(NumericCounts live) => Of(live, static (p, q) => CountDistances.PopulationStability(p, q));

    /// <inheritdoc cref="PopulationStability(NumericCounts)"/>
    public static double PopulationStability(CategoricalCounts live) => CountDistances.PopulationStability(live.Counts, live.Reference.Counts);

    /// <summary>
    /// <see cref="PopulationStability(NumericCounts)"/> less what it is on average without drift, (C − 1)·φ·(1/n + 1/m) to first order, with C
    /// the cells that either side uses. May be negative. Good from about 12 rows a cell.
    /// </summary>
    public static double DebiasedPopulationStability(NumericCounts live, double phi)
    {
        Span<long> counts = stackalloc long[live.Reference.Cells];
        live.CopyCounts(counts);
        return CountDistances.DebiasedPopulationStability(counts, live.Reference.Counts, phi);
    }

    /// <inheritdoc cref="DebiasedPopulationStability(NumericCounts, double)"/>
    public static double DebiasedPopulationStability(CategoricalCounts live, double phi) =>
        CountDistances.DebiasedPopulationStability(live.Counts, live.Reference.Counts, phi);

    private static double Of(NumericCounts live, Func<ReadOnlySpan<long>, ReadOnlySpan<long>, double> distance)
    {
        Span<long> counts = stackalloc long[live.Reference.Cells];
        live.CopyCounts(counts);
        return distance(counts, live.Reference.Counts);
    }

    /// <summary>The most that |d| can be, given where in its cell a side is known to lie.</summary>
    private static double Inside(NumericCounts live, double n, double m, double lower)
    {
        var reference = live.Reference;
        ReadOnlySpan<long> liveCounts = live.Counts, counts = reference.Counts;
        long before = 0, referenceBefore = 0;
        double upper = lower, perLive = 1 / n, perReference = 1 / m;
        for (var cell = 0; cell < liveCounts.Length; cell++)
        {
            var left = before * perLive - referenceBefore * perReference;
            before += liveCounts[cell];
            referenceBefore += counts[cell];
            if (liveCounts[cell] == 0 || counts[cell] == 0)
                continue;
            double rise = left + liveCounts[cell] * perLive, fall = counts[cell] * perReference - left;
            if (rise > upper && !OnUpperEdge(live, cell))
                upper = rise;
            if (fall > upper && !reference.OnlyUpperEdge(cell))
                upper = fall;
        }

        return upper;
    }

    /// <summary>Mean |d| along the straight line from left to right, which crosses 0.</summary>
    private static double Crossing(double left, double right) => (left * left + right * right) / (2 * (Math.Abs(left) + Math.Abs(right)));

    private static bool IsPoint(NumericReference reference, int cell) =>
        cell >= NumericReference.FirstBin && cell <= reference.LastBin && reference.Edges.IsPoint(cell);

    private static bool OnUpperEdge(NumericCounts live, int bin)
    {
        var count = live.Count(bin);
        return count == 0
            || IsPoint(live.Reference, bin)
            || (count <= 1L << 26 && live.Sum(bin) == count * (double)live.Reference.Edges.Upper(bin));
    }
}
