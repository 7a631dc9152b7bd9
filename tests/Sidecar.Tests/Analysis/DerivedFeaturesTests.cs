using System.Globalization;
using Sidecar.Analysis;
using Sidecar.Model;
using Sidecar.Statistics.Detection;
using Sidecar.Statistics.Drift;
using static Sidecar.Tests.Analysis.Messages;

namespace Sidecar.Tests.Analysis;

/// <summary>What is derived of a tensor's rows: the output distribution of classifiers, and images and embeddings as a whole.</summary>
public sealed class DerivedFeaturesTests
{
    private const long Second = 1_000_000_000;
    private const int Rows = 32;
    private const int Pixels = 300;
    private static readonly ModelIdentity Model = new("m", "1", IdentitySource.Path);
    private static readonly DriftSettings Settings = new(64, 0.1, 1, 200, TimeSpan.FromSeconds(1));
    private readonly Random _random = new(17);
    private long _window;

    [Fact]
    public void Probabilities_are_watched_as_class_score_margin_and_entropy_beside_their_columns()
    {
        var windows = Learned(Side.Output, () => Classes(Probabilities));
        var report = Window(windows, () => Classes(Probabilities));
        Assert.Equal(["p[0]", "p[1]", "p[2]", "p.class", "p.score", "p.margin", "p.entropy"], report.Features.Select(feature => feature.Feature));
        Assert.Equal(DriftResult.Good, report.Result);
        Assert.Equal(3, Find(report, "p.class").Histogram.Reference.Count(count => count > 0)); // codes: a cell each
        Assert.Empty(Find(report, "p.class").Histogram.Edges);
        Assert.All(Find(report, "p.score").Histogram.Edges, edge => Assert.InRange(edge, 1 / 3f, 1));
        Assert.All(Find(report, "p.entropy").Histogram.Edges, edge => Assert.InRange(edge, 0, 1));
    }

    [Fact]
    public void A_class_that_takes_over_is_drift_of_the_class()
    {
        var windows = Learned(Side.Output, () => Classes(Probabilities));
        var report = Window(windows, () => Classes(() => [0.7, 0.2, 0.1]));
        Assert.Equal(DriftResult.Ticket, Find(report, "p.class").Result);
        Assert.InRange(Find(report, "p.class").Distance, 0.5, 0.8); // two thirds of the rows have another class
    }

    [Fact]
    public void A_model_that_loses_its_certainty_drifts_in_score_margin_and_entropy_and_not_in_class()
    {
        var windows = Learned(Side.Output, () => Classes(Probabilities));
        var report = Window(windows, () => Classes(() => [.. Probabilities().Select(p => (p + 1) / 4)]));
        Assert.Equal(DriftResult.Good, Find(report, "p.class").Result);
        Assert.All((string[])["p.score", "p.margin", "p.entropy"], name => Assert.Equal(DriftResult.Ticket, Find(report, name).Result));
    }

    [Fact]
    public void Logits_have_the_score_and_entropy_of_their_softmax_and_their_own_margin()
    {
        double[] Logits() => [Normal() * 8, Normal() * 8, Normal() * 8];
        var report = Window(Learned(Side.Output, () => Classes(Logits)), () => Classes(Logits));
        Assert.All(Find(report, "p.score").Histogram.Edges, edge => Assert.InRange(edge, 1 / 3f, 1));
        Assert.All(Find(report, "p.entropy").Histogram.Edges, edge => Assert.InRange(edge, 0, 1));
        Assert.True(Find(report, "p.margin").Histogram.Edges[^1] > 5);
        Assert.Equal(DriftResult.Good, report.Result);
    }

    [Fact]
    public void Scores_that_are_no_longer_probabilities_are_still_read_as_such_and_drift()
    {
        var windows = Learned(Side.Output, () => Classes(Probabilities));
        var report = Window(windows, () => Classes(() => [.. Probabilities().Select(p => p * 10)]));
        Assert.True(Find(report, "p.score").Distance > 0.9);
        Assert.Equal(DriftResult.Good, Find(report, "p.class").Result);
    }

    [Fact]
    public void Rows_with_NaN_have_no_class_and_are_told_as_such()
    {
        var windows = Learned(Side.Output, () => Classes(Probabilities));
        var report = Window(windows, () => Of(Tensor("p", "FP32", "1,3", "null,0.5,0.5"))); // null is NaN in a float tensor
        Assert.Equal("missing", Find(report, "p.class").Cause);
        Assert.Equal("non_finite", Find(report, "p.score").Cause);
        Assert.Equal("non_finite", Find(report, "p.entropy").Cause);
        Assert.Equal("non_finite", Find(report, "p[0]").Cause);
    }

