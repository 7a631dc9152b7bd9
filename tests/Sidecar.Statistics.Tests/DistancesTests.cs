using CsCheck;

namespace Sidecar.Statistics.Tests;

public class DistancesTests
{
    private static readonly Gen<float> Value = Gen.OneOf(Gen.Float[-2f, 2f], Gen.Int[-3, 3].Select(i => i / 2f), Gen.Float[-1e6f, 1e6f]);

    [Fact]
    public void KolmogorovSmirnov_AnyTwoSamples_ExactDistanceIsInsideTheCertificate() =>
        Gen.Select(Value.Array[64, 400], Value.Array[1, 300]).Sample((sample, stream) =>
        {
            var distance = Distances.KolmogorovSmirnov(Samples.Window(NumericReference.Learn(sample)!, stream));
            var exact = Samples.Exact(sample, stream).Ks;
            Assert.InRange(exact, distance.Lower - 1e-12, distance.Upper + 1e-12);
            Assert.Equal(distance.Lower, distance.Value);
        }, iter: 2000);

    [Fact]
    public void Wasserstein_AnyTwoSamples_IsOffByWhatTheBinsLeaveOpenAtMost() =>
        Gen.Select(Value.Array[64, 400], Value.Array[1, 300]).Sample((sample, stream) =>
        {
            var reference = NumericReference.Learn(sample)!;
            var live = Samples.Window(reference, stream);
            double open = 0;
            for (var bin = NumericReference.FirstBin; bin <= reference.LastBin; bin++)
            {
                var masses = live.Count(bin) / (double)live.Rows + reference.Counts[bin] / (double)reference.Rows;
                open += 2 * masses * ((double)reference.Edges.Upper(bin) - reference.Edges.Lower(bin));
            }

            var exact = Samples.Exact(sample, stream).Wasserstein;
            Assert.InRange(Distances.Wasserstein(live) * reference.Sigma, exact - open - 1e-9 * exact, exact + open + 1e-9 * exact);
        });

    [Fact]
    public void Wasserstein_Shift_IsExact()
    {
        // F and G don't cross, so that every bin's signed integral is its unsigned one.
        var sample = Samples.Normal(new Random(5), 5000, mean: 1e4, sigma: 10);
        var reference = NumericReference.Learn(sample)!;
        float[] stream = [.. sample.Select(value => value + 7)];
        var exact = Samples.Exact(sample, stream).Wasserstein / reference.Sigma;
        Assert.Equal(exact, Distances.Wasserstein(Samples.Window(reference, stream)), 1e-9);
    }

    [Fact]
    public void AllDistances_AnyTwoSamples_LieBetweenZeroAndOneInTheirKnownOrder() =>
        Gen.Select(Value.Array[64, 200], Value.Array[1, 200]).Sample((sample, stream) =>
        {
            var live = Samples.Window(NumericReference.Learn(sample)!, stream);
            double h = Distances.Hellinger(live), tv = Distances.TotalVariation(live), js = Distances.JensenShannon(live);
            var ks = Distances.KolmogorovSmirnov(live);
            Assert.InRange(ks.Lower, 0, ks.Upper);
            Assert.InRange(ks.Upper, 0, 1);
            Assert.InRange(tv, Math.Max(ks.Lower, Distances.LInfinity(live) / 2) - 1e-12, 1);
            Assert.InRange(h * h, 0, tv + 1e-12); // H² ≤ TV ≤ √2·H
            Assert.InRange(tv, 0, Math.Sqrt(2) * h + 1e-12);
            Assert.InRange(js * js, 0, tv + 1e-12); // Lin 1991: JS in bits is at most TV
            Assert.True(Distances.PopulationStability(live) >= 0);
        });

    [Fact]
    public void AllDistances_SameValues_AreZero() => Value.Array[64, 300].Sample(values =>
    {
        var live = Samples.Window(NumericReference.Learn(values)!, values);
        Assert.Equal(0, Distances.KolmogorovSmirnov(live).Value);
        Assert.Equal(0, Distances.Wasserstein(live), 1e-12); // sums round in another order than the sorted reference's
        Assert.Equal(0, Distances.JensenShannon(live));
        Assert.Equal(0, Distances.Hellinger(live));
        Assert.Equal(0, Distances.TotalVariation(live));
        Assert.Equal(0, Distances.LInfinity(live));
        Assert.Equal(0, Distances.PopulationStability(live));
    });

    [Fact]
    public void AllDistances_EmptyWindow_AreNaN()
    {
        var live = new NumericCounts(NumericReference.Learn(Samples.Normal(new Random(1), 100))!);
        Assert.True(double.IsNaN(Distances.KolmogorovSmirnov(live).Value));
        Assert.True(double.IsNaN(Distances.Wasserstein(live)));
        Assert.True(double.IsNaN(Distances.JensenShannon(live)));
        Assert.True(double.IsNaN(Distances.Hellinger(live)));
        Assert.True(double.IsNaN(Distances.TotalVariation(live)));
        Assert.True(double.IsNaN(Distances.LInfinity(live)));
        Assert.True(double.IsNaN(Distances.PopulationStability(live)));
        Assert.True(double.IsNaN(Distances.DebiasedPopulationStability(live, 1)));
    }

    [Fact]
    public void DebiasedPopulationStability_NoDrift_IsZeroOnAverageWherePlainIsNot()
    {
        var random = new Random(11);
        double plain = 0, debiased = 0;
        const int runs = 300;
        for (var run = 0; run < runs; run++)
        {
            var live = Samples.Window(NumericReference.Learn(Samples.Normal(random, 5000))!, Samples.Normal(random, 1000));
            plain += Distances.PopulationStability(live) / runs;
            debiased += Distances.DebiasedPopulationStability(live, 1) / runs;
        }

        Assert.InRange(plain, 0.06, 0.09); // 63·(1/1000 + 1/5000) = .0756
        Assert.InRange(debiased, -0.004, 0.004);
    }
}
