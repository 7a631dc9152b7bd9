using System.Globalization;
using System.Text.Json;
using Sidecar.Analysis;
using Sidecar.Emit;
using Sidecar.Model;
using Sidecar.Model.Profiles;
using Sidecar.Statistics;
using Sidecar.Statistics.Drift;
using Sidecar.Testing;
using Sidecar.Tests.Offline.Drift;
using static Sidecar.Tests.Analysis.Messages;

namespace Sidecar.Tests.Analysis;

/// <summary>The accuracy that is estimated by a calibration, from what the verb learns to what a window reports.</summary>
public sealed class EstimatedAccuracyTests(ITestOutputHelper output) : VerbTests
{
    private const long Second = 1_000_000_000;
    private const int Rows = 32;

    // Scores are float32 on the wire and counted in thousandths; the table's have two digits, so 1e-8 is reached.
    private const double Tolerance = 1e-6;

    private static readonly ModelIdentity Model = new("m", "1", IdentitySource.Path);
    private static readonly Calibration Half = new() { Score = "p", Map = CalibrationMap.TryCreate([0, 1], [0.25, 0.75])! };
    private static readonly DriftSettings Settings = new(4, 0.1, 1, 100, TimeSpan.FromSeconds(1), Calibration: Half);
    private long _now;

    [Fact]
    public async Task Of_california_it_is_NannyMls_chunk_for_chunk()
    {
        using var figures = JsonDocument.Parse(File.ReadAllText(Fixtures.Require("reference", "nannyml.json")));
        var (reference, analysis) = (Fixtures.Require("data", "california_housing_reference.csv"), Fixtures.Require("data", "california_housing_analysis.csv"));
        var file = Path.Combine(Folder.Path, "p.json");
        var (code, _, error) = await RunAsync("profile", "build", reference, "-o", file, "--columns", "MedInc", "--calibration-score", "y_pred_proba", "--calibration-label", "clf_target", "--calibration-threshold", "0.795");
        Assert.True(code == 0, error);
        var settings = Settings with { MinRows = 1, Reference = ProfileFile.Read(file), Calibration = CalibrationFile.Read(CalibrationFile.BesideProfile(file)) };
        var estimated = figures.RootElement.GetProperty("pairs").GetProperty("california").GetProperty("chunk_number=10").GetProperty("cbpe").GetProperty("estimated");
        var chunks = estimated.GetProperty("chunks");
        var theirs = estimated.GetProperty("values").GetProperty("accuracy").GetProperty("value");
        var scores = new Dictionary<string, double[]> { ["reference"] = Scores(reference), ["analysis"] = Scores(analysis) };
        var windows = new ModelState(Model, settings).Outputs;
        Close(windows);
        var worst = 0.0;
        for (var i = 0; i < chunks.GetProperty("period").GetArrayLength(); i++)
        {
            var (start, end) = (chunks.GetProperty("start_index")[i].GetInt32(), chunks.GetProperty("end_index")[i].GetInt32() + 1);
            foreach (var rows in scores[chunks.GetProperty("period")[i].GetString()!][start..end].Chunk(Rows))
                windows.Add(Message("y_pred_proba", rows), mayTeach: true);
            var estimate = Close(windows)!.EstimatedAccuracy!.Value;
            Assert.Equal(end - start, estimate.Rows);
            worst = Math.Max(worst, Math.Abs(estimate.Ratio - theirs[i].GetDouble()));
        }

        output.WriteLine($"largest difference of {chunks.GetProperty("period").GetArrayLength()} chunks: {worst:g3}");
        Assert.InRange(worst, 0, Tolerance);
    }

    [Fact]
    public void A_window_says_it_with_its_rows_and_begins_anew()
    {
        var windows = Learned();
        Send(windows, 10, 0.9); // called positive, right with .7
        var report = Close(windows)!;
        Assert.Equal(0.7, report.EstimatedAccuracy!.Value.Ratio, 1e-6);
        Assert.Equal(10 * Rows, report.EstimatedAccuracy.Value.Rows);
        Send(windows, 10, 0.3); // called negative, right with .6
        Assert.Equal(0.6, Close(windows)!.EstimatedAccuracy!.Value.Ratio, 1e-6);
    }

