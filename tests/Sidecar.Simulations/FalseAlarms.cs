using Sidecar.Statistics.Detection;

namespace Sidecar.Simulations;

/// <summary>False alarms counted: alarms on streams without a change, over what the threshold promises at most.</summary>
internal static class FalseAlarms
{
    /// <param name="Alarms">Raised alarms.</param>
    /// <param name="Expected">Upper limit of their expectation: sub-windows/A.</param>
    public readonly record struct Result(long Alarms, double Expected)
    {
        public double Ratio => Alarms / Expected;
    }

    /// <param name="draws">References drawn; each sees an equal part of the rows.</param>
    /// <param name="perRow">Nominal false alarms a row: A = 1/(perRow·subWindow) sub-windows.</param>
    public static Result Run(
        Func<Rng, Reference> reference, Law law, double perRow, double tolerance, bool adaptive, int subWindow, long rows, int draws, ulong seed)
    {
        var options = new DetectorOptions { Threshold = 1 / (perRow * subWindow), Tolerance = tolerance, Adaptive = adaptive };
        long alarms = 0;
        var windows = Math.Max(1, rows / subWindow / draws);
        Parallel.For(0, draws, draw =>
        {
            var random = Rng.Of(seed, draw);
            var against = reference(random);
            var sampler = against.Sampler(law);
            var detector = new MixtureDetector(against.Model, options);
            var counts = new long[against.Model.Cells];
            long raised = 0;
            for (long window = 0; window < windows; window++)
            {
                Array.Clear(counts);
                sampler.Add(random, counts, subWindow);
                raised += detector.Update(counts) == DetectorEvent.Raised ? 1 : 0;
            }

            Interlocked.Add(ref alarms, raised);
        });
        return new(alarms, windows * draws / options.Threshold);
    }
}
