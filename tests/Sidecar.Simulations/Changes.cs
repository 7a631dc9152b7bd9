namespace Sidecar.Simulations;

/// <summary>The changes whose delay is measured, all of N(0,1).</summary>
/// <param name="Missing">Share of missing rows before.</param>
/// <param name="Divergence">Kullback–Leibler divergence a row from before, in nats: ln(ARL) over it is the information bound of the delay (Lorden 1971).</param>
internal sealed record Change(string Name, Law After, double Divergence, double Missing = 0)
{
    public Law Before => Law.StandardNormal.Lost(Missing);

    public static IReadOnlyList<Change> All { get; } =
    [
        new("+0.1σ", Law.Gaussian(.1, 1), .005),
        new("+0.2σ", Law.Gaussian(.2, 1), .02),
        new("+0.5σ", Law.Gaussian(.5, 1), .125),
        new("+1σ", Law.Gaussian(1, 1), .5),
        new("scale ×1.2", Law.Gaussian(0, 1.2), (1.44 - 1 - Math.Log(1.44)) / 2),
        new("1 % stuck", Law.StandardNormal.Stuck(.01), Cell(.01)),
        new("5 % stuck", Law.StandardNormal.Stuck(.05), Cell(.05)),
        new("2 % ×100", Law.StandardNormal.Times(.02, 100), double.NaN),
        new("30 % zeroed", Law.StandardNormal.Stuck(.3), Cell(.3)),
        new("missing 1→3 %", Law.StandardNormal.Lost(.03), Binary(.03, .01), .01),
        new("10 % at +2σ", Law.StandardNormal.Mix(.1, Law.Gaussian(2, 1)), double.NaN),
        new("bimodal", Law.Gaussian(-.8, .6).Mix(.5, Law.Gaussian(.8, .6)), double.NaN),
    ];

    private static double Cell(double stuck) => Binary(stuck + (1 - stuck) / 64, 1 / 64.0);

    private static double Binary(double p, double q) => p * Math.Log(p / q) + (1 - p) * Math.Log((1 - p) / (1 - q));
}
