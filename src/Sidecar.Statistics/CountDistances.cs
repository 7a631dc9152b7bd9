using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

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
        // Four cells at a time: the logarithms are nearly all of the work.
        var sum = Vector256<double>.Zero;
        var cell = 0;
        for (; cell <= live.Length - Vector256<double>.Count; cell += Vector256<double>.Count)
        {
            // Divided, not multiplied by 1/n: where the sides are nearly alike the terms cancel, and a rounding more would be seen.
            var p = Rows(live, cell) / Vector256.Create(n);
            var q = Rows(reference, cell) / Vector256.Create(m);
            sum += Term(p, p + q) + Term(q, p + q);
        }

        var divergence = Vector256.Sum(sum);
        for (; cell < live.Length; cell++)
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
        var (n, m, used) = Totals(live, reference);
        return Stability(live, reference, pseudo, n, m, used);
    }

    private static double Stability(ReadOnlySpan<long> live, ReadOnlySpan<long> reference, double pseudo, double n, double m, int used)
    {
        if (n == 0 || m == 0)
            return double.NaN;
        var added = pseudo * used;
        Vector256<double> terms = default, perLive = Vector256.Create(1 / (n + added)), perReference = Vector256.Create(1 / (m + added));
        var cell = 0;
        for (; cell <= live.Length - Vector256<double>.Count; cell += Vector256<double>.Count)
        {
            var (count, other) = (Rows(live, cell), Rows(reference, cell));
            var p = (count + Vector256.Create(pseudo)) * perLive;
            var q = (other + Vector256.Create(pseudo)) * perReference;
            var term = (p - q) * Vector256.Log(p / q);
            terms += Vector256.ConditionalSelect(Vector256.Equals(count + other, Vector256<double>.Zero), Vector256<double>.Zero, term);
        }

        var sum = Vector256.Sum(terms);
        for (; cell < live.Length; cell++)
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
        var (n, m, used) = Totals(live, reference);
        return Stability(live, reference, 0.5, n, m, used) - (used - 1) * phi * (1 / n + 1 / m);
    }

    internal static (double Live, double Reference) Rows(ReadOnlySpan<long> live, ReadOnlySpan<long> reference)
    {
        var (n, m, _) = Totals(live, reference);
        return (n, m);
    }

    /// <summary>Rows of either side, and the cells that hold one on any side.</summary>
    internal static (double Live, double Reference, int Used) Totals(ReadOnlySpan<long> live, ReadOnlySpan<long> reference)
    {
        if (live.Length != reference.Length)
            throw new ArgumentException("Both sides have the same cells.", nameof(reference));
        Vector256<long> rows = default, referenceRows = default, occupied = default;
        var cell = 0;
        for (; cell <= live.Length - Vector256<long>.Count; cell += Vector256<long>.Count)
        {
            var (a, b) = (Counts(live, cell), Counts(reference, cell));
            rows += a;
            referenceRows += b;
            occupied -= Vector256.GreaterThan(a + b, Vector256<long>.Zero); // every hit is -1
        }

        long n = Vector256.Sum(rows), m = Vector256.Sum(referenceRows), used = Vector256.Sum(occupied);
        for (; cell < live.Length; cell++)
        {
            n += live[cell];
            m += reference[cell];
            used += live[cell] + reference[cell] > 0 ? 1 : 0;
        }

        return (n, m, (int)used);
    }

    internal static long Sum(ReadOnlySpan<long> counts)
    {
        var sums = Vector256<long>.Zero;
        var cell = 0;
        for (; cell <= counts.Length - Vector256<long>.Count; cell += Vector256<long>.Count)
            sums += Counts(counts, cell);
        var sum = Vector256.Sum(sums);
        for (; cell < counts.Length; cell++)
            sum += counts[cell];
        return sum;
    }

    /// <summary>Four cells from one on.</summary>
    internal static Vector256<long> Counts(ReadOnlySpan<long> counts, int at) => Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(counts), (nuint)at);

    private static Vector256<double> Rows(ReadOnlySpan<long> counts, int at) => Vector256.ConvertToDouble(Counts(counts, at));

    /// <summary>part·ln(2·part/both), 0 where the part is.</summary>
    private static Vector256<double> Term(Vector256<double> part, Vector256<double> both)
    {
        // An empty cell's logarithm is of something instead of 0, and times 0 it is 0.
        var ratio = (part + part) / Vector256.Max(both, Vector256.Create(double.Epsilon));
        return part * Vector256.Log(Vector256.Max(ratio, Vector256.Create(1e-300)));
    }

    private static double Term(double part, double whole) => part == 0 ? 0 : part * Math.Log(part / whole);

    // Rounding may exceed 1 in the last digit; NaN passes.
    private static double Bounded(double distance) => Math.Min(1, distance);
}
