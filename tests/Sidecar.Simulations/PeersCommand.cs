using Sidecar.Simulations.Peers;
using Sidecar.Statistics;
using Sidecar.Statistics.Detection;
using Sidecar.Statistics.Peers;

namespace Sidecar.Simulations;

/// <summary>The rules that people use today on the same streams: how often they alarm without a change, and how soon with one.</summary>
internal static class PeersCommand
{
    private const double ModelMonthRows = 1.04e10;
    private const int ReferenceRows = 10_000;

    public static void Run(Size size, ulong seed, TextWriter to)
    {
        Streaming(size, seed, to);
        Windows(size, seed, to);
    }

    private static void Streaming(Size size, ulong seed, TextWriter to)
    {
        var rows = Math.Min(size.Rows, 20_000_000);
        var table = new Table("detector", "alarms in 1e6 null rows", "per model-month", "+0.2σ", "+0.5σ", "scale ×1.2", "5 % stuck", "missing 1→3 %");
        string Rate(double perMillion) => FormattableString.Invariant($"{perMillion:0.###}");
        void Add(string name, double perMillion, params string[] delays) =>
            table.Add([name, Rate(perMillion), (perMillion * ModelMonthRows / 1e6).ToString("E1", System.Globalization.CultureInfo.InvariantCulture), .. delays]);
        Add("ADWIN δ=.002", Alarms(random => { var d = new Adwin(); return () => d.Update(random.Normal()); }, rows, seed) / (rows / 1e6),
            DelaysCommand.Text(DelaysCommand.Adwin(.2, .002, size, seed)), DelaysCommand.Text(DelaysCommand.Adwin(.5, .002, size, seed)), "–", "–", "–");
        foreach (var (tolerance, subWindow, threshold) in ((double, int, double)[])[(.02, 32, 520), (.02, 32, 5200), (0, 16, 8960), (0, 16, 89_600)])
        {
            // Thresholds at which the detector alarms about as often as ADWIN: 3 in 1e6 on river's own stream, which was an unlucky one, and as counted in the second column over more rows.
            var options = new DetectorOptions { Threshold = threshold, Tolerance = tolerance };
            var counted = FalseAlarms.Run(_ => Reference.ExactNormal(), Law.StandardNormal, 1 / (threshold * subWindow), tolerance, true, subWindow, rows, 8, seed);
            string Of(string change)
            {
                var of = Change.All.Single(one => one.Name == change);
                var reference = Reference.ExactNormal(of.Missing);
                return DelaysCommand.Text(Delays.Run(_ => reference, of.Before, of.After, options, subWindow, size.Runs, 20_000, seed));
            }

            Add(FormattableString.Invariant($"ours τ={tolerance} b={subWindow} A={threshold}"), counted.Alarms / (rows / 1e6),
                Of("+0.2σ"), Of("+0.5σ"), Of("scale ×1.2"), Of("5 % stuck"), Of("missing 1→3 %"));
        }

        Add("KSWIN α=.005", Alarms(random => { var d = new Kswin(random); return () => d.Update(random.Normal()); }, rows / 20, seed) / (rows / 20 / 1e6), "–", "–", "–", "–", "–");
        Add("Page–Hinkley λ=50", Alarms(random => { var d = new PageHinkley(); return () => d.Update(random.Normal()); }, rows, seed) / (rows / 1e6), "–", "–", "–", "–", "–");
        table.Print(to, "At about the rate of ADWIN's default: delay in rows, median/90 %, reference exact");
        to.WriteLine("  Prototype: ADWIN 526/887, 117/162; τ=.02 b=32 427/741, 99/148, 309/499, 335/584, 813/1,404; τ=0 b=16 446/743, 103/153, 314/499, 318/545, 760/1,263.");
        to.WriteLine("  River: ADWIN 3, Page–Hinkley 599, KSWIN 1,400 alarms in 1e6. Early alarms are those before the change, and shorten nothing.");
    }

