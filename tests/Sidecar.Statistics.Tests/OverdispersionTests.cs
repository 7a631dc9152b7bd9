using Sidecar.Testing;

namespace Sidecar.Statistics.Tests;

public class OverdispersionTests
{
    [Fact]
    public void Current_IndependentRows_IsAboutOne()
    {
        var phi = Feed(windows: 400, correlation: 0);
        Assert.True(phi.Calibrated);
        Assert.InRange(phi.Estimate, 0.9, 1.35); // the largest of three scales is above 1 by chance
    }

    [Fact]
    public void Current_DependentRows_RisesWithTheDependence()
    {
        // AR(1) with ρ = .7: the mean's variance is (1 + ρ)/(1 − ρ) = 5.7 times that of independent rows; finer scores remember less.
        var phi = Feed(windows: 640, correlation: 0.7);
        Assert.InRange(phi.Value, 1.8, 6);
        Assert.True(Feed(windows: 640, correlation: 0.9).Value > phi.Value * 1.5);
    }

    [Fact]
    public void Current_SlowWave_ShowsOnTheLongBlocksOnly()
    {
        // Runs of 16 like-minded sub-windows add up to 16 times the dispersion on blocks of 16.
        var random = new Random(5);
        var overdispersion = new Overdispersion();
        double rate = 0.5, first = 0;
        for (var window = 0; window < 16 * 40; window++)
        {
            if (window % 16 == 0)
                rate = 0.5 + 0.05 * (random.NextDouble() * 2 - 1);
            long hits = Enumerable.Range(0, 100).Count(_ => random.NextDouble() < rate);
            overdispersion.AddWindow(hits, 100);
            if (window == 16 * 20 - 2)
                first = overdispersion.Current().Estimate;
        }

        Assert.True(overdispersion.Current().Value > first * 1.5, $"{overdispersion.Current().Value} after {first}");
    }

    [Fact]
    public void Current_FewWindows_IsAnUpperBoundAndUncalibrated()
    {
        Assert.Equal(Phi.Unknown, new Overdispersion().Current());
        var phi = Feed(windows: 6, correlation: 0);
        Assert.False(phi.Calibrated);
        Assert.Equal(4.37, phi.Value / phi.Estimate, 0.05); // 5/χ²(.05, 5)
        Assert.True(Feed(windows: 19, correlation: 0) is { Calibrated: false, Windows: 19 });
        Assert.True(Feed(windows: 20, correlation: 0) is { Calibrated: true, Windows: 20, Value: >= 1 });
    }

    [Fact]
    public void Current_IncrementalSums_EqualTheDirectFormula()
    {
        long[][] windows = [.. Enumerable.Range(0, 19).Select(w => Enumerable.Range(0, 5).Select(g => (long)((w * 7 + g * 13) % 11)).ToArray())];
        var overdispersion = new Overdispersion();
        foreach (var window in windows)
            overdispersion.AddWindow(window);
        double total = windows.Sum(window => window.Sum());
        double[] share = [.. Enumerable.Range(0, 5).Select(g => windows.Sum(window => window[g]) / total)];
        var statistic = windows.Sum(window => window.Index().Sum(cell => Math.Pow(cell.Item - window.Sum() * share[cell.Index], 2)
            / (window.Sum() * share[cell.Index])));
        Assert.Equal(statistic / (18 * 4), overdispersion.Current().Estimate, 1e-10);
    }

    [Fact]
    public void Current_ConstantFeature_IsOne()
    {
        var overdispersion = new Overdispersion();
        var live = Samples.Window(NumericReference.Learn(Enumerable.Repeat(1f, 100).ToArray())!, Enumerable.Repeat(1f, 100));
        for (var i = 0; i < 20; i++)
            overdispersion.AddWindow(live);
        overdispersion.AddWindow(new NumericCounts(live.Reference)); // idle: not counted
        Assert.Equal(new Phi(1, 1, 20, true), overdispersion.Current());
    }

    [Fact]
    public void AddWindow_Categories_UsesTheLargestCells()
    {
        var random = new Random(4);
        var reference = Samples.Categories(Enumerable.Range(0, 1000).Select(_ => $"v{random.Next(30)}"));
        var overdispersion = new Overdispersion();
        for (var i = 0; i < 200; i++)
            overdispersion.AddWindow(Samples.Window(reference, Enumerable.Range(0, 100).Select(_ => $"v{random.Next(30)}")));
        Assert.InRange(overdispersion.Current().Estimate, 0.85, 1.5);
    }

    [Fact]
    public void Raise_BurnIn_CanOnlyRaiseTheReference()
    {
        Phi low = new(2, 2, 30, true), high = new(5, 5, 30, true), early = new(9, 3, 5, false);
        Assert.Equal(high, Phi.Raise(low, high));
        Assert.Equal(high, Phi.Raise(high, low));
        Assert.Equal(low, Phi.Raise(low, early));
        Assert.Equal(early, Phi.Raise(Phi.Unknown, early));
    }

    [Fact]
    public void AddWindow_ManyWindows_AllocatesNothing()
    {
        var live = Samples.Window(NumericReference.Learn(Samples.Normal(new Random(1), 500))!, Samples.Normal(new Random(2), 100));
        var overdispersion = new Overdispersion();
        overdispersion.AddWindow(live);
        Assert.Equal(0, Allocated.Least(() =>
        {
            for (var i = 0; i < 100; i++)
                overdispersion.AddWindow(live);
        }));
    }

    private static Phi Feed(int windows, double correlation)
    {
        var random = new Random(17);
        var reference = NumericReference.Learn(Samples.Normal(random, 5000))!;
        var overdispersion = new Overdispersion();
        double state = 0;
        for (var window = 0; window < windows; window++)
        {
            var live = new NumericCounts(reference);
            foreach (var noise in Samples.Normal(random, 100))
            {
                state = correlation * state + Math.Sqrt(1 - correlation * correlation) * noise;
                live.Add((float)state);
            }

            overdispersion.AddWindow(live);
        }

        return overdispersion.Current();
    }
}
