namespace Sidecar.Statistics;

/// <summary>The law of the Kolmogorov–Smirnov statistic.</summary>
public static class KolmogorovSmirnov
{
    /// <summary>c(α) = √(−ln(α/2)/2): with n and m rows the two-sample test rejects above c(α)·√(1/n + 1/m). 1.358 at .05, 3.004 at 2.9e-8.</summary>
    public static double Critical(double alpha)
    {
        if (!(alpha > 0 && alpha < 1))
            throw new ArgumentOutOfRangeException(nameof(alpha), alpha, "A level lies between 0 and 1.");
        return Math.Sqrt(-Math.Log(alpha / 2) / 2);
    }
}
