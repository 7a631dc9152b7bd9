using MathNet.Numerics.Distributions;

namespace Sidecar.Simulations;

/// <summary>A law of one feature: its distribution function over numbers, and the share of rows without a value.</summary>
internal sealed record Law(Func<double, double> Cdf, double Missing = 0)
{
    public static Law StandardNormal { get; } = Gaussian(0, 1);

    public static Law Gaussian(double mean, double sigma) => new(x => Normal.CDF(mean, sigma, x));

    /// <summary>A share of the rows comes from another law.</summary>
    public Law Mix(double share, Law other) =>
        this with { Cdf = x => (1 - share) * Cdf(x) + share * other.Cdf(x) };

    /// <summary>A share of the rows is one value.</summary>
    public Law Stuck(double share, double value = 0) => Mix(share, new(x => x >= value ? 1 : 0));

    /// <summary>A share of the rows is multiplied.</summary>
    public Law Times(double share, double factor) => Mix(share, new(x => Cdf(x / factor)));

    public Law Lost(double missing) => this with { Missing = missing };

    /// <summary>
    /// Probabilities of a numeric model's cells between boundaries: far below, below, bins, above, far above; missing, NaN, infinite.
    /// </summary>
    public double[] Cells(ReadOnlySpan<double> boundaries)
    {
        var cells = new double[boundaries.Length + 1 + 3];
        double before = 0;
        for (var i = 0; i <= boundaries.Length; i++)
        {
            var after = i == boundaries.Length ? 1 : Cdf(boundaries[i]);
            cells[i] = (1 - Missing) * (after - before);
            before = after;
        }

        cells[^3] = Missing;
        return cells;
    }
}
