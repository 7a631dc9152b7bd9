using Sidecar.Statistics;
using Sidecar.Statistics.Detection;

namespace Sidecar.Benchmarks.Micro;

/// <summary>
/// Counting live values against a reference, 32 values an operation, as many as a typical request has features; and judging what was counted.
/// </summary>
internal static class StatisticsCases
{
    private const int Values = 32;
    private const int Features = 200;
    private const int Scales = 10;

    public static readonly HotPathCase[] All =
    [
        new("NumericCounts.Add_32Values", AddNumbers),
        new("NumericCounts.Add_200Features", AddFeatures),
        new("CategoricalCounts.Add_32Texts", AddTexts),
        new("CategoricalCounts.Add_32Integers", AddIntegers),
        new("ClassDistribution.Summarise_10Classes", () => Classes(logits: false)),
        new("ClassDistribution.SummariseLogits_10Classes", () => Classes(logits: true)),
        new("VectorSummary.OfAndProject_12288Values", SummariseVector) { Iterations = 500 },
        new("MixtureDetector.Update_Numeric", UpdateNumeric),
        new("MixtureDetector.Update_Categorical", UpdateCategorical),
        new("CellDispersion.Add", AddDispersion),
        new("Checkpoints.Add", AddCheckpoint),
        new("Distances.Evaluate_200Features_10Scales", EvaluateAll) { Iterations = 50 },
    ];

    private static Action AddNumbers()
    {
        var learned = Numbers(new Random(7), 10_000);
        var counts = new NumericCounts(NumericReference.Learn(learned)!);
        return () =>
        {
            foreach (var value in learned.AsSpan(0, Values))
                counts.Add(value);
        };
    }

    private static Action AddFeatures()
    {
        // One value of each of 200 features: the counts of one don't stay in the nearest cache while the others' are touched.
        var random = new Random(7);
        var rows = Numbers(random, Features * 64);
        NumericCounts[] features =
            [.. Enumerable.Range(0, Features).Select(_ => new NumericCounts(NumericReference.Learn(Numbers(random, 2000))!))];
        var row = 0;
        return () =>
        {
            var values = rows.AsSpan(row++ % 64 * Features, Features);
            for (var i = 0; i < features.Length; i++)
                features[i].Add(values[i]);
        };
    }

    private static Action AddTexts()
    {
        byte[][] texts = [.. Enumerable.Range(0, Values).Select(i => System.Text.Encoding.ASCII.GetBytes($"category-{i}"))];
        var counts = new CategoricalCounts(Learn(learner =>
        {
            foreach (var text in texts)
                learner.Add(text);
        }));
        return () =>
        {
            foreach (var text in texts)
                counts.Add(text);
        };
    }

    private static Action AddIntegers()
    {
        var counts = new CategoricalCounts(Learn(learner =>
        {
            for (var i = 0; i < Values; i++)
                learner.Add(i);
        }));
        return () =>
        {
            for (var i = 0; i < Values; i++)
                counts.Add(i);
        };
    }

    private static Action Classes(bool logits)
    {
        var scores = Numbers(new Random(7), 10);
        return () =>
        {
            if ((logits ? ClassDistribution.SummariseLogits(scores) : ClassDistribution.Summarise(scores)).Top < 0)
                throw new InvalidOperationException("there is no top class");
        };
    }

    /// <summary>A picture of 64 × 64 in three colours.</summary>
    private static Action SummariseVector()
    {
        var row = Numbers(new Random(7), 3 * 64 * 64);
        var projections = new RandomProjections(row.Length);
        var projected = new float[RandomProjections.Count];
        return () =>
        {
            projections.Project(row, projected);
            if (VectorSummary.Of(row).NonFinite > 0)
                throw new InvalidOperationException("a value is missing");
        };
    }

    private static Action UpdateNumeric()
    {
        var (model, counts) = SubWindow();
        var detector = new MixtureDetector(model, new() { Threshold = 3.24e8 });
        return () => detector.Update(counts);
    }

    private static Action UpdateCategorical()
    {
        var reference = Learn(learner =>
        {
            for (var i = 0; i < 62; i++)
                learner.Add(i);
        });
        var live = new CategoricalCounts(reference);
        for (var i = 0; i < Values; i++)
            live.Add(i);
        var model = CellModel.Of(reference);
        var counts = new long[model.Cells];
        live.CopyCells(counts);
        var detector = new MixtureDetector(model, new() { Threshold = 3.24e8 });
        return () => detector.Update(counts);
    }

    private static Action AddDispersion()
    {
        var (model, counts) = SubWindow();
        var dispersion = new CellDispersion(model);
        return () =>
        {
            // It stops counting at a million sub-windows, and an early return is no measurement.
            if (dispersion.Windows > 900_000)
                dispersion = new CellDispersion(model);
            dispersion.Add(counts);
        };
    }

    private static Action AddCheckpoint()
    {
        var (model, counts) = SubWindow();
        var checkpoints = new Checkpoints(model.Cells, 0);
        long time = 0;
        return () => checkpoints.Add(counts, time++);
    }

    /// <summary>Every distance, test and bound of 200 features at 10 scales, as a report of all of them would ask for.</summary>
    private static Action EvaluateAll()
    {
        var random = new Random(7);
        NumericCounts[] windows = [.. Enumerable.Range(0, Features).Select(_ =>
        {
            var window = new NumericCounts(NumericReference.Learn(Numbers(random, 2000))!);
            foreach (var value in Numbers(random, 500))
                window.Add(value);
            return window;
        })];
        return () =>
        {
            double sum = 0;
            Span<long> counts = stackalloc long[72];
            foreach (var window in windows)
            {
                var reference = window.Reference.Counts;
                for (var scale = 0; scale < Scales; scale++)
                {
                    window.CopyCounts(counts);
                    var cells = counts[..reference.Length];
                    var distance = Distances.KolmogorovSmirnov(window);
                    sum += LowerBound.KolmogorovSmirnov(distance.Lower, window.Rows, window.Reference.Rows, 1e-3, 1) + Distances.Wasserstein(window)
                        + CountDistances.DebiasedPopulationStability(cells, reference, 1) + CountDistances.JensenShannon(cells, reference)
                        + ChiSquareTest.Collapsed(cells, reference, 1e-3).PValue + NeymanSmoothTest.TwoSample(cells, reference).PValue;
                }
            }

            if (double.IsNaN(sum))
                throw new InvalidOperationException("a figure is missing");
        };
    }

    private static (CellModel Model, long[] Counts) SubWindow()
    {
        var random = new Random(7);
        var reference = NumericReference.Learn(Numbers(random, 10_000))!;
        var live = new NumericCounts(reference);
        foreach (var value in Numbers(random, Values))
            live.Add(value);
        var model = CellModel.Of(reference);
        var counts = new long[model.Cells];
        live.CopyCells(counts);
        return (model, counts);
    }

    private static float[] Numbers(Random random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - random.NextSingle())];

    private static CategoricalReference Learn(Action<CategoricalLearner> addRow)
    {
        var learner = new CategoricalLearner();
        for (var i = 0; i < 100; i++)
            addRow(learner);
        return CategoricalReference.Learn(learner)!;
    }
}