    [Fact]
    public void NaN_while_learning_does_not_throw_and_leaves_the_rest_watched()
    {
        var i = 0;
        var windows = Learned(Side.Output, () => ++i % 2 == 0 ? Classes(Probabilities) : Of(Tensor("p", "FP32", "1,3", "null,null,null")));
        var report = Window(windows, () => Classes(Probabilities), 100);
        Assert.Equal(7, report.Features.Count);
        Assert.InRange(Find(report, "p.entropy").Distance, 0, 0.05); // of the rows with a number, as many as ever look like this
    }

    [Theory]
    [InlineData(Side.Input, "FP32", "32,3", 3)]
    [InlineData(Side.Output, "INT64", "32,3", 3)]
    [InlineData(Side.Output, "FP32", "32,1", 1)]
    public void Inputs_codes_and_single_scores_have_columns_only(Side side, string type, string shape, int features)
    {
        var message = () => Of(Tensor("p", type, shape, string.Join(',', Enumerable.Range(0, Rows * features).Select(_ => _random.Next(1000)))));
        Assert.Equal(features, Window(Learned(side, message), message).Features.Count);
    }

    [Fact]
    public void A_given_reference_binds_what_is_derived_by_its_name_and_nothing_else()
    {
        var windows = new FeatureWindows(Side.Output, Settings, [Reference("p.entropy", () => Entropy(Probabilities()))]);
        Assert.Null(windows.TryClose(0, Model));
        Assert.Equal(DriftResult.Good, Window(windows, () => Classes(Probabilities)).Result);
        var report = Window(windows, () => Classes(() => [1 / 3.0, 1 / 3.0, 1 / 3.0]));
        Assert.Equal(["p.entropy"], report.Features.Select(feature => feature.Feature));
        Assert.Equal(DriftResult.Page, report.Result);
    }

    [Fact]
    public void All_that_a_reference_names_is_found_whichever_tensor_comes_first()
    {
        var windows = new FeatureWindows(Side.Output, Settings, [Reference("p[0]", () => Probabilities()[0]), Reference("q", Normal)]);
        Assert.Equal(Extraction.Complete, windows.Add(Classes(Probabilities), mayTeach: true));
        windows.Add(Of(Tensor("q", "FP32", "1", "0.5"), Tensor("p", "FP32", "1,3", "0.2,0.3,0.5"), Tensor("p.class", "FP32", "1", "0.5")), mayTeach: true);
        Assert.Null(windows.TryClose(0, Model));
        var report = Window(windows, () => Of(Tensor("p", "FP32", "32,3", Joined(Rows, Probabilities)), Tensor("q", "FP32", "32", Joined(Rows, () => [Normal()]))));
        Assert.Equal((DriftResult.Good, 2), (report.Result, report.Features.Count));
    }

    [Fact]
    public void A_tensor_with_the_name_of_what_another_has_is_left_out()
    {
        var message = () => Of(Tensor("p", "FP32", "32,3", Joined(Rows, Probabilities)), Tensor("p.class", "FP32", "32", Joined(Rows, () => [Normal()])));
        var report = Window(Learned(Side.Output, message), message);
        Assert.Equal(7, report.Features.Select(feature => feature.Feature).Distinct().Count());
        Assert.Equal(7, report.Features.Count);
    }

    [Theory]
    [InlineData("FP32")]
    [InlineData("FP64")]
    [InlineData("UINT8")]
    [InlineData("INT32")]
    public void An_image_is_watched_by_its_figures_and_projections(string type)
    {
        var windows = Learned(Side.Input, () => Image(type, 1));
        var report = Window(windows, () => Image(type, 1));
        Assert.Equal(DriftResult.Good, report.Result);
        Assert.Equal(
            (string[])["x.norm", "x.mean", "x.deviation", "x.zeros", .. Enumerable.Range(0, 16).Select(i => $"x.projection[{i}]")],
            report.Features.Select(feature => feature.Feature));
        report = Window(windows, () => Image(type, 0.7));
        Assert.All((string[])["x.norm", "x.mean", "x.deviation"], name => Assert.Equal(DriftResult.Ticket, Find(report, name).Result));
    }

