namespace Sidecar.Statistics;

/// <summary>
/// Distances between two tables of counts over the same cells. p = share of a cell on the live side, q = on the reference's. A side without
/// rows has no shares: NaN. No cell is smoothed unless said.
/// </summary>
public static class CountDistances
{
    /// <summary>Jensen–Shannon distance, base 2, 0 … 1: the root of ½KL(p‖M) + ½KL(q‖M), M = (p + q)/2 (Lin 1991). Times √ln 2 it is base e.</summary>
    public static double JensenShannon(ReadOnlySpan<long> live, ReadOnlySpan<long> reference)
    {
        var (n, m) = Rows(live, reference);
        double divergence = 0;
        for (var cell = 0; cell < live.Length; cell++)
        {
            double p = live[cell] / n, q = reference[cell] / m, mean = (p + q) / 2;
            divergence += Term(p, mean) + Term(q, mean);
        }

        return Bounded(Math.Sqrt(Math.Max(0, divergence) / (2 * Math.Log(2))));
    }

    /// <summary>Hellinger distance √(½Σ(√p − √q)²), 0 … 1.</summary>
    public static double Hellinger(ReadOnlySpan<long> live, ReadOnlySpan<long> reference)
    {
        var (n, m) = Rows(live, reference);
        double sum = 0;
        for (var cell = 0; cell < live.Length; cell++)
        {
            var difference = Math.Sqrt(live[cell] / n) - Math.Sqrt(reference[cell] / m);
            sum += difference * difference;
        }

        return Bounded(Math.Sqrt(sum / 2));
    }

    /// <summary>Total variation ½Σ|p − q|, 0 … 1.</summary>
    public static double TotalVariation(ReadOnlySpan<long> live, ReadOnlySpan<long> reference)
    {
        var (n, m) = Rows(live, reference);
        double sum = 0;
        for (var cell = 0; cell < live.Length; cell++)
            sum += Math.Abs(live[cell] / n - reference[cell] / m);
        return Bounded(sum / 2);
    }

    /// <summary>Largest difference of a cell max|p − q|, 0 … 1.</summary>
    public static double LInfinity(ReadOnlySpan<long> live, ReadOnlySpan<long> reference)
    {
        var (n, m) = Rows(live, reference);
        double largest = n > 0 && m > 0 ? 0 : double.NaN;
        for (var cell = 0; cell < live.Length; cell++)
            largest = Math.Max(largest, Math.Abs(live[cell] / n - reference[cell] / m));
        return Bounded(largest);
    }

    /// <summary>
    /// Kullback–Leibler divergence Σp·ln(p/q) in nats, of live from reference; +∞ where a live cell is empty in the reference. Not symmetric:
    /// swap the arguments for the other direction.
    /// </summary>
    public static double KullbackLeibler(ReadOnlySpan<long> live, ReadOnlySpan<long> reference)
    {
        var (n, m) = Rows(live, reference);
        if (n == 0 || m == 0)
            return double.NaN;
        double sum = 0;
        for (var cell = 0; cell < live.Length; cell++)
            sum += Term(live[cell] / n, reference[cell] / m);
        return Math.Max(0, sum);
    }

    /// <summary>
    /// Population stability index Σ(p − q)·ln(p/q) in nats, which is the sum of both Kullback–Leibler divergences. <paramref name="pseudo"/> rows are
    /// added to every cell that either side uses, so that an empty one gives a large figure and not +∞; 0 for the bare formula.
    /// </summary>
    public static double PopulationStability(ReadOnlySpan<long> live, ReadOnlySpan<long> reference, double pseudo = 0.5)
    {
        var (n, m) = Rows(live, reference);
        if (n == 0 || m == 0)
            return double.NaN;
        double sum = 0, added = pseudo * Used(live, reference);
        for (var cell = 0; cell < live.Length; cell++)
        {
            if (live[cell] + reference[cell] == 0)
                continue;
            double p = (live[cell] + pseudo) / (n + added), q = (reference[cell] + pseudo) / (m + added);
            sum += (p - q) * Math.Log(p / q);
        }

        return sum;
    }

    /// <summary>
    /// <see cref="PopulationStability"/> less what it is on average without drift, (C − 1)·φ·(1/n + 1/m) to first order, with C the cells that either
    /// side uses. May be negative. Good from about 12 rows a cell.
    /// </summary>
    public static double DebiasedPopulationStability(ReadOnlySpan<long> live, ReadOnlySpan<long> reference, double phi)
    {
        var (n, m) = Rows(live, reference);
        return PopulationStability(live, reference) - (Used(live, reference) - 1) * phi * (1 / n + 1 / m);
    }

    /// <summary>Cells that hold a row on either side.</summary>
    internal static int Used(ReadOnlySpan<long> live, ReadOnlySpan<long> reference)
    {
        var used = 0;
        for (var cell = 0; cell < live.Length; cell++)
            used += live[cell] + reference[cell] > 0 ? 1 : 0;
        return used;
    }

    internal static (double Live, double Reference) Rows(ReadOnlySpan<long> live, ReadOnlySpan<long> reference)
    {
        if (live.Length != reference.Length)
            throw new ArgumentException("Both sides have the same cells.", nameof(reference));
        long n = 0, m = 0;
        for (var cell = 0; cell < live.Length; cell++)
        {
            n += live[cell];
            m += reference[cell];
        }

        return (n, m);
    }

    private static double Term(double part, double whole) => part == 0 ? 0 : part * Math.Log(part / whole);

    // Rounding may exceed 1 in the last digit; NaN passes.
    private static double Bounded(double distance) => Math.Min(1, distance);
}
