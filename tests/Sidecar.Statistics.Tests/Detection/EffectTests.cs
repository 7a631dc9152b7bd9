using CsCheck;
using Sidecar.Simulations;
using Sidecar.Statistics.Detection;

namespace Sidecar.Statistics.Tests.Detection;

public class EffectTests
{
    [Fact]
    public void Since_AnyCheckpoint_IsTheSumOfTheSubWindowsAfterIt() =>
        Gen.Int[0, 100].Array[3].Array[1, 300].Sample(windows =>
        {
            var checkpoints = new Checkpoints(3, start: 7);
            for (var i = 0; i < windows.Length; i++)
                checkpoints.Add([.. windows[i].Select(count => (long)count)], i + 100, below: i, above: 2 * i);
            Assert.InRange(checkpoints.Count, 1, Checkpoints.Capacity);
            Span<long> counts = stackalloc long[3];
            for (var index = 0; index < checkpoints.Count; index++)
            {
                var age = (int)checkpoints.Age(index);
                checkpoints.Since(index, counts);
                for (var cell = 0; cell < 3; cell++)
                    Assert.Equal(windows.TakeLast(age).Sum(window => window[cell]), counts[cell]);
                Assert.Equal(Enumerable.Range(0, windows.Length).TakeLast(age).Sum(), checkpoints.TailsSince(index).Below);
                Assert.Equal(age == windows.Length ? 7 : windows.Length - age - 1 + 100, checkpoints.Time(index));
            }

            Assert.Equal(0, checkpoints.Age(checkpoints.Count - 1));
        });

    [Fact]
    public void Checkpoints_after_many_sub_windows_lie_at_growing_ages()
    {
        var checkpoints = new Checkpoints(1, 0);
        for (var i = 0; i < 100_000; i++)
            checkpoints.Add([1], i);
        long[] ages = [.. Enumerable.Range(0, checkpoints.Count - 1).Select(checkpoints.Age).Reverse()];
        Assert.Equal(1, ages[0]);
        // The oldest goes when the one after it reaches the longest age, so that there is always one that old.
        Assert.InRange(ages[^2], 100, Checkpoints.LongestAge);
        Assert.InRange(ages[^1], Checkpoints.LongestAge, 6 * Checkpoints.LongestAge);
        for (var i = 1; i < ages.Length; i++)
            Assert.True(ages[i] <= 6 * ages[i - 1] + 2, string.Join(' ', ages));
    }

    [Fact]
    public void Locate_AtTheAlarm_FindsTheChangeAndItsSize()
    {
        // +0.5σ is D = .197. The window starts at a checkpoint near the change, so the distance is at most diluted, and the bound is below the truth.
        const int runs = 100;
        var reference = Reference.Drawn(random => random.Normal(), 20_000, new Rng(2));
        AliasTable quiet = reference.Sampler(Law.StandardNormal), shifted = reference.Sampler(Law.Gaussian(0.5, 1));
        var phi = PhiTable.Independent(reference.Model);
        var effects = new List<EffectSize>();
        for (var run = 0; run < runs; run++)
        {
            var random = Rng.Of(5, run);
            var detector = new MixtureDetector(reference.Model, new() { Threshold = Delays.MonthOfSubWindows });
            var checkpoints = new Checkpoints(reference.Model.Cells, 0);
            var counts = new long[reference.Model.Cells];
            for (var window = 0; !detector.Alarmed; window++)
            {
                Array.Clear(counts);
                (window < 300 ? quiet : shifted).Add(random, counts, 32);
                checkpoints.Add(counts, window);
                detector.Update(counts);
            }

            checkpoints.Since(checkpoints.Locate(detector).Index, counts);
            effects.Add(Effect.Of(reference.Learned!, counts, (0, 0), 1e-3, phi));
        }

        double[] distances = [.. effects.Select(effect => effect.Distance).Order()];
        Assert.InRange(distances[runs / 2], 0.15, 0.27);
        Assert.InRange(effects.Count(effect => effect.DistanceBound > 0.197), 0, 3);
        Assert.True(effects.Average(effect => effect.DistanceBound) > 0.04);
        Assert.All(effects, effect => Assert.InRange(effect.Wasserstein, 0.1, 1.2));
    }

    [Fact]
    public void Of_TwoPercentUnitErrors_ShowsInTheRateAndInWassersteinAndHardlyInD()
    {
        var random = new Random(3);
        var reference = NumericReference.Learn(Samples.Normal(random, 20_000, mean: 10, sigma: 2))!;
        var window = Samples.Window(reference, Samples.Normal(random, 2000, mean: 10, sigma: 2).Select((value, i) => i % 50 == 0 ? value * 100 : value));
        var model = CellModel.Of(reference);
        var counts = new long[model.Cells];
        window.CopyCells(counts);
        var far = reference.Cells - 1;
        var effect = Effect.Of(reference, counts, (0, window.Sum(far) + window.Sum(far - 1)), 1e-3, PhiTable.Independent(model));
        Assert.Equal((far, 2000L), (effect.Cell, effect.Rows));
        Assert.InRange(effect.RateBound, 0.005, 0.02);
        Assert.Equal(0.02, effect.Rate, 1e-9);
        Assert.InRange(effect.DistanceBound, 0, 0.02);
        Assert.Equal(Distances.Wasserstein(window), effect.Wasserstein, 0.1);
        Assert.InRange(effect.Wasserstein, 8, 12); // .02 × 990/2
    }

    [Fact]
    public void Of_ANewCategoryAndMissingRows_NamesTheCell()
    {
        var random = new Random(3);
        var reference = Samples.Categories(Enumerable.Range(0, 5000).Select(_ => $"v{random.Next(8)}"));
        var model = CellModel.Of(reference);
        var counts = new long[model.Cells];
        Samples.Window(reference, Enumerable.Range(0, 1000).Select(i => i % 20 == 0 ? "new" : $"v{random.Next(8)}")).CopyCells(counts);
        var effect = Effect.Of(reference, counts, 1e-3, PhiTable.Independent(model));
        Assert.Equal(reference.Unseen, effect.Cell);
        Assert.InRange(effect.RateBound, 0.02, 0.05);
        Assert.InRange(effect.DistanceBound, 0.01, effect.Distance);
        counts[^1] = 500;
        Assert.Equal(model.Cells - 1, Effect.Of(reference, counts, 1e-3, PhiTable.Independent(model)).Cell);
    }

    [Fact]
    public void Of_NoRows_IsUnknownAndNeverZero()
    {
        var reference = NumericReference.Learn(Samples.Normal(new Random(1), 500))!;
        var model = CellModel.Of(reference);
        var effect = Effect.Of(reference, new long[model.Cells], default, 1e-3, PhiTable.Independent(model));
        Assert.Equal(EffectSize.Unknown, effect);
        var missing = new long[model.Cells];
        missing[reference.Cells] = 100;
        effect = Effect.Of(reference, missing, default, 1e-3, PhiTable.Independent(model));
        Assert.True(double.IsNaN(effect.Distance) && effect.Rate == 1 && effect.RateBound > 0.8);
    }
}
