using Sidecar.Statistics.Detection;

namespace Sidecar.Simulations;

/// <summary>Dependent rows: false alarms without φ, with it, and with it and the adaptive experts; what φ costs in delay.</summary>
internal static class DependenceCommand
{
    private const int BurnIn = 64_000;
    private const int SubWindow = 32;

    private static readonly Case[] Cases =
    [
        new("independent", 0, 1, 0, ".13/.07/.01", ".05/.01/0", "1,618, 275"),
        new("AR(1) .3", .3, 1, 0, ".76/1.6/4.1", ".08/.02/.01", "2,927, 472"),
        new("AR(1) .7", .7, 1, 0, "5/29/177", ".18/.06/.01", "8,358, 1,330"),
        new("requests ≈8 rows, icc .2", 0, 8, .2, "3/16/108", ".14/.05/.04", "5,144, 926"),
        new("requests ≈8 rows, icc .8", 0, 8, .8, "11/84/637", ".29/.10/.09", "15,647, 2,629"),
        new("same, one row a request", 0, 8, .8, "–", "–", "10,390, 1,806") { OneRow = true },
    ];

    public static void Run(Size size, ulong seed, TextWriter to)
    {
        var table = new Table("stream", "none", "prototype", "1/φ", "prototype", "1/φ, adaptive", "φ loc/scale/miss.", "+.2σ, +.5σ", "prototype");
        foreach (var of in Cases)
        {
            string Rates(bool corrected, bool adaptive) => of.OneRow ? "–" : string.Join('/', ((double[])[1e-3, 1e-4, 1e-5])
                .Select(rate => Short(Count(of, rate, corrected, adaptive, (long)Math.Min(size.Rows / 2, 200 / rate), size.Draws, seed).Ratio)));
            var runs = Math.Max(20, size.Runs / 10);
            var phi = Enumerable.Range(0, 10).Select(run => Learn(of, Rng.Of(seed, run)).Phi).ToArray();
            string Mean(int statistic) => Short(phi.Average(table => table.Values[statistic]));
            var model = Reference.ExactNormal(0.01).Model;
            table.Add(
                of.Name, Rates(false, false), of.None, Rates(true, false), of.Corrected, Rates(true, true),
                $"{Mean(model.FirstScore)}/{Mean(model.FirstScore + 1)}/{Mean(model.ValueCells)}",
                $"{DelaysCommand.Number(Delay(of, .2, runs, seed).Median)}, {DelaysCommand.Number(Delay(of, .5, runs, seed).Median)}", of.Delays);
        }

        table.Print(to, "Dependent rows, τ=.02, φ from the first 64,000 rows: measured over nominal false alarms at 1e-3/1e-4/1e-5 a row, median delay at the budget");
        to.WriteLine("  The prototype had no adaptive experts here, and no borrowing of φ between cells.");
    }

    public static FalseAlarms.Result Count(Case of, double perRow, bool corrected, bool adaptive, long rows, int draws, ulong seed)
    {
        var options = new DetectorOptions { Threshold = 1 / (perRow * SubWindow), Tolerance = .02, Adaptive = adaptive };
        long alarms = 0, windows = 0;
        Parallel.For(0, draws, draw =>
        {
            var random = Rng.Of(seed, draw);
            var (reference, stream, phi) = Learn(of, random);
            var detector = new MixtureDetector(reference.Model, options);
            if (corrected)
                detector.Calibrate(phi);
            var counts = new long[reference.Model.Cells];
            long raised = 0, closed = 0;
            for (long row = 0; row < rows / draws;)
            {
                row += Fill(of, stream, reference, counts, 0);
                raised += detector.Update(counts) == DetectorEvent.Raised ? 1 : 0;
                closed++;
            }

            Interlocked.Add(ref alarms, raised);
            Interlocked.Add(ref windows, closed);
        });
        return new(alarms, windows / options.Threshold);
    }

    private static Delays.Result Delay(Case of, double shift, int runs, ulong seed)
    {
        var delays = new double[runs];
        Parallel.For(0, runs, run =>
        {
            var (reference, stream, phi) = Learn(of, Rng.Of(seed, run));
            var detector = new MixtureDetector(reference.Model, new() { Threshold = Delays.MonthOfSubWindows, Tolerance = .02 });
            detector.Calibrate(phi);
            var counts = new long[reference.Model.Cells];
            for (var row = 0; row < 5000;)
            {
                row += Fill(of, stream, reference, counts, 0);
                detector.Update(counts);
            }

            delays[run] = double.PositiveInfinity;
            for (var row = 0; row < 100_000;)
            {
                row += Fill(of, stream, reference, counts, shift);
                if (detector.Update(counts) != DetectorEvent.Raised)
                    continue;
                delays[run] = row;
                break;
            }
        });
        return Delays.Summarise(delays);
    }

    private static (Reference Reference, DependentStream Stream, PhiTable Phi) Learn(Case of, Rng random)
    {
        var reference = Reference.ExactNormal(0.01);
        var stream = new DependentStream(of.Correlation, of.RequestRows, of.Alike, random);
        var dispersion = new CellDispersion(reference.Model);
        var counts = new long[reference.Model.Cells];
        for (var row = 0; row < BurnIn;)
        {
            row += Fill(of, stream, reference, counts, 0);
            dispersion.Add(counts);
        }

        return (reference, stream, dispersion.Current());
    }

    /// <summary>Counts rows until the first request that ends with 32 of them; the rows that passed.</summary>
    private static int Fill(Case of, DependentStream stream, Reference reference, long[] counts, double shift)
    {
        Array.Clear(counts);
        for (int passed = 1, counted = 0; ; passed++)
        {
            var (value, first, last) = stream.Next();
            if (first || !of.OneRow)
            {
                counts[reference.Cell(value + shift)]++;
                counted++;
            }

            if (counted >= SubWindow && last)
                return passed;
        }
    }

    private static string Short(double value) => FormattableString.Invariant($"{value:0.##}");

    internal sealed record Case(
        string Name, double Correlation, double RequestRows, double Alike, string None, string Corrected, string Delays)
    {
        public bool OneRow { get; init; }
    }
}
