using System.Runtime.Intrinsics;
using MathNet.Numerics;

namespace Sidecar.Statistics;

/// <summary>What a test says.</summary>
/// <param name="Statistic">NaN where the test does not apply.</param>
/// <param name="Freedom">Degrees of freedom.</param>
/// <param name="PValue">Chance of such a statistic or a larger one without any change, for independent rows; NaN where the test does not apply.</param>
public readonly record struct TestResult(double Statistic, int Freedom, double PValue)
{
    /// <summary>Too few rows or cells.</summary>
    public static TestResult Insufficient { get; } = new(double.NaN, 0, double.NaN);

    /// <summary>Enough rows for the test to mean something.</summary>
    public bool Applies => !double.IsNaN(PValue);
}

/// <summary>Pearson's χ² on counts (1900). Asymptotic: mind the expected counts, or let <see cref="Collapsed"/> do it.</summary>
public static class ChiSquareTest
{
    /// <summary>
    /// Two samples over the same cells, as scipy's <c>chi2_contingency</c>. Cells that are empty on both sides are left out.
    /// </summary>
    /// <param name="yates">Yates' correction where there is one degree of freedom, which is scipy's default.</param>
    public static TestResult TwoSample(ReadOnlySpan<long> live, ReadOnlySpan<long> reference, bool yates = true)
    {
        var (n, m, used) = CountDistances.Totals(live, reference);
        var freedom = used - 1;
        if (n == 0 || m == 0 || freedom < 1)
            return TestResult.Insufficient;
        // With e and f the expected rows of either side and the same difference d on both, d²/e + d²/f = d²/(live + reference) · (n + m)²/(n·m).
        var share = n / (n + m);
        var correction = yates && freedom == 1 ? 0.5 : 0;
        var sums = Vector256<double>.Zero;
        var cell = 0;
        for (; cell + Vector256<double>.Count <= live.Length; cell += Vector256<double>.Count)
        {
            var count = Vector256.ConvertToDouble(CountDistances.Counts(live, cell));
            var both = count + Vector256.ConvertToDouble(CountDistances.Counts(reference, cell));
            var difference = Vector256.Max(Vector256<double>.Zero, Vector256.Abs(count - both * share) - Vector256.Create(correction));
            sums += difference * difference / Vector256.Max(both, Vector256<double>.One); // an empty cell has no difference
        }

        var sum = Vector256.Sum(sums);
        for (; cell < live.Length; cell++)
        {
            double both = live[cell] + reference[cell];
            var difference = Math.Max(0, Math.Abs(live[cell] - both * share) - correction);
            sum += difference * difference / Math.Max(both, 1);
        }

        var statistic = sum * (n + m) / n * ((n + m) / m);
        return new(statistic, freedom, UpperTail(statistic, freedom));
    }

    /// <summary>
    /// One sample against a reference taken as exact (expected = reference share × live rows), as scipy's <c>chisquare</c>. A live row in a cell
    /// that the reference lacks gives +∞ and p = 0.
    /// </summary>
    public static TestResult AgainstExact(ReadOnlySpan<long> live, ReadOnlySpan<long> reference)
    {
        var (n, m, used) = CountDistances.Totals(live, reference);
        var freedom = used - 1;
        if (n == 0 || m == 0 || freedom < 1)
            return TestResult.Insufficient;
        double statistic = 0;
        for (var cell = 0; cell < live.Length; cell++)
        {
            if (live[cell] + reference[cell] == 0)
                continue;
            var expected = reference[cell] / m * n;
            var difference = live[cell] - expected;
            statistic += expected > 0 ? difference * difference / expected : double.PositiveInfinity;
        }

        return new(statistic, freedom, UpperTail(statistic, freedom));
    }

    /// <summary>
    /// The two-sample test after neighbouring cells are joined until each expects enough live rows: 12 for levels down to 1e-6, 25 below that.
    /// With fewer expected rows the far tail of χ² is wrong (measured: 8.8 times the nominal 1e-6 with 1.6 rows a cell).
    /// </summary>
    /// <param name="alpha">Level at which the result will be used.</param>
    /// <param name="phi">Overdispersion: the statistic is divided by it.</param>
    public static TestResult Collapsed(ReadOnlySpan<long> live, ReadOnlySpan<long> reference, double alpha, double phi = 1)
    {
        var (n, m) = CountDistances.Rows(live, reference);
        if (n == 0 || m == 0)
            return TestResult.Insufficient;
        var leastTimesRows = (alpha < 1e-6 ? 25 : 12) * (n + m);
        Span<long> joinedLive = stackalloc long[live.Length], joined = stackalloc long[live.Length];
        var used = 0;
        long heldLive = 0, held = 0;
        for (var cell = 0; cell < live.Length; cell++)
        {
            heldLive += live[cell];
            held += reference[cell];
            if ((heldLive + held) * n < leastTimesRows)
                continue;
            (joinedLive[used], joined[used++]) = (heldLive, held);
            (heldLive, held) = (0, 0);
        }

        // What is left at the end joins the last cell.
        if (used > 0)
        {
            joinedLive[used - 1] += heldLive;
            joined[used - 1] += held;
        }

        var result = TwoSample(joinedLive[..used], joined[..used], yates: false);
        return result.Applies ? new(result.Statistic / phi, result.Freedom, UpperTail(result.Statistic / phi, result.Freedom)) : result;
    }

    /// <summary>P(χ² ≥ x): for whole degrees of freedom a finite sum of positive terms, so that the tail keeps its digits and costs little.</summary>
    internal static double UpperTail(double x, int freedom)
    {
        const int longest = 200;
        const double largest = 600; // exp of more is denormal
        var half = x / 2;
        if (x <= 0)
            return 1;
        if (double.IsPositiveInfinity(x))
            return 0;
        if (freedom > longest || half > largest)
            return SpecialFunctions.GammaUpperRegularized(freedom / 2.0, half);
        var even = freedom % 2 == 0;
        var term = even ? Math.Exp(-half) : Math.Exp(-half) * Math.Sqrt(half) * 2 / Math.Sqrt(Math.PI);
        var sum = even ? term : SpecialFunctions.Erfc(Math.Sqrt(half)) + (freedom > 1 ? term : 0);
        for (var order = even ? 1.0 : 1.5; order < freedom / 2.0 - 0.5; order++)
        {
            term *= half / order;
            sum += term;
        }

        return Math.Min(1, sum);
    }
}
