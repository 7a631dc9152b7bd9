using System.Diagnostics;
using Sidecar.Simulations;
using Sidecar.Statistics.Detection;
var watch = Stopwatch.StartNew();
var n = Law.StandardNormal;
(string, Func<Rng, Reference>, Law, double, int)[] cases = [
 ("exact tau 0", _ => Reference.ExactNormal(), n, 0, 1),
 ("exact tau .02", _ => Reference.ExactNormal(), n, .02, 1),
 ("exact tau .01", _ => Reference.ExactNormal(), n, .01, 1),
 ("50k tau .01", r => Reference.Drawn(x => x.Normal(), 50_000, r), n, .01, 10),
 ("10k tau .01", r => Reference.Drawn(x => x.Normal(), 10_000, r), n, .01, 10),
 ("1k tau .01", r => Reference.Drawn(x => x.Normal(), 1_000, r), n, .01, 10),
 ("shift .02 exact tau .01", _ => Reference.ExactNormal(), Law.Gaussian(.02,1), .01, 1),
 ("shift .02 exact tau .02", _ => Reference.ExactNormal(), Law.Gaussian(.02,1), .02, 1),
];
foreach (var (name, reference, law, tau, draws) in cases)
{
    var rs = Enumerable.Range(0, draws).Select(d => Budget.Run(reference(Rng.Of(5, d)), law, new DetectorOptions { Threshold = Delays.MonthOfSubWindows, Tolerance = tau }, 32, 4000 / draws, 3)).ToArray();
    Console.WriteLine($"{name,-20}: mean {rs.Average(r => r.Ratio):F4} ± {Math.Sqrt(rs.Sum(r => r.Error * r.Error)) / draws:F4} worst {rs.Max(r => r.Ratio):F3} {watch.ElapsedMilliseconds} ms");
}
