namespace Sidecar.Statistics.Peers;

/// <summary>NumPy's histograms, on which the peers' distances stand: equal widths, [a, b) but for the last bin.</summary>
internal static class Histograms
{
    /// <summary>Edges of a number of equal widths, as <c>numpy.linspace</c> rounds them. A constant gets half a unit on either side.</summary>
    public static double[] Edges(double minimum, double maximum, int bins)
    {
        if (minimum == maximum)
            (minimum, maximum) = (minimum - 0.5, maximum + 0.5);
        var step = (maximum - minimum) / bins;
        double[] edges = [.. Enumerable.Range(0, bins + 1).Select(i => i * step + minimum)];
        edges[^1] = maximum;
        return edges;
    }

    /// <summary>Sturges' rule (1926): log₂n + 1 bins.</summary>
    public static double[] Sturges(ReadOnlySpan<double> values)
    {
        var (minimum, maximum) = Range(values);
        return Rounded(minimum, maximum, (maximum - minimum) / (Math.Log2(values.Length) + 1));
    }

    /// <summary>Doane's rule (1976): Sturges', widened for skewed values.</summary>
    public static double[] Doane(ReadOnlySpan<double> values)
    {
        var (minimum, maximum) = Range(values);
        double n = values.Length, mean = 0, squares = 0, cubes = 0;
        foreach (var value in values)
            mean += value / n;
        foreach (var value in values)
            squares += (value - mean) * (value - mean) / n;
        var sigma = Math.Sqrt(squares);
        if (n <= 2 || sigma == 0)
            return Edges(minimum, maximum, 1);
        foreach (var value in values)
            cubes += Math.Pow((value - mean) / sigma, 3) / n;
        var deviation = Math.Sqrt(6 * (n - 2) / ((n + 1) * (n + 3)));
        return Rounded(minimum, maximum, (maximum - minimum) / (1 + Math.Log2(n) + Math.Log2(1 + Math.Abs(cubes) / deviation)));
    }

    /// <summary>Counts between edges; values outside are in no bin.</summary>
    public static long[] Count(ReadOnlySpan<double> values, ReadOnlySpan<double> edges)
    {
        var counts = new long[edges.Length - 1];
        foreach (var value in values)
        {
            if (!(value >= edges[0] && value <= edges[^1]))
                continue;
            var at = edges.BinarySearch(value);
            // Edges rise strictly, so a hit is the bin that begins there.
            var bin = at >= 0 ? at : ~at - 1;
            counts[Math.Min(bin, counts.Length - 1)]++;
        }

        return counts;
    }

    /// <summary>Counts of equal values, over the values of both sides.</summary>
    public static (long[] Reference, long[] Current) CountValues(ReadOnlySpan<double> reference, ReadOnlySpan<double> current)
    {
        var cells = new Dictionary<double, int>();
        foreach (var value in reference)
            cells.TryAdd(value, cells.Count);
        foreach (var value in current)
            cells.TryAdd(value, cells.Count);
        long[] of = new long[cells.Count], now = new long[cells.Count];
        foreach (var value in reference)
            of[cells[value]]++;
        foreach (var value in current)
            now[cells[value]]++;
        return (of, now);
    }

    public static int Distinct(ReadOnlySpan<double> values)
    {
        var seen = new HashSet<double>();
        foreach (var value in values)
            seen.Add(value);
        return seen.Count;
    }

    public static (double Minimum, double Maximum) Range(ReadOnlySpan<double> values)
    {
        double minimum = double.PositiveInfinity, maximum = double.NegativeInfinity;
        foreach (var value in values)
            (minimum, maximum) = (Math.Min(minimum, value), Math.Max(maximum, value));
        return (minimum, maximum);
    }

    private static double[] Rounded(double minimum, double maximum, double width) =>
        Edges(minimum, maximum, width > 0 ? (int)Math.Ceiling((maximum - minimum) / width) : 1);
}
