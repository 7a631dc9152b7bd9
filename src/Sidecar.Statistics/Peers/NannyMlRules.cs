namespace Sidecar.Statistics.Peers;

/// <summary>
/// The univariate drift methods of NannyML 0.13, by its conventions: a chunk's distance from the whole reference, an alarm above the mean of the reference's own chunks
/// plus three standard deviations. For a comparison on the same rows.
/// </summary>
/// <remarks>
/// Above 10,000 reference rows NannyML computes KS and Wasserstein on 10,000 equal widths; these are the exact figures, which differ from its in the sixth digit
/// (elec: .0214099630 against .0214099313).
/// </remarks>
public sealed class NannyMlRules
{
    private const int Chunks = 10;
    private readonly double[] _edges;
    private readonly long[] _counts;
    private readonly double[] _sorted;

    private NannyMlRules(double[] reference, int chunk)
    {
        _sorted = [.. reference.Order()];
        _edges = Histograms.Doane(reference);
        _counts = Histograms.Count(reference, _edges);
        JensenShannonThreshold = Threshold([.. reference.Chunk(chunk).Select(JensenShannon)]);
    }

    /// <summary>Limit of <see cref="JensenShannon"/>.</summary>
    public double JensenShannonThreshold { get; }

    /// <summary>Learns the bins and the limits from a numeric reference without NaN; null without a row.</summary>
    /// <param name="chunk">
    /// Rows of a chunk; by default a tenth of the reference. What is left over is a chunk too, as NannyML does it, however small.
    /// </param>
    public static NannyMlRules? Learn(double[] reference, int? chunk = null) =>
        reference.Length == 0 ? null : new(reference, Math.Max(1, chunk ?? reference.Length / Chunks));

    /// <summary>Its default numeric method with its verdict on a chunk.</summary>
    public PeerScore Score(double[] chunk)
    {
        var score = JensenShannon(chunk);
        return new("jensen_shannon", score, JensenShannonThreshold, score > JensenShannonThreshold);
    }

    /// <summary>Jensen–Shannon distance, base 2, on Doane's bins of the reference; what lies outside them is one more bin.</summary>
    public double JensenShannon(double[] chunk)
    {
        var (now, of) = Binned(chunk);
        return CountDistances.JensenShannon(now, of);
    }

    /// <summary>Hellinger distance on the same bins.</summary>
    public double Hellinger(double[] chunk)
    {
        var (now, of) = Binned(chunk);
        return CountDistances.Hellinger(now, of);
    }

    /// <summary>Exact KS distance.</summary>
    public double KolmogorovSmirnovDistance(double[] chunk) => SampleDistances.KolmogorovSmirnov(_sorted, [.. chunk.Order()]);

    /// <summary>Exact Wasserstein distance in the values' unit.</summary>
    public double Wasserstein(double[] chunk) => SampleDistances.Wasserstein(_sorted, [.. chunk.Order()]);

    /// <summary>Mean + 3σ (divisor n) of the reference chunks' figures.</summary>
    public static double Threshold(double[] figures)
    {
        var mean = figures.Average();
        return mean + 3 * Math.Sqrt(figures.Sum(figure => (figure - mean) * (figure - mean)) / figures.Length);
    }

    private (long[] Current, long[] Reference) Binned(double[] chunk)
    {
        var counts = Histograms.Count(chunk, _edges);
        return ([.. counts, chunk.Length - counts.Sum()], [.. _counts, 0]);
    }
}
