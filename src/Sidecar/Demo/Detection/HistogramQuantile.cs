namespace Sidecar.Demo.Detection;

/// <summary>
/// A quantile of a histogram with cumulative buckets, by the rule of Prometheus' <c>histogram_quantile</c>: values are taken as evenly spread
/// inside a bucket, the first bucket begins at 0, and the last finite bound answers for everything above it.
/// </summary>
internal static class HistogramQuantile
{
    /// <param name="quantile">In (0, 1).</param>
    /// <param name="cumulative">Upper bounds in rising order, the last infinite, each with the count of values not above it.</param>
    /// <returns>The quantile; null where the histogram is empty or has no infinite bucket.</returns>
    public static double? Of(double quantile, IReadOnlyList<(double UpperBound, double Count)> cumulative)
    {
        if (cumulative.Count < 2 || !double.IsPositiveInfinity(cumulative[^1].UpperBound) || cumulative[^1].Count <= 0)
            return null;
        var rank = quantile * cumulative[^1].Count;
        var index = 0;
        while (index < cumulative.Count - 1 && cumulative[index].Count < rank)
            index++;
        if (index == cumulative.Count - 1)
            return cumulative[^2].UpperBound;
        var (lower, below) = index == 0 ? (0, 0) : cumulative[index - 1];
        var inside = cumulative[index].Count - below;
        return inside <= 0 ? cumulative[index].UpperBound : lower + (cumulative[index].UpperBound - lower) * (rank - below) / inside;
    }
}
