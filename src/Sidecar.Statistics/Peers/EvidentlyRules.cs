using MathNet.Numerics.Distributions;

namespace Sidecar.Statistics.Peers;

/// <summary>
/// The drift scores and default thresholds of Evidently 0.7, by its conventions, for a comparison on the same rows. Values come without NaN and infinities, which it drops.
/// </summary>
/// <remarks>
/// Written from its documentation and the figures that it prints. Its rules know neither the noise floor of a small window nor the time: each window is
/// judged alone.
/// </remarks>
public static class EvidentlyRules
{
    private const int SmallReference = 1000;
    private const int FewDistinct = 5;
    private const int Binned = 20;
    private const long ExactRows = 10_000;

    /// <summary>The default for a numeric column: KS, χ² or the Z test up to 1,000 reference rows, Wasserstein or Jensen–Shannon above.</summary>
    public static PeerScore Numeric(double[] reference, double[] current)
    {
        if (reference.Length == 0 || current.Length == 0)
            return new("none", double.NaN, double.NaN, false);
        var (of, now) = Histograms.CountValues(reference, current);
        if (of.Length <= FewDistinct)
            return Categorical(of, now);
        if (reference.Length > SmallReference)
            return Distance("wasserstein", Wasserstein(reference, current));
        var p = KolmogorovSmirnovPValue(reference, current);
        return new("ks", p, 0.05, p <= 0.05);
    }

    /// <summary>The default for a categorical column, from counts over the categories of both sides.</summary>
    public static PeerScore Categorical(long[] reference, long[] current)
    {
        if (reference.Sum() == 0 || current.Sum() == 0)
            return new("none", double.NaN, double.NaN, false);
        if (reference.Sum() > SmallReference)
            return Distance("jensenshannon", CountDistances.JensenShannon(current, reference) * Math.Sqrt(Math.Log(2)));
        if (reference.Length > 2)
        {
            var p = ChiSquareTest.AgainstExact(current, reference).PValue;
            return new("chisquare", p, 0.05, p < 0.05);
        }

        var z = ProportionsPValue(reference, current);
        return new("z", z, 0.05, z < 0.05);
    }

    /// <summary>KS p-value: scipy's, exact while both sides have at most 10,000 rows.</summary>
    public static double KolmogorovSmirnovPValue(double[] reference, double[] current)
    {
        double[] a = [.. reference.Order()], b = [.. current.Order()];
        var distance = SampleDistances.KolmogorovSmirnov(a, b);
        return Math.Max(a.Length, b.Length) <= ExactRows
            ? KolmogorovSmirnov.ExactPValue(distance, a.Length, b.Length)
            : KolmogorovSmirnov.PValue(distance, a.Length, b.Length);
    }

    /// <summary>Wasserstein distance over max(σ, .001), σ with divisor m.</summary>
    public static double Wasserstein(double[] reference, double[] current)
    {
        var mean = reference.Average();
        var sigma = Math.Sqrt(reference.Sum(value => (value - mean) * (value - mean)) / reference.Length);
        return SampleDistances.Wasserstein([.. reference.Order()], [.. current.Order()]) / Math.Max(sigma, 0.001);
    }

    /// <summary>Jensen–Shannon distance, base e, on its bins.</summary>
    public static double JensenShannon(double[] reference, double[] current)
    {
        var (of, now) = Bins(reference, current);
        return CountDistances.JensenShannon(now, of) * Math.Sqrt(Math.Log(2));
    }

    /// <summary>PSI on its bins, empty ones filled.</summary>
    public static double PopulationStability(double[] reference, double[] current)
    {
        var (of, now) = Bins(reference, current);
        return PopulationStability(of, now);
    }

    /// <summary>PSI of counts over the categories of both sides, empty ones filled.</summary>
    public static double PopulationStability(long[] reference, long[] current)
    {
        double[] q = Filled(reference), p = Filled(current);
        return q.Zip(p, (of, now) => (of - now) * Math.Log(of / now)).Sum();
    }

    /// <summary>Kullback–Leibler divergence of the reference from the current side, empty bins filled.</summary>
    public static double KullbackLeibler(double[] reference, double[] current)
    {
        var (of, now) = Bins(reference, current);
        return KullbackLeibler(of, now);
    }

    /// <inheritdoc cref="KullbackLeibler(double[], double[])"/>
    public static double KullbackLeibler(long[] reference, long[] current)
    {
        double[] q = Filled(reference), p = Filled(current);
        double sumQ = q.Sum(), sumP = p.Sum(); // scipy's entropy takes shares of what it is given
        return q.Zip(p, (of, now) => of / sumQ * Math.Log(of / sumQ / (now / sumP))).Sum();
    }

    /// <summary>Pooled two-proportion Z test, two-sided, on the share of the first category.</summary>
    public static double ProportionsPValue(long[] reference, long[] current)
    {
        double m = reference.Sum(), n = current.Sum(), pooled = (reference[0] + current[0]) / (m + n);
        var z = (reference[0] / m - current[0] / n) / Math.Sqrt(pooled * (1 - pooled) * (1 / m + 1 / n));
        return double.IsFinite(z) ? 2 * Normal.CDF(0, 1, -Math.Abs(z)) : 1;
    }

    private static PeerScore Distance(string method, double score) => new(method, score, 0.1, score >= 0.1);

    private static (long[] Reference, long[] Current) Bins(double[] reference, double[] current)
    {
        if (Histograms.Distinct(reference) <= Binned)
            return Histograms.CountValues(reference, current);
        var edges = Histograms.Sturges([.. reference, .. current]);
        return (Histograms.Count(reference, edges), Histograms.Count(current, edges));
    }

    /// <summary>Shares; an empty one becomes .0001, or a millionth of the smallest where that is no larger. Not normalised again.</summary>
    private static double[] Filled(long[] counts)
    {
        double rows = counts.Sum();
        double[] shares = [.. counts.Select(count => count / rows)];
        var smallest = shares.Where(share => share > 0).DefaultIfEmpty(1).Min();
        var fill = smallest <= 0.0001 ? smallest / 1e6 : 0.0001;
        return [.. shares.Select(share => share == 0 ? fill : share)];
    }
}