    [Fact]
    public void Without_a_calibration_of_this_model_or_enough_scores_it_is_unknown()
    {
        foreach (var calibration in (Calibration?[])[null, Half with { Model = "other" }, Half with { ModelVersion = "2" }, Half with { Score = "q" }])
        {
            var windows = Learned(Settings with { Calibration = calibration });
            Send(windows, 10, 0.9);
            Assert.Null(Close(windows)!.EstimatedAccuracy);
        }

        var bad = Learned();
        Send(bad, 10, 1.5);
        Assert.Null(Close(bad)!.EstimatedAccuracy); // that is no score
        for (var i = 0; i < 10; i++)
            bad.Add(Of(Tensor("p", "FP32", $"{Rows}", string.Join(',', Enumerable.Repeat("null", Rows)))), mayTeach: true);
        Assert.Null(Close(bad)!.EstimatedAccuracy);
    }

    [Fact]
    public void The_score_may_be_what_is_derived_of_classes()
    {
        // Right or not, by how sure the model is: the accuracy of any number of classes.
        var windows = Learned(Settings with { Calibration = Half with { Score = "p.score", Threshold = 0 } }, "0.2,0.7,0.1");
        for (var i = 0; i < 10; i++)
            windows.Add(Of(Tensor("p", "FP32", "32,3", string.Join(',', Enumerable.Repeat("0.1,0.1,0.8", Rows)))), mayTeach: true);
        Assert.Equal(0.65, Close(windows)!.EstimatedAccuracy!.Value.Ratio, 1e-6);
    }

    [Fact]
    public void A_given_reference_need_not_know_the_score()
    {
        var learner = new FeatureLearner("q", FeatureSide.Output);
        for (var i = 0; i < 1000; i++)
            learner.Add(i * 37 % 1000);
        var profile = new ReferenceProfile { Rows = 1000, Features = [learner.Learn(out _)!] };
        var windows = new ModelState(Model, Settings with { Reference = profile }).Outputs;
        Close(windows);
        Send(windows, 10, 0.9);
        var report = Close(windows)!;
        Assert.Equal(0.7, report.EstimatedAccuracy!.Value.Ratio, 1e-6);
        Assert.Empty(report.Features); // q did not come
    }

    [Fact]
    public void The_report_event_has_it_and_lacks_it_while_it_is_unknown()
    {
        var windows = Learned();
        Send(windows, 10, 0.9);
        using var known = JsonDocument.Parse(ExchangeEvents.OfDrift(Close(windows)!).Payload);
        Assert.Equal(10 * Rows, known.RootElement.GetProperty("estimatedAccuracy").GetProperty("rows").GetInt64());
        Assert.Equal(0.7, known.RootElement.GetProperty("estimatedAccuracy").GetProperty("ratio").GetDouble(), 1e-6);
        Send(windows, 10, 2);
        using var unknown = JsonDocument.Parse(ExchangeEvents.OfDrift(Close(windows)!).Payload);
        Assert.False(unknown.RootElement.TryGetProperty("estimatedAccuracy", out _));
    }

    private FeatureWindows Learned(DriftSettings? settings = null, string row = "0.5")
    {
        var windows = new ModelState(Model, settings ?? Settings).Outputs;
        for (var i = 0; i < 8; i++)
            windows.Add(Of(Tensor("p", "FP32", $"{Rows},{row.Split(',').Length}", string.Join(',', Enumerable.Repeat(row, Rows)))), mayTeach: true);
        Assert.Null(Close(windows));
        return windows;
    }

    private static void Send(FeatureWindows windows, int messages, double score)
    {
        for (var i = 0; i < messages; i++)
            windows.Add(Message("p", [.. Enumerable.Repeat(score, Rows)]), mayTeach: true);
    }

    private DriftReport? Close(FeatureWindows windows) => windows.TryClose(_now += 2 * Second, Model);

    private static Tensors.TensorMessage Message(string name, double[] rows) =>
        Of(Tensor(name, "FP32", $"{rows.Length}", string.Join(',', rows.Select(row => row.ToString("R", CultureInfo.InvariantCulture)))));

    private static double[] Scores(string csv)
    {
        var lines = File.ReadAllLines(csv);
        var column = Array.IndexOf(lines[0].Split(','), "y_pred_proba");
        return [.. lines.Skip(1).Select(line => double.Parse(line.Split(',')[column], CultureInfo.InvariantCulture))];
    }
}
