using Sidecar.Demo.Detection;

namespace Sidecar.Tests.Demo;

public sealed class DemoNumbersTests
{
    [Fact]
    public void Quantile_InsideABucket_IsInterpolated() =>
        // Rank 9 of 10; 4 values up to 0.1, 10 up to 0.2: five sixths of the second bucket.
        Assert.Equal(0.1 + 0.1 * 5 / 6, HistogramQuantile.Of(0.9, [(0.1, 4), (0.2, 10), (double.PositiveInfinity, 10)])!.Value, 12);

    [Fact]
    public void Quantile_InTheFirstBucket_BeginsAtZero() =>
        Assert.Equal(0.09, HistogramQuantile.Of(0.9, [(0.1, 10), (double.PositiveInfinity, 10)])!.Value, 12);

    [Fact]
    public void Quantile_AboveTheLastBound_IsTheLastBound() =>
        Assert.Equal(0.2, HistogramQuantile.Of(0.9, [(0.1, 4), (0.2, 5), (double.PositiveInfinity, 10)]));

    [Fact]
    public void Quantile_OfNothing_IsUnknown()
    {
        Assert.Null(HistogramQuantile.Of(0.9, []));
        Assert.Null(HistogramQuantile.Of(0.9, [(0.1, 0), (double.PositiveInfinity, 0)]));
        Assert.Null(HistogramQuantile.Of(0.9, [(0.1, 3), (0.2, 5)]));
    }

    // (count, of, lower, upper) from the definition: the p that solve |count/of - p| = z·√(p(1-p)/of), z = 3.719.
    [Theory]
    [InlineData(0, 100)]
    [InlineData(1, 100)]
    [InlineData(50, 100)]
    [InlineData(100, 100)]
    [InlineData(7, 450)]
    public void Bounds_OfAProportion_SolveWilsonsEquation(long count, long of)
    {
        const double z = 3.719;
        var proportion = new Proportion(count, of);
        foreach (var bound in new[] { proportion.Lower, proportion.Upper })
            Assert.Equal(z * Math.Sqrt(bound * (1 - bound) / of), Math.Abs(proportion.Share - bound), 9);
        Assert.InRange(proportion.Share, proportion.Lower, proportion.Upper);
    }

    [Fact]
    public void Bounds_OfNothing_AreTheWidest() =>
        Assert.Equal((0, 1), (new Proportion(0, 0).Lower, new Proportion(0, 0).Upper));

    [Fact]
    public void Increases_NewAndResetSeries_CountFromZero()
    {
        var earlier = Snapshot(0, "c{a=\"1\"} 5\nc{a=\"2\"} 9");
        var later = Snapshot(1, "c{a=\"1\"} 8\nc{a=\"2\"} 4\nc{a=\"3\"} 2");
        Assert.Equal([3, 4, 2], later.Increases("c", earlier).Select(entry => entry.Increase));
    }

    private static MetricsSnapshot Snapshot(int second, string page) =>
        new(TimeSpan.FromSeconds(second), PrometheusText.Parse(page).Samples);
}