    [Fact]
    public void Projections_are_the_same_in_every_pod()
    {
        Tensors.TensorMessage[] images = [.. Enumerable.Range(0, 64).Select(_ => Image("FP32", 1))];
        IReadOnlyList<float> Edges()
        {
            var next = 0;
            var windows = Learned(Side.Input, () => images[next++ % images.Length]);
            return Find(Window(windows, () => images[next++ % images.Length]), "x.projection[5]").Histogram.Edges;
        }

        Assert.Equal(Edges(), Edges());
    }

    [Fact]
    public void An_image_without_a_number_does_not_throw()
    {
        var windows = Learned(Side.Input, () => Image("FP32", 1));
        var report = Window(windows, () => Of(Tensor("x", "FP32", $"1,{Pixels}", string.Join(',', Enumerable.Repeat("null", Pixels)))));
        Assert.All(report.Features, feature => Assert.Equal((DriftResult.Ticket, "non_finite"), (feature.Result, feature.Cause)));
    }

    [Fact]
    public void Sequences_of_changing_length_are_complete_by_their_figures()
    {
        var length = Pixels;
        var message = () => Of(Tensor("x", "FP32", $"1,{++length}", Joined(1, () => [.. Enumerable.Range(0, length).Select(_ => Normal())])));
        var windows = Learned(Side.Input, message);
        Assert.Equal(Extraction.Complete, windows.Add(message(), mayTeach: true));
        length = Pixels;
        Assert.Equal(["x.norm", "x.mean", "x.deviation", "x.zeros"], Window(windows, message).Features.Select(feature => feature.Feature));
    }

    [Fact]
    public void A_row_of_more_than_a_megapixel_is_left_out()
    {
        var message = Of(Tensor("x", "UINT8", $"1,{(1 << 20) + 1}", string.Join(',', Enumerable.Repeat('1', (1 << 20) + 1))));
        Assert.Equal(Extraction.Failed, new FeatureWindows(Side.Input, Settings).Add(message, mayTeach: true));
    }

    private FeatureWindows Learned(Side side, Func<Tensors.TensorMessage> next)
    {
        var windows = new FeatureWindows(side, Settings);
        for (var i = 0; i < 400; i++)
            windows.Add(next(), mayTeach: true);
        Assert.Null(windows.TryClose(0, Model));
        return windows;
    }

    private DriftReport Window(FeatureWindows windows, Func<Tensors.TensorMessage> next, int messages = 300)
    {
        for (var i = 0; i < messages; i++)
            windows.Add(next(), mayTeach: true);
        return windows.TryClose(++_window * Second, Model)!;
    }

    private static FeatureDrift Find(DriftReport report, string feature) => report.Features.Single(one => one.Feature == feature);

    private static Tensors.TensorMessage Classes(Func<double[]> row) => Of(Tensor("p", "FP32", $"{Rows},3", Joined(Rows, row)));

    private Tensors.TensorMessage Image(string type, double factor)
    {
        const int images = 4;
        var pixels = new List<int>(images * Pixels);
        for (var image = 0; image < images; image++)
        {
            // Pictures differ in brightness, as pictures do.
            var brightness = 100 + (20 * Normal());
            pixels.AddRange(Enumerable.Range(0, Pixels).Select(_ => (int)Math.Clamp(factor * (brightness + (30 * Normal())), 0, 255)));
        }

        return Of(Tensor("x", type, $"{images},{Pixels}", string.Join(',', pixels)));
    }

    private static FeatureReference Reference(string name, Func<double> next)
    {
        var learner = new FeatureLearner(name, FeatureSide.Output);
        for (var i = 0; i < 20_000; i++)
            learner.Add((float)next());
        var feature = learner.Learn(out _)!;
        return feature.With(PhiTable.Independent(feature.Model) with { Windows = 600, Calibrated = true });
    }

    private static string Joined(int rows, Func<double[]> row) =>
        string.Join(',', Enumerable.Range(0, rows).SelectMany(_ => row()).Select(value => value.ToString("0.######", CultureInfo.InvariantCulture)));

    private double[] Probabilities()
    {
        double[] parts = [.. Enumerable.Range(0, 3).Select(_ => Math.Exp(2 * Normal()))];
        return [.. parts.Select(part => part / parts.Sum())];
    }

    private static double Entropy(double[] row) => -row.Sum(p => p > 0 ? p * Math.Log(p) : 0) / Math.Log(row.Length);

    private double Normal() => Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());
}
