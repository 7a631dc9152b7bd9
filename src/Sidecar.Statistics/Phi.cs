namespace Sidecar.Statistics;

/// <summary>Overdispersion φ: how many times larger the variance of a window's counts is than with independent rows.</summary>
/// <param name="Value">At least 1; what to compute with. +∞ where nothing is known.</param>
/// <param name="Estimate">The estimate itself, NaN where there is none.</param>
/// <param name="Windows">Sub-windows behind it.</param>
/// <param name="Calibrated">True from <see cref="Overdispersion.MinimumWindows"/> sub-windows on; before, Value is an upper confidence bound.</param>
public readonly record struct Phi(double Value, double Estimate, long Windows, bool Calibrated)
{
    /// <summary>Nothing known: no lower bound is above 0.</summary>
    public static Phi Unknown { get; } = new(double.PositiveInfinity, double.NaN, 0, false);

    /// <summary>A value taken on trust (1 = independent rows); never calibrated.</summary>
    public static Phi Assumed(double value) => new(Math.Max(1, value), double.NaN, 0, false);

    /// <summary>
    /// The φ of a time-ordered reference, which a short burn-in may raise but not lower: ten winter weeks don't contain the season.
    /// </summary>
    public static Phi Raise(Phi reference, Phi burnIn)
    {
        if (!reference.Calibrated)
            return burnIn;
        return burnIn.Calibrated && burnIn.Value > reference.Value ? burnIn : reference;
    }
}
