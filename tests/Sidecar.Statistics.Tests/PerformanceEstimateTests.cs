using System.Text.Json;
using Sidecar.Statistics.Tests.Golden;

namespace Sidecar.Statistics.Tests;

public class PerformanceEstimateTests
{
    [Theory]
    [InlineData("california", "clf_target")]
    [InlineData("car_loan", "repaid")]
    public void Estimates_by_chunk_are_NannyMls_to_a_bin_width(string name, string target)
    {
        var block = Pair.Figures("nannyml.json").GetProperty("pairs").GetProperty(name).GetProperty("chunk_number=10").GetProperty("cbpe");
        var estimated = block.GetProperty("estimated");
        var pair = Pair.Load(name);
        CalibrationMap map;
        if (block.GetProperty("needs_calibration").GetBoolean())
        {
            bool[] labels = [.. pair.Reference.Text(target).Select(text => text is "1" or "1.0" or "True")];
            map = CalibrationMap.Fit(pair.Reference.Numbers("y_pred_proba"), labels)!;
        }
        else
            map = CalibrationMap.Identity;

        var chunks = estimated.GetProperty("chunks");
        var compared = 0;
        for (var i = 0; i < chunks.GetProperty("period").GetArrayLength(); i++)
        {
            var table = chunks.GetProperty("period")[i].GetString() == "reference" ? pair.Reference : pair.Current;
            var scores = table.Numbers("y_pred_proba");
            var predicted = table.Text("y_pred");
            var estimate = new PerformanceEstimate(map);
            for (var row = chunks.GetProperty("start_index")[i].GetInt32(); row <= chunks.GetProperty("end_index")[i].GetInt32(); row++)
                estimate.Add(scores[row], predicted[row] is "1" or "True");
            if (estimate.Rows < 100)
                continue; // a left-over chunk of two rows has no ratios
            var confusion = estimate.Current();
            foreach (var (metric, value) in ((string, double)[])
            [
                ("accuracy", confusion.Accuracy), ("precision", confusion.Precision), ("recall", confusion.Recall),
                ("specificity", confusion.Specificity), ("f1", confusion.F1), ("roc_auc", estimate.RocArea()),
            ])
            {
                // Where no row is called positive NannyML writes 0; a ratio without rows is no number here.
                if (double.IsNaN(value) && Value(estimated, metric, i) == 0)
                    continue;
                Assert.Equal(Value(estimated, metric, i), value, metric == "roc_auc" ? 2e-3 : 1e-3);
                compared++;
            }
        }

        Assert.True(compared > 60, $"{compared}");
    }

    [Fact]
    public void Current_MergedShards_EqualTheWhole()
    {
        var random = new Random(1);
        var map = CalibrationMap.TryCreate([0.2, 0.5, 0.9], [0.1, 0.4, 1])!;
        PerformanceEstimate whole = new(map), left = new(map), right = new(map);
        for (var i = 0; i < 2000; i++)
        {
            var score = random.NextDouble();
            whole.Add(score, score > 0.4);
            (i % 2 == 0 ? left : right).Add(score, score > 0.4);
        }

        left.MergeFrom(right);
        Assert.Equal(whole.Current().Accuracy, left.Current().Accuracy, 1e-12);
        whole.Add(double.NaN, true);
        whole.Add(1.5, true);
        Assert.Equal((2000L, 2L), (whole.Rows, whole.Rejected));
        whole.Clear();
        Assert.Equal((0L, 0L), (whole.Rows, whole.Rejected));
        Assert.True(double.IsNaN(whole.Current().Accuracy));
        Assert.Throws<ArgumentException>(() => left.MergeFrom(new PerformanceEstimate(CalibrationMap.Identity)));
        var nothing = new PerformanceEstimate(map);
        Assert.True(double.IsNaN(nothing.Current().Accuracy) && double.IsNaN(nothing.RocArea()));
    }

    [Fact]
    public void Fit_KnownCase_PoolsWhatFalls()
    {
        var map = CalibrationMap.Fit([1, 2, 3, 4, 4], [false, true, false, true, false])!;
        Assert.Equal([0, 0.5, 0.5, 0.5], ((double[])[1, 2, 3, 4]).Select(map.At));
        Assert.Equal(0.25, map.At(1.5), 12);
        Assert.Equal((0, 0.5), (map.At(-9), map.At(99)));
        Assert.True(double.IsNaN(map.At(double.NaN)));
        Assert.Null(CalibrationMap.Fit([], []));
        Assert.Null(CalibrationMap.TryCreate([0.5, 0.5], [0.1, 0.2]));
        Assert.Null(CalibrationMap.TryCreate([0, 1], [0.3, 0.2]));
        Assert.Null(CalibrationMap.TryCreate([0, double.NaN], [0, 1]));
    }

    private static double Value(JsonElement estimated, string metric, int chunk) =>
        estimated.GetProperty("values").GetProperty(metric).GetProperty("value")[chunk].GetDouble();
}
