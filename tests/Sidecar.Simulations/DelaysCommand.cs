using System.Globalization;
using Sidecar.Simulations.Peers;
using Sidecar.Statistics.Detection;

namespace Sidecar.Simulations;

/// <summary>Delays at the budget of one false alarm a model-month, beside ADWIN's with its δ lowered to that budget.</summary>
internal static class DelaysCommand
{
    /// <summary>δ of ADWIN for one alarm in 1.04e10 rows: its default's, lowered in proportion to the 3 alarms in 1e6 rows that river counts on one stream. By the 7 in 2e7 that are counted here it would be 5.5e-7.</summary>
    public const double LoweredDelta = 6.7e-8;

    private const int Longest = 40_000;

    // Medians and 90 % quantiles of an independent prototype in Python: τ = .02 with 32 and 100 rows a sub-window, τ = 0, and τ = .01 with 50,000 reference rows.
    private static readonly Dictionary<string, string[]> Prototype = new()
    {
        ["+0.1σ"] = ["6,177/10,519", "6,239/10,578", "3,832/5,529", "–"],
        ["+0.2σ"] = ["1,325/1,983", "1,379/2,054", "1,064/1,560", "1,161/1,752"],
        ["+0.5σ"] = ["222/294", "263/351", "207/271", "213/290"],
        ["+1σ"] = ["74/94", "122/159", "71/90", "–"],
        ["scale ×1.2"] = ["789/1,115", "844/1,176", "685/952", "718/1,010"],
        ["1 % stuck"] = ["16,785/27,774", "16,958/27,990", "8,410/11,998", "15,381/27,133"],
        ["5 % stuck"] = ["675/1,053", "725/1,120", "572/903", "668/987"],
        ["2 % ×100"] = ["238/419", "289/462", "152/285", "–"],
        ["30 % zeroed"] = ["64/89", "109/150", "60/85", "–"],
        ["missing 1→3 %"] = ["2,273/3,268", "2,341/3,347", "1,723/2,446", "1,929/2,887"],
        ["10 % at +2σ"] = ["903/1,372", "953/1,467", "728/1,114", "–"],
        ["bimodal"] = ["1,317/1,682", "1,374/1,736", "1,067/1,464", "–"],
    };

    public static void Run(Size size, ulong seed, TextWriter to)
    {
        var table = new Table(
            "change", "ln(ARL)/KL", "τ=.02", "prototype", "τ=.02 b=100", "prototype", "τ=0", "prototype", "τ=.01 m=50k", "prototype", "ADWIN lowered");
        foreach (var change in Change.All)
        {
            var expected = Prototype[change.Name];
            table.Add(
                change.Name,
                double.IsNaN(change.Divergence) ? "–" : Number(Math.Log(1.04e10) / change.Divergence),
                Text(Exact(change, .02, 32, size, seed)), expected[0],
                Text(Exact(change, .02, 100, size, seed)), expected[1],
                Text(Exact(change, 0, 32, size, seed)), expected[2],
                Text(Drawn(change, .01, 50_000, size, seed)), expected[3],
                change.Name is "+0.2σ" or "+0.5σ" ? Text(Adwin(change.Name == "+0.2σ" ? .2 : .5, LoweredDelta, size, seed)) : "–");
        }

        table.Print(to, "Delay in rows, median/90 %, at 1 false alarm in 1.04e10 rows; change after 5,000–5,400 rows; reference exact but for the m=50k columns");
        to.WriteLine("  ADWIN sees changes of the mean only. Its prototype figures: 1,410/2,230 at +0.2σ, 235/309 at +0.5σ.");
    }

    public static Delays.Result Exact(Change change, double tolerance, int subWindow, Size size, ulong seed)
    {
        var reference = Reference.ExactNormal(change.Missing);
        return Delays.Run(_ => reference, change.Before, change.After, Options(tolerance, subWindow), subWindow, size.Runs, Longest, seed);
    }

    public static Delays.Result Drawn(Change change, double tolerance, int rows, Size size, ulong seed) => Delays.Run(
        random => Reference.Drawn(x => x.Normal(), rows, random, change.Missing),
        change.Before, change.After, Options(tolerance, 32), 32, size.Runs, Longest, seed);

    public static Delays.Result Adwin(double shift, double delta, Size size, ulong seed)
    {
        var delays = new double[size.Runs];
        Parallel.For(0, size.Runs, run =>
        {
            var random = Rng.Of(seed, run);
            var adwin = new Adwin(delta);
            var change = 5000 + random.Below(400);
            delays[run] = double.PositiveInfinity;
            for (var row = 0; row < change + Longest; row++)
            {
                if (!adwin.Update(random.Normal() + (row >= change ? shift : 0)))
                    continue;
                delays[run] = row >= change ? row + 1 - change : -1;
                break;
            }
        });
        return Delays.Summarise(delays);
    }

    public static string Text(Delays.Result result) =>
        $"{Number(result.Median)}/{Number(result.P90)}" + (result.Early > 0 ? $" ({result.Early} early)" : "");

    public static string Number(double value) => double.IsNaN(value) ? "missed" : value.ToString("N0", CultureInfo.InvariantCulture);

    private static DetectorOptions Options(double tolerance, int subWindow) =>
        new() { Threshold = Delays.MonthOfSubWindows * 32 / subWindow, Tolerance = tolerance };
}
