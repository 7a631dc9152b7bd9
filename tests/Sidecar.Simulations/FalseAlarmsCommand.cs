using Sidecar.Statistics.Detection;

namespace Sidecar.Simulations;

/// <summary>False alarms on independent rows: counted at rates that can be counted, weighted at the budget.</summary>
internal static class FalseAlarmsCommand
{
    private static readonly (string Name, Func<Rng, Reference> Make, Law Law, double Tolerance)[] Cases =
    [
        ("N(0,1) exact, τ=0", _ => Reference.ExactNormal(), Law.StandardNormal, 0),
        ("N(0,1) exact, τ=.02", _ => Reference.ExactNormal(), Law.StandardNormal, .02),
        ("N(0,1) m=50k, τ=.01", random => Reference.Drawn(x => x.Normal(), 50_000, random), Law.StandardNormal, .01),
        ("N(0,1) m=10k, τ=.02", random => Reference.Drawn(x => x.Normal(), 10_000, random), Law.StandardNormal, .02),
        ("N(0,1) m=1k, τ=.01", random => Reference.Drawn(x => x.Normal(), 1000, random), Law.StandardNormal, .01),
        ("80 % zeros m=50k, τ=.01", random => Reference.Drawn(x => x.Uniform() < .8 ? 0 : x.Normal(), 50_000, random), Law.StandardNormal.Stuck(.8), .01),
        ("0.02σ off for ever, exact, τ=.02", _ => Reference.ExactNormal(), Law.Gaussian(.02, 1), .02),
        ("0.02σ off for ever, exact, τ=.01", _ => Reference.ExactNormal(), Law.Gaussian(.02, 1), .01),
        ("0.02σ off for ever, exact, τ=0", _ => Reference.ExactNormal(), Law.Gaussian(.02, 1), 0),
    ];

    public static void Run(Size size, ulong seed, TextWriter to)
    {
        var table = new Table("stream", "1e-3 a row", "1e-4", "1e-5", "at the budget", "worst reference");
        foreach (var (name, make, law, tolerance) in Cases)
        {
            double[] rates = [1e-3, 1e-4, 1e-5];
            // Some 400 alarms at most for each: more rows for rarer ones.
            var counted = rates.Select(rate => FalseAlarms.Run(make, law, rate, tolerance, true, 32, (long)Math.Min(size.Rows, 400 / rate), size.Draws, seed));
            var draws = name.Contains("exact", StringComparison.Ordinal) ? 1 : size.Draws;
            var options = new DetectorOptions { Threshold = Delays.MonthOfSubWindows, Tolerance = tolerance };
            var weighted = Enumerable.Range(0, draws)
                .Select(draw => Budget.Run(make(Rng.Of(seed + 1, draw)), law, options, 32, size.Weighted / draws, seed)).ToArray();
            var error = Math.Sqrt(weighted.Sum(result => result.Error * result.Error)) / draws;
            string[] row =
                [name, .. counted.Select(result => FormattableString.Invariant($"{result.Ratio:0.00} ({result.Alarms})")),
                FormattableString.Invariant($"{weighted.Average(result => result.Ratio):0.000} ± {error:0.000}"),
                draws == 1 ? "–" : FormattableString.Invariant($"{weighted.Max(result => result.Ratio):0.000}")];
            table.Add(row);
            // A row takes minutes at full size.
            Console.Error.WriteLine($"  {string.Join(" | ", row)}");
        }

        table.Print(to, "False alarms, measured over nominal (at most 1 wherever the law is in the null); counted alarms in brackets");
        to.WriteLine("  The budget is 1 in 3.24e8 sub-windows; fixed experts by importance sampling. A law 0.02σ off is outside the null of τ=.01 and 0.");
        to.WriteLine("  Prototype at the budget: exact τ=0 .34, τ=.02 .007, m=50k τ=.01 .039, 0.02σ off: τ=.02 .084, τ=.01 1.8, τ=0 70 (a lower estimate).");
    }

    /// <summary>A whole model-month: 200 features × 43,200 minutes, each a sub-window, at its own budget.</summary>
    public static FalseAlarms.Result ModelMonth(ulong seed)
    {
        const int subWindow = 32;
        const double windows = 200 * 43_200;
        return FalseAlarms.Run(
            random => Reference.Drawn(x => x.Normal(), 50_000, random), Law.StandardNormal, 1 / (windows * subWindow), .01, true, subWindow, (long)windows * subWindow,
            200, seed);
    }
}