    /// <summary>Rules that judge a window alone: the share of windows of n rows that alarm, without a change and at +0.2σ.</summary>
    private static void Windows(Size size, ulong seed, TextWriter to)
    {
        var table = new Table(
            "rows", "shift", "Evidently W1 ≥ .1", "Evidently JS ≥ .1", "Evidently PSI ≥ .1", "10 quantiles PSI ≥ .1", "PSI ≥ .2", "KS p ≤ .05", "NannyML JS 3σ", "ours, bound > 0");
        foreach (var (rows, shift) in ((int, double)[])[(100, 0), (300, 0), (1000, 0), (3000, 0), (300, .2), (1000, .2)])
        {
            var runs = Math.Max(100, size.Runs / 2);
            var hits = new int[8];
            Parallel.For(0, runs, run =>
            {
                var random = Rng.Of(seed, run);
                double[] reference = [.. Enumerable.Range(0, ReferenceRows).Select(_ => random.Normal())];
                double[] window = [.. Enumerable.Range(0, rows).Select(_ => random.Normal() + shift)];
                double[] sorted = [.. reference.Order()];
                var deciles = Deciles(sorted, window);
                var learned = NumericReference.Learn([.. reference.Select(value => (float)value)])!;
                var live = new NumericCounts(learned);
                foreach (var value in window)
                    live.Add((float)value);
                // α of our own bound as a monitor of 200 features once a minute would have it.
                var bound = LowerBound.KolmogorovSmirnov(Distances.KolmogorovSmirnov(live).Lower, rows, ReferenceRows, 1 / 8.64e6, 1);
                bool[] alarms =
                [
                    EvidentlyRules.Wasserstein(reference, window) >= .1,
                    EvidentlyRules.JensenShannon(reference, window) >= .1,
                    EvidentlyRules.PopulationStability(reference, window) >= .1,
                    deciles >= .1,
                    deciles >= .2,
                    KolmogorovSmirnov.PValue(SampleDistances.KolmogorovSmirnov(sorted, [.. window.Order()]), ReferenceRows, rows) <= .05,
                    NannyMlRules.Learn(reference, rows)!.Score(window).Drift,
                    bound > 0,
                ];
                for (var i = 0; i < alarms.Length; i++)
                {
                    if (alarms[i])
                        Interlocked.Increment(ref hits[i]);
                }
            });
            table.Add([$"{rows}", shift == 0 ? "none" : "+0.2σ", .. hits.Select(hit => FormattableString.Invariant($"{hit / (double)runs:0.000}"))]);
        }

        table.Print(to, "Rules for a window: share of windows that alarm, reference of 10,000 rows of N(0,1)");
        to.WriteLine("  Prototype, none: W1 .74/.18/.00/.00, JS .89/.06/.00/.00, PSI .81/.04/.00/.00, quantile PSI .29/.00/.00/.00, KS .05/.06/.03/.05, NannyML .00/.02/.02/.17.");
        to.WriteLine("  +0.2σ at 1,000 rows: W1 1.00, JS .06, PSI .01, quantile PSI .00. One window a minute of 200 features is 8.64e6 windows a model-month.");
    }

    private static double Deciles(double[] sorted, double[] window)
    {
        double[] edges = [double.NegativeInfinity, .. Enumerable.Range(1, 9).Select(i => sorted[i * sorted.Length / 10]), double.PositiveInfinity];
        long[] Count(double[] values)
        {
            var counts = new long[10];
            foreach (var value in values)
                counts[Math.Min(9, edges.AsSpan(1, 9).BinarySearch(value) is var at && at >= 0 ? at + 1 : ~at)]++;
            return counts;
        }

        return EvidentlyRules.PopulationStability(Count(sorted), Count(window));
    }

    private static double Alarms(Func<Rng, Func<bool>> make, long rows, ulong seed)
    {
        const int parts = 8;
        long alarms = 0;
        Parallel.For(0, parts, part =>
        {
            var step = make(Rng.Of(seed, part));
            long of = 0;
            for (long row = 0; row < rows / parts; row++)
                of += step() ? 1 : 0;
            Interlocked.Add(ref alarms, of);
        });
        return alarms;
    }
}
