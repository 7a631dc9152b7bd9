using CsCheck;
using MathNet.Numerics;
using Sidecar.Simulations;

namespace Sidecar.Statistics.Tests;

public class TestsOfCountsTests
{
    [Fact]
    public void UpperTail_AnyFreedom_IsTheIncompleteGamma() => Gen.Select(Gen.Int[1, 250], Gen.Double[0, 400]).Sample((freedom, x) =>
    {
        var expected = SpecialFunctions.GammaUpperRegularized(freedom / 2.0, x / 2);
        Assert.Equal(1, ChiSquareTest.UpperTail(x, freedom) / expected, 1e-9);
    });

    [Fact]
    public void Collapsed_FewRows_JoinsCellsUntilEachExpectsEnough()
    {
        long[] reference = [.. Enumerable.Repeat(1000L, 64)], live = [.. Enumerable.Repeat(2L, 64)];
        var result = ChiSquareTest.Collapsed(live, reference, 1e-3);
        Assert.InRange(result.Freedom, 7, 10); // 128 rows ÷ 12
        Assert.InRange(ChiSquareTest.Collapsed(live, reference, 1e-9).Freedom, 3, 5); // ÷ 25
        Assert.False(ChiSquareTest.Collapsed([1, 1], [500, 500], 1e-3).Applies);
        Assert.Equal(result.Statistic / 2, ChiSquareTest.Collapsed(live, reference, 1e-3, phi: 2).Statistic, 1e-12);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(1000)]
    public void Both_tests_without_a_change_reject_as_often_as_they_say(int rows)
    {
        var random = new Rng(6);
        var sampler = new AliasTable([.. Enumerable.Repeat(1 / 64.0, 64)]);
        long[] live = new long[64], reference = new long[64];
        int chi = 0, smooth = 0;
        const int runs = 4000;
        for (var run = 0; run < runs; run++)
        {
            Array.Clear(live);
            Array.Clear(reference);
            sampler.Add(random, live, rows);
            sampler.Add(random, reference, 5000);
            chi += ChiSquareTest.Collapsed(live, reference, 0.01).PValue < 0.01 ? 1 : 0;
            smooth += NeymanSmoothTest.TwoSample(live, reference).PValue < 0.01 ? 1 : 0;
        }

        // Asymptotic laws: allowed one and a half times the level, five standard errors round it.
        Assert.InRange(chi, 8, 1.5 * 40 + 32);
        Assert.InRange(smooth, 8, 1.5 * 40 + 32);
    }

    [Theory]
    [InlineData(0.3, 1, 0)]
    [InlineData(0, 1.3, 1)]
    public void Neyman_AShiftOrASpread_ShowsInItsOwnComponent(double mean, double sigma, int component)
    {
        var reference = Reference.Drawn(random => random.Normal(), 20_000, new Rng(1));
        long[] live = new long[reference.Model.Cells];
        reference.Sampler(Law.Gaussian(mean, sigma)).Add(new Rng(2), live, 1000);
        Span<double> z = stackalloc double[4];
        var result = NeymanSmoothTest.TwoSample(live.AsSpan(0, reference.Model.ValueCells), reference.Learned!.Counts, z);
        Assert.Equal(Math.Abs(z[component]), result.Statistic);
        Assert.True(z[component] > 6 && result.PValue < 1e-8, $"{z[component]}");
    }

    [Fact]
    public void Neyman_TooFewCells_DoesNotApply()
    {
        Span<double> z = stackalloc double[4];
        Assert.False(NeymanSmoothTest.TwoSample([5, 5, 5], [50, 50, 50], z).Applies);
        Assert.True(double.IsNaN(z[0]));
        Assert.False(NeymanSmoothTest.TwoSample([0, 0], [1, 1]).Applies);
        Assert.False(ChiSquareTest.TwoSample([5], [50]).Applies);
        Assert.Throws<ArgumentException>(() => ChiSquareTest.TwoSample([5], [50, 1]));
        Assert.Equal(0, ChiSquareTest.AgainstExact([5, 1], [50, 0]).PValue);
    }

    [Fact]
    public void CountDistances_NoRows_AreNaNAndNeverZero()
    {
        long[] none = [0, 0, 0, 0, 0], some = [1, 2, 3, 4, 5];
        foreach (var (live, reference) in ((long[], long[])[])[(none, some), (some, none), (none, none)])
        {
            Assert.True(double.IsNaN(CountDistances.JensenShannon(live, reference)));
            Assert.True(double.IsNaN(CountDistances.Hellinger(live, reference)));
            Assert.True(double.IsNaN(CountDistances.TotalVariation(live, reference)));
            Assert.True(double.IsNaN(CountDistances.LInfinity(live, reference)));
            Assert.True(double.IsNaN(CountDistances.KullbackLeibler(live, reference)));
            Assert.True(double.IsNaN(CountDistances.PopulationStability(live, reference)));
        }

        Assert.Equal(double.PositiveInfinity, CountDistances.KullbackLeibler([1, 1], [1, 0]));
        Assert.Equal(double.PositiveInfinity, CountDistances.PopulationStability([1, 1], [1, 0], pseudo: 0));
    }
}
