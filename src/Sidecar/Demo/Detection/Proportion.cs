namespace Sidecar.Demo.Detection;

/// <summary>
/// How many of how many. The bounds are Wilson's score interval (E. B. Wilson, J. Am. Stat. Assoc. 22, 1927), which stays inside [0, 1] and honest
/// near 0 and 1, where the detectors work.
/// </summary>
/// <param name="Count">How many have the property.</param>
/// <param name="Of">How many were looked at.</param>
internal readonly record struct Proportion(long Count, long Of)
{
    // z of a one-sided 1 - 1e-4: a few hundred looks in a demo stay quiet.
    private const double Z = 3.719;

    /// <summary>The observed share; 0 where nothing was looked at.</summary>
    public double Share => Of == 0 ? 0 : (double)Count / Of;

    /// <summary>The share is not below this; 0 where nothing was looked at.</summary>
    public double Lower => Of == 0 ? 0 : Math.Max(0, Centre - HalfWidth);

    /// <summary>The share is not above this; 1 where nothing was looked at.</summary>
    public double Upper => Of == 0 ? 1 : Math.Min(1, Centre + HalfWidth);

    private double Centre => (Share + Z * Z / (2 * Of)) / (1 + Z * Z / Of);

    private double HalfWidth => Z / (1 + Z * Z / Of) * Math.Sqrt(Share * (1 - Share) / Of + Z * Z / (4.0 * Of * Of));
}
