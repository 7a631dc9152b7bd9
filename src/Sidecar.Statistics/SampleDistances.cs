namespace Sidecar.Statistics;

/// <summary>
/// Distances between two whole samples, exact: for offline comparison and as the yardstick of the binned ones. Samples come sorted and without
/// NaN; an empty one gives NaN.
/// </summary>
public static class SampleDistances
{
    /// <summary>Kolmogorov–Smirnov distance sup|F − G| of right-continuous distribution functions.</summary>
    public static double KolmogorovSmirnov(ReadOnlySpan<double> sorted, ReadOnlySpan<double> other) => Walk(sorted, other).Largest;

    /// <summary>First Wasserstein distance ∫|F − G| in the values' unit.</summary>
    public static double Wasserstein(ReadOnlySpan<double> sorted, ReadOnlySpan<double> other) => Walk(sorted, other).Area;

    private static (double Largest, double Area) Walk(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        if (a.IsEmpty || b.IsEmpty)
            return (double.NaN, double.NaN);
        double largest = 0, area = 0, difference = 0, last = Math.Min(a[0], b[0]);
        int i = 0, j = 0;
        while (i < a.Length || j < b.Length)
        {
            var at = i < a.Length && (j == b.Length || a[i] <= b[j]) ? a[i] : b[j];
            area += Math.Abs(difference) * (at - last);
            while (i < a.Length && a[i] <= at)
                i++;
            while (j < b.Length && b[j] <= at)
                j++;
            difference = i / (double)a.Length - j / (double)b.Length;
            largest = Math.Max(largest, Math.Abs(difference));
            last = at;
        }

        return (largest, area);
    }
}
