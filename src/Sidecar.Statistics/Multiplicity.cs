namespace Sidecar.Statistics;

/// <summary>Ranks many features at one time. Decides no alarm: a false-discovery rate bounds one batch and not a month of them.</summary>
public static class Multiplicity
{
    /// <summary>
    /// Benjamini and Hochberg's q-values (1995): the smallest false-discovery rate at which each is found, for independent or positively dependent tests. NaN (a test that did not
    /// apply) stays NaN and does not count.
    /// </summary>
    public static double[] QValues(ReadOnlySpan<double> pValues)
    {
        var values = pValues.ToArray();
        int[] order = [.. Enumerable.Range(0, values.Length).Where(i => !double.IsNaN(values[i])).OrderByDescending(i => values[i])];
        var q = new double[values.Length];
        Array.Fill(q, double.NaN);
        var least = 1.0;
        for (var i = 0; i < order.Length; i++)
        {
            var rank = order.Length - i;
            least = Math.Min(least, values[order[i]] * order.Length / rank);
            q[order[i]] = least;
        }

        return q;
    }
}
