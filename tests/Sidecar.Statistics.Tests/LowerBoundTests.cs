using CsCheck;
using MathNet.Numerics.Distributions;

namespace Sidecar.Statistics.Tests;

public class LowerBoundTests
{
    private static readonly DriftRule Rule = new(1e-3, Phi.Assumed(1));

    private static readonly double[] Levels = [1e-3, 0.05];

    [Fact]
    public void KolmogorovSmirnov_NoDrift_IsAboveZeroAtMostAsOftenAsAlpha()
    {
        var random = new Random(2024);
        const int windows = 3000;
        var alarms = new int[Levels.Length];
        for (var i = 0; i < windows; i++)
        {
            var live = Samples.Window(NumericReference.Learn(Samples.Normal(random, 400))!, Samples.Normal(random, 200));
            var distance = Distances.KolmogorovSmirnov(live);
            foreach (var (level, alpha) in Levels.Index())
                alarms[level] += LowerBound.KolmogorovSmirnov(distance.Lower, live.Rows, live.Reference.Rows, alpha, 1) > 0 ? 1 : 0;
        }

        AssertRare(alarms, windows);
    }

    [Theory]
    [InlineData("few")]
    [InlineData("geometric")]
    [InlineData("hundreds")]
    public void Categorical_NoDrift_IsAboveZeroAtMostAsOftenAsAlpha(string law)
    {
        // "geometric" has values that the reference has not met yet, "hundreds" far more equal ones than cells (winner's curse).
        var random = new Random(7);
        const int windows = 2000;
        var alarms = new int[Levels.Length];
        int Draw() => law switch
        {
            "few" => Math.Min(random.Next(10), random.Next(10)),
            "geometric" => (int)(-20 * Math.Log(1 - random.NextDouble())),
            _ => random.Next(500),
        };
        for (var i = 0; i < windows; i++)
        {
            var learner = new CategoricalLearner();
            for (var row = 0; row < 1000; row++)
                learner.Add(Draw());
            var live = new CategoricalCounts(CategoricalReference.Learn(learner)!);
            for (var row = 0; row < 1000; row++)
                live.Add(Draw());
            foreach (var (level, alpha) in Levels.Index())
                alarms[level] += LowerBound.Categorical(live, alpha, 1) > 0 ? 1 : 0;
        }

        AssertRare(alarms, windows);
    }

    [Theory]
    [InlineData(0.01, 0.01, 1e-3)]
    [InlineData(0.01, 0.01, 0.05)]
    [InlineData(0.3, 0.3, 0.05)]
    [InlineData(0.3, 0.2, 0.05)]
    public void RateIncrease_AnyTruth_ExceedsItAtMostAsOftenAsAlpha(double rate, double referenceRate, double alpha)
    {
        var random = new Random(3);
        const int windows = 20_000;
        var wrong = 0;
        for (var i = 0; i < windows; i++)
        {
            int hits = Binomial.Sample(random, rate, 200), before = Binomial.Sample(random, referenceRate, 400);
            wrong += LowerBound.RateIncrease(hits, 200, before, 400, alpha, 1) > rate - referenceRate ? 1 : 0;
        }

        Assert.True(wrong <= Samples.Limit(windows, alpha), $"{wrong} of {windows}");
    }

    [Fact]
    public void RateIncrease_AnyCounts_LiesBetweenZeroAndTheDifferenceAndGrowsWithAlpha() =>
        Gen.Select(Gen.Int[1, 2000], Gen.Int[1, 2000], Gen.Double[0, 1], Gen.Double[0, 1], Gen.Double[1e-9, 0.1]).Sample((n, m, p, q, alpha) =>
        {
            long hits = (long)(p * n), before = (long)(q * m);
            var bound = LowerBound.RateIncrease(hits, n, before, m, alpha, 1);
            Assert.InRange(bound, 0, Math.Max(0, hits / (double)n - before / (double)m));
            Assert.True(bound <= LowerBound.RateIncrease(hits, n, before, m, alpha * 2, 1) + 1e-9);
            Assert.True(LowerBound.RateIncrease(hits, n, before, m, alpha, 3) <= bound + 1e-9);
            Assert.Equal(0, LowerBound.RateIncrease(hits, n, before, m, alpha, double.PositiveInfinity));
        });

