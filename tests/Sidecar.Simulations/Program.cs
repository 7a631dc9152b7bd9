using System.Diagnostics;
using Sidecar.Simulations;
using Sidecar.Statistics.Detection;
var options = new DetectorOptions { Threshold = Delays.MonthOfSubWindows, Tolerance = .02 };
var n = Law.StandardNormal;
var watch = Stopwatch.StartNew();
void Show(string name, Law after, double missing = 0, int longest = 40000)
{
    foreach (var tau in new[] { .02, 0.0, .01 })
    {
        var r = Delays.Run(tau == .01 ? random => Reference.Drawn(x => x.Normal(), 50_000, random, missing) : _ => Reference.ExactNormal(missing), n.Lost(missing), after, options with { Tolerance = tau }, 32, tau == .01 ? 200 : 1000, longest, 1);
        Console.Write($"{name,-20} tau {tau}: {r.Median}/{r.P90} missed {r.Missed} early {r.Early}  ");
    }
    Console.WriteLine($" {watch.ElapsedMilliseconds} ms");
}
Show("+0.1", Law.Gaussian(.1, 1));
Show("+0.2", Law.Gaussian(.2, 1));
Show("+0.5", Law.Gaussian(.5, 1));
Show("+1", Law.Gaussian(1, 1));
Show("x1.2", Law.Gaussian(0, 1.2));
Show("1% stuck", n.Stuck(.01));
Show("5% stuck", n.Stuck(.05));
Show("2% x100", n.Times(.02, 100));
Show("30% zeroed", n.Stuck(.3));
Show("missing 1>3", n.Lost(.03), .01);
Show("10% at +2", n.Mix(.1, Law.Gaussian(2, 1)));
Show("bimodal", Law.Gaussian(-.8, .6).Mix(.5, Law.Gaussian(.8, .6)));
