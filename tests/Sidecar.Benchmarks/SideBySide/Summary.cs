namespace Sidecar.Benchmarks.SideBySide;

/// <summary>Median and range of a number over the rounds.</summary>
internal readonly record struct Summary(double Median, double Min, double Max)
{
    /// <summary>Null when there is nothing to summarise.</summary>
    public static Summary? Of(IEnumerable<double?> values)
    {
        double[] sorted = [.. values.OfType<double>().Where(double.IsFinite).Order()];
        if (sorted.Length == 0)
            return null;
        var middle = sorted.Length / 2;
        var median = sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new(median, sorted[0], sorted[^1]);
    }
}
