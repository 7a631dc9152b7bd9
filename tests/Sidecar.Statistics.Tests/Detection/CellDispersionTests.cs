using Sidecar.Simulations;
using Sidecar.Statistics.Detection;
using Sidecar.Testing;

namespace Sidecar.Statistics.Tests.Detection;

public class CellDispersionTests
{
    private static readonly Reference Normal = Reference.ExactNormal(0.01);

    [Fact]
    public void Current_IndependentRows_IsAboutOneWithItsBound()
    {
        var (phi, _) = Learn(correlation: 0, windows: 2000);
        Assert.True(phi.Calibrated);
        // The largest of three block lengths, each an upper bound: 1.27 to 1.32 on average by an independent prototype.
        Assert.InRange(phi.Values[Normal.Model.FirstScore], 1, 1.8);
        Assert.InRange(phi.Values[Normal.Model.FirstScore + 1], 1, 1.8);
        Assert.InRange(phi.Values[Normal.Model.ValueCells], 1, 1.8);
        Assert.InRange(phi.Typical(Normal.Model), 1, 1.8);
    }

    [Fact]
    public void Current_AnAr1_IsTheVarianceOfItsMean()
    {
        // (1 + ρ)/(1 − ρ) = 5.67 for the mean at ρ = .7, (1 + ρ²)/(1 − ρ²) = 2.92 for the square; with the bound 7.1 and 3.7.
        var (phi, _) = Learn(correlation: 0.7, windows: 2000);
        Assert.InRange(phi.Values[Normal.Model.FirstScore], 5, 10);
        Assert.InRange(phi.Values[Normal.Model.FirstScore + 1], 2.5, 5.5);
    }

    [Fact]
    public void Current_IncrementalSums_EqualTheDirectFormula()
    {
        var (phi, windows) = Learn(correlation: 0.5, windows: 19);
        Assert.False(phi.Calibrated);
        var statistic = Normal.Model.FirstScore;
        double[] sums = [.. windows.Select(window => Statistic(window, statistic))], rows = [.. windows.Select(window => Valued(window))];
        var dispersion = (sums.Zip(rows, (sum, of) => sum * sum / of).Sum() - sums.Sum() * sums.Sum() / rows.Sum()) / 18 / Normal.Model.Variance(statistic);
        Assert.Equal(Math.Max(1, dispersion * 18 / MathNet.Numerics.Distributions.ChiSquared.InvCDF(18, 0.05)), phi.Values[statistic], 1e-3);
    }

    [Fact]
    public void Current_ACellWithoutEvents_BorrowsFromItsNeighboursAndFarTailsDoNot()
    {
        // Bin 30 moves in bursts; bins 28 to 32 have to be forgiven as much, the tails nothing.
        var dispersion = new CellDispersion(Normal.Model);
        var counts = new long[Normal.Model.Cells];
        for (var window = 0; window < 400; window++)
        {
            Array.Clear(counts);
            counts[30] = window % 20 == 0 ? 20 : 0;
            counts[10 + window % 10] = 32 - counts[30];
            dispersion.Add(counts);
        }

        var phi = dispersion.Current();
        Assert.True(phi.Values[30] > 5);
        Assert.All((int[])[28, 29, 31, 32], cell => Assert.Equal(phi.Values[30], phi.Values[cell]));
        Assert.Equal(1, phi.Values[34]);
        Assert.Equal((1f, 1f), (phi.Values[0], phi.Values[Normal.Model.ValueCells - 1]));
        Assert.Equal(1, phi.Values[Normal.Model.ValueCells]); // missing
    }

    [Fact]
    public void Current_NothingYet_IsIndependentAndUncalibrated()
    {
        var dispersion = new CellDispersion(Normal.Model);
        dispersion.Add(new long[Normal.Model.Cells]); // an idle sub-window says nothing
        Assert.Equal(0, dispersion.Windows);
        Assert.False(dispersion.Current().Calibrated);
        Assert.All(dispersion.Current().Values, value => Assert.Equal(1, value));
    }

    [Fact]
    public void Raise_BurnIn_CanOnlyRaise()
    {
        var (low, _) = Learn(0, 500);
        var (high, _) = Learn(0.9, 500);
        Assert.Equal(high.Values.Zip(low.Values, Math.Max), PhiTable.Raise(low, high).Values);
        Assert.Equal(low, PhiTable.Raise(low, high with { Calibrated = false }));
        Assert.Throws<ArgumentException>(() => PhiTable.Raise(low, new PhiTable([1], 50, true)));
        Assert.Throws<ArgumentException>(() => new MixtureDetector(Normal.Model, new() { Threshold = 1e8 }).Calibrate(new PhiTable([1], 50, true)));
    }

    [Fact]
    public void Add_ManySubWindows_AllocatesNothing()
    {
        var dispersion = new CellDispersion(Normal.Model);
        var counts = new long[Normal.Model.Cells];
        counts[30] = 32;
        dispersion.Add(counts);
        Assert.Equal(0, Allocated.Least(() =>
        {
            for (var i = 0; i < 100; i++)
                dispersion.Add(counts);
        }));
    }

    private static (PhiTable Phi, List<long[]> Windows) Learn(double correlation, int windows)
    {
        var stream = new DependentStream(correlation, 1, 0, new Rng(8));
        var dispersion = new CellDispersion(Normal.Model);
        var kept = new List<long[]>();
        for (var window = 0; window < windows; window++)
        {
            var counts = new long[Normal.Model.Cells];
            for (var row = 0; row < 32; row++)
                counts[Normal.Cell(stream.Next().Value)]++;
            dispersion.Add(counts);
            kept.Add(counts);
        }

        return (dispersion.Current(), kept);
    }

    private static double Statistic(long[] counts, int statistic)
    {
        var statistics = new float[Math.Max(Normal.Model.Statistics, Normal.Model.Padded)];
        Normal.Model.Summarise(counts, statistics);
        return statistics[statistic];
    }

    private static double Valued(long[] counts) => counts.Take(Normal.Model.ValueCells).Sum();
}
