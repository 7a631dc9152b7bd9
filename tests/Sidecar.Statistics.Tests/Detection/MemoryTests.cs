using Sidecar.Statistics.Detection;

namespace Sidecar.Statistics.Tests.Detection;

/// <summary>What a feature keeps, measured on the heap: alone, because other tests' garbage would be counted.</summary>
[CollectionDefinition(nameof(MemoryTests), DisableParallelization = true)]
[Collection(nameof(MemoryTests))]
public class MemoryTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Memory_of_one_numeric_feature_is_at_most_15_kB(bool learnsPhi)
    {
        var learner = new NumericLearner(5000);
        foreach (var value in Samples.Normal(new Random(1), 5000))
            learner.Add(value);
        const int features = 500;
        var kept = new object[features][];
        _ = Make(learner.Learn()!, learnsPhi);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < features; i++)
            kept[i] = Make(learner.Learn()!, learnsPhi);
        const int edges = 72 * sizeof(float) + 64; // which the learner's references share
        var bytes = (GC.GetTotalMemory(forceFullCollection: true) - before) / features + edges;
        GC.KeepAlive(kept);
        TestContext.Current.TestOutputHelper?.WriteLine($"{bytes} B");
        Assert.InRange(bytes, 5_000, 15_000);
    }

    /// <summary>Everything that is kept for a feature: reference, sub-window, detector, past counts, and what learns φ or, when that is known, the last sub-windows.</summary>
    private static object[] Make(NumericReference reference, bool learnsPhi)
    {
        var model = CellModel.Of(reference);
        var detector = new MixtureDetector(model, new DetectorOptions { Threshold = 1e8 });
        var dispersion = new CellDispersion(model);
        detector.Calibrate(dispersion.Current() with { Calibrated = true });
        return [reference, new NumericCounts(reference), detector, new Checkpoints(model.Cells, 0), learnsPhi ? dispersion : new SubWindowHistory(model.Cells, 0)];
    }
}
