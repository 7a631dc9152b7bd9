using MathNet.Numerics;

namespace Sidecar.Statistics;

/// <summary>
/// Confidence intervals of a proportion that hold at every number of rows at once, so one may look after each row and stop when one likes (Robbins 1970; Howard et al. 2021).
/// </summary>
/// <remarks>
/// The rates p at which a Beta(½, ½(1 − r)/r) mixture of likelihoods is less than 1/α times the likelihood of p. The mixture over the likelihood is a martingale of mean 1, so by Ville (1939) the
/// true p ever leaves with chance α at most, exactly, for independent rows. Wider than an interval for one look: that is the price.
/// </remarks>
public static class ConfidenceSequence
{
    private const double Half = 0.5; // Jeffreys': the mixture pays ½·ln n for not knowing p

    /// <summary>The interval after some rows; none: [0, 1].</summary>
    /// <param name="expected">
    /// r, the rate that is expected, chosen before the first row. The coverage holds for any true rate; near this one the interval is narrowest.
    /// </param>
    public static Interval Binomial(long hits, long rows, double alpha = 0.05, double expected = 0.5)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(hits);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(hits, rows);
        if (!(alpha > 0 && alpha < 1))
            throw new ArgumentOutOfRangeException(nameof(alpha), alpha, "A level lies between 0 and 1.");
        if (!(expected > 0 && expected < 1))
            throw new ArgumentOutOfRangeException(nameof(expected), expected, "A rate lies between 0 and 1.");
        if (rows == 0)
            return new(0, 1);
        double k = hits, n = rows, rate = k / n;
        var misses = Half * (1 - expected) / expected;
        var mixture = SpecialFunctions.BetaLn(k + Half, n - k + misses) - SpecialFunctions.BetaLn(Half, misses);
        var least = mixture + Math.Log(alpha); // ln of the likelihood that a rate needs to stay
        return new(Bound(0, rate, k, n, least), Bound(1, rate, k, n, least));
    }

    /// <summary>Where the likelihood falls below the least one between a certain end and the observed rate, at which it never does.</summary>
    private static double Bound(double end, double rate, double k, double n, double least)
    {
        if (rate == end || LogLikelihood(end, k, n) >= least)
            return end;
        double outside = end, inside = rate;
        for (var i = 0; i < 60; i++)
        {
            var middle = (outside + inside) / 2;
            if (LogLikelihood(middle, k, n) >= least)
                inside = middle;
            else
                outside = middle;
        }

        return outside; // the side on which the coverage is kept
    }

    private static double LogLikelihood(double p, double k, double n) =>
        (k == 0 ? 0 : k * Math.Log(p)) + (n == k ? 0 : (n - k) * Math.Log(1 - p));
}
