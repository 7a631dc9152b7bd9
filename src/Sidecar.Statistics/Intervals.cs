using MathNet.Numerics.Distributions;

namespace Sidecar.Statistics;

/// <summary>A confidence interval of a proportion.</summary>
public readonly record struct Interval(double Lower, double Upper);

/// <summary>Two-sided confidence intervals of a proportion from independent rows. No rows: [0, 1].</summary>
public static class Intervals
{
    /// <summary>Wilson's score interval (1927): close to the stated coverage on average. For display.</summary>
    public static Interval Wilson(long hits, long rows, double alpha = 0.05)
    {
        Check(hits, rows);
        if (rows == 0)
            return new(0, 1);
        var z = Normal.InvCDF(0, 1, 1 - alpha / 2);
        double n = rows, p = hits / n, z2 = z * z;
        var centre = (p + z2 / (2 * n)) / (1 + z2 / n);
        var half = z / (1 + z2 / n) * Math.Sqrt(p * (1 - p) / n + z2 / (4 * n * n));
        // At the ends one limit is the end itself; the formula misses it by rounding only.
        return new(hits == 0 ? 0 : Math.Max(0, centre - half), hits == rows ? 1 : Math.Min(1, centre + half));
    }

    /// <summary>Clopper and Pearson's exact interval (1934): coverage never below 1 − α. For reports with few hits.</summary>
    public static Interval ClopperPearson(long hits, long rows, double alpha = 0.05)
    {
        Check(hits, rows);
        var lower = hits == 0 ? 0 : Beta.InvCDF(hits, rows - hits + 1, alpha / 2);
        var upper = hits == rows ? 1 : Beta.InvCDF(hits + 1, rows - hits, 1 - alpha / 2);
        return new(lower, upper);
    }

    private static void Check(long hits, long rows)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(hits);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(hits, rows);
    }
}
