using Sidecar.Statistics;

namespace Sidecar.Benchmarks.Micro;

/// <summary>Counting live values against a reference: 32 values an operation, as many as a typical request has features.</summary>
internal static class StatisticsCases
{
    private const int Values = 32;

    public static readonly HotPathCase[] All =
    [
        new("NumericCounts.Add_32Values", AddNumbers),
        new("CategoricalCounts.Add_32Texts", AddTexts),
        new("CategoricalCounts.Add_32Integers", AddIntegers),
    ];

    private static Action AddNumbers()
    {
        var random = new Random(7);
        var learned = Enumerable.Range(0, 10_000).Select(_ => random.NextSingle() - random.NextSingle()).ToArray();
        var counts = new NumericCounts(NumericReference.Learn(learned)!);
        return () =>
        {
            foreach (var value in learned.AsSpan(0, Values))
                counts.Add(value);
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

    private static CategoricalReference Learn(Action<CategoricalLearner> addRow)
    {
        var learner = new CategoricalLearner();
        for (var i = 0; i < 100; i++)
            addRow(learner);
        return CategoricalReference.Learn(learner)!;
    }
}