    [Fact]
    public void RateIncrease_AllAgainstNone_ApproachesOneAsRowsGrow()
    {
        Assert.InRange(LowerBound.RateIncrease(100, 100, 0, 100, 1e-3, 1), 0.8, 0.95);
        Assert.InRange(LowerBound.RateIncrease(100_000, 100_000, 0, 100_000, 1e-3, 1), 0.999, 1);
        Assert.Equal(0, LowerBound.RateIncrease(0, 100, 100, 100, 1e-3, 1));
        Assert.Equal(0, LowerBound.RateIncrease(1, 1, 0, 0, 1e-3, 1));
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(1e-3)]
    [InlineData(1e-12)]
    public void Exponent_AnyLevel_SolvesItsEquation(double alpha)
    {
        var t = LowerBound.Exponent(alpha);
        Assert.Equal(1, (1 + t) * Math.Exp(-t) / alpha, 1e-9);
    }

    [Fact]
    public void Score_UnitErrorTimesHundred_IsFoundIn200Rows()
    {
        var random = new Random(9);
        var reference = NumericReference.Learn(Samples.Normal(random, 2000, mean: 20, sigma: 5))!;
        var score = DriftScorer.Score(Samples.Window(reference, Samples.Normal(random, 200, 2000, 500)), Rule);
        Assert.Equal(DriftState.Drifted, score.State);
        Assert.InRange(score.LowerBound, 0.8, score.Distance);
    }

    [Fact]
    public void Score_RenamedCategory_IsFoundIn200Rows()
    {
        var random = new Random(9);
        string Draw() => random.Next(4) == 0 ? "Private" : $"c{random.Next(8)}";
        var reference = Samples.Categories(Enumerable.Range(0, 2000).Select(_ => Draw()));
        var live = Samples.Window(reference, Enumerable.Range(0, 200).Select(_ => Draw().Replace("Private", "private", StringComparison.Ordinal)));
        Assert.Equal(DriftState.Drifted, DriftScorer.Score(live, Rule).State);
        Assert.Equal(DriftState.Drifted, DriftScorer.ScoreUnseen(live, Rule).State);
    }

    [Fact]
    public void Score_MissingAndNonFinite_AreRatesOfTheirOwn()
    {
        var random = new Random(9);
        var reference = NumericReference.Learn([.. Samples.Normal(random, 1000), float.NaN], missing: 10)!;
        var live = Samples.Window(reference, Samples.Normal(random, 200).Concat(Enumerable.Repeat(float.NaN, 100)));
        Assert.NotEqual(DriftState.Drifted, DriftScorer.Score(live, Rule).State);
        Assert.Equal(DriftState.Drifted, DriftScorer.ScoreNonFinite(live, Rule).State);
        Assert.NotEqual(DriftState.Drifted, DriftScorer.ScoreMissing(live, Rule).State);
        for (var i = 0; i < 100; i++)
            live.AddMissing();
        Assert.Equal(DriftState.Drifted, DriftScorer.ScoreMissing(live, Rule).State);
    }

    [Fact]
    public void Score_TooFewRows_IsInsufficientAndNeverZero()
    {
        var reference = NumericReference.Learn(Samples.Normal(new Random(1), 1000))!;
        var score = DriftScorer.Score(Samples.Window(reference, Samples.Normal(new Random(2), 99)), Rule);
        Assert.Equal(DriftState.Insufficient, score.State);
        Assert.True(double.IsNaN(score.Distance) && double.IsNaN(score.LowerBound));
        Assert.Equal(99, score.N);
    }

    [Fact]
    public void Score_OnlyNaN_IsInsufficientAndTheRateSaysWhy()
    {
        var live = Samples.Window(NumericReference.Learn(Samples.Normal(new Random(1), 1000))!, Enumerable.Repeat(float.NaN, 500));
        Assert.Equal(DriftState.Insufficient, DriftScorer.Score(live, Rule).State);
        Assert.Equal(DriftState.Drifted, DriftScorer.ScoreNonFinite(live, Rule).State);
    }

    [Fact]
    public void Score_NoDrift_IsGoodOnlyWithACalibratedPhi()
    {
        var reference = NumericReference.Learn(Samples.Normal(new Random(1), 1000))!;
        var live = Samples.Window(reference, Samples.Normal(new Random(2), 300));
        Assert.Equal(DriftState.Uncalibrated, DriftScorer.Score(live, Rule).State);
        Assert.Equal(DriftState.Uncalibrated, DriftScorer.Score(live, new DriftRule(1e-3, Phi.Unknown)).State);
        Assert.Equal(DriftState.Good, DriftScorer.Score(live, new DriftRule(1e-3, new Phi(1, 1, 20, true))).State);
    }

    private static void AssertRare(int[] alarms, int windows)
    {
        foreach (var (level, alpha) in Levels.Index())
        {
            TestContext.Current.TestOutputHelper?.WriteLine($"{alarms[level]} of {windows} at {alpha}");
            Assert.True(alarms[level] <= Samples.Limit(windows, alpha), $"{alarms[level]} of {windows} windows at {alpha}");
        }
    }
}
