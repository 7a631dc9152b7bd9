using Sidecar.Statistics.Detection;

namespace Sidecar.Simulations;

/// <summary>Detection delay in rows after a change that begins somewhere after row 5,000, not at a sub-window's edge.</summary>
internal static class Delays
{
    public const double MonthOfSubWindows = 3.24e8; // 200 features × 2.592e6 s × 20 rows/s ÷ 32 rows

    /// <summary>Median and 90 % quantile; NaN where so many runs missed it.</summary>
    public readonly record struct Result(double Median, double P90, int Runs, int Missed, int Early);

    public static Result Run(
        Func<Rng, Reference> reference, Law before, Law after, DetectorOptions options, int subWindow, int runs, int longest, ulong seed)
    {
        var delays = new double[runs];
        Parallel.For(0, runs, run =>
        {
            var random = Rng.Of(seed, run);
            var against = reference(random);
            delays[run] = One(against, against.Sampler(before), against.Sampler(after), options, subWindow, longest, random);
        });
        return Summarise(delays);
    }

    public static Result Summarise(double[] delays)
    {
        var early = delays.Count(double.IsNegative);
        double[] sorted = [.. delays.Where(delay => !double.IsNegative(delay)).Order()];
        if (sorted.Length == 0)
            return new(double.NaN, double.NaN, delays.Length, 0, early);
        double At(double p) => sorted[(int)Math.Min(sorted.Length - 1, p * sorted.Length)] is var at && double.IsFinite(at) ? at : double.NaN;
        return new(At(0.5), At(0.9), delays.Length, sorted.Count(double.IsInfinity), early);
    }

    /// <summary>Rows from the change to the alarm; −1 for an alarm before it, +∞ for none.</summary>
    private static double One(Reference reference, AliasTable before, AliasTable after, DetectorOptions options, int subWindow, int longest, Rng random)
    {
        var detector = new MixtureDetector(reference.Model, options);
        var counts = new long[reference.Model.Cells];
        var change = 5000 + random.Below(400);
        for (var row = 0; row < change + longest; row += subWindow)
        {
            Array.Clear(counts);
            var old = Math.Clamp(change - row, 0, subWindow);
            before.Add(random, counts, old);
            after.Add(random, counts, subWindow - old);
            if (detector.Update(counts) == DetectorEvent.Raised)
                return row + subWindow > change ? row + subWindow - change : -1;
        }

        return double.PositiveInfinity;
    }
}
