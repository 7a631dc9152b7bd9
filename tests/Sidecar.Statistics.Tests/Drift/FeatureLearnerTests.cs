using System.Globalization;
using System.Text;
using Sidecar.Statistics.Drift;

namespace Sidecar.Statistics.Tests.Drift;

/// <summary>What kind of feature a column is.</summary>
public class FeatureLearnerTests
{
    private readonly Random _random = new(5);

    [Fact]
    public void Many_numbers_are_a_quantity() => Assert.Equal(FeatureValues.Number, Learn(_ => _random.NextDouble())!.Values);

    [Fact]
    public void Whole_numbers_of_six_kinds_are_one_too() => Assert.Equal(FeatureValues.Number, Learn(i => i % 6)!.Values);

    [Fact]
    public void Numbers_of_five_kinds_are_codes_however_they_are_written()
    {
        var feature = Learn(i => i % 5)!;
        Assert.Equal(FeatureValues.Code, feature.Values);
        var counts = new FeatureCounts(feature);
        counts.Add(3.0);
        counts.Add(7);
        var cells = new long[feature.Model.Cells];
        counts.Take(cells);
        Assert.Equal(1, cells[feature.Categorical!.Unseen]);
        Assert.Equal(2, cells.Sum());
    }

    [Fact]
    public void Fractions_of_few_kinds_are_codes_too() => Assert.Equal("0.25", Label(Learn(_ => 0.25)!));

    [Fact]
    public void What_rises_with_every_row_is_a_counter()
    {
        Assert.Null(Learn(i => i + (_random.NextDouble() / 2), out var why));
        Assert.Contains("counter", why!, StringComparison.Ordinal);
    }

    [Fact]
    public void A_constant_is_watched() => Assert.Equal(1, Learn(_ => 7)!.Categorical!.TopValues);

    [Fact]
    public void Too_few_values_say_so()
    {
        var learner = new FeatureLearner("x", FeatureSide.Input);
        for (var i = 0; i < 63; i++)
            learner.Add(i % 7);
        for (var i = 0; i < 1000; i++)
            learner.AddMissing();
        Assert.Null(learner.Learn(out var why));
        Assert.Equal("it has 63 numbers, and 64 are needed", why);
    }

    [Fact]
    public void Nothing_but_NaN_says_so()
    {
        Assert.Null(Learn(_ => double.NaN, out var why));
        Assert.Equal("it has 0 numbers, and 64 are needed", why);
    }

    [Fact]
    public void Texts_that_repeat_are_categories() => Assert.Equal(FeatureValues.Text, LearnTexts(i => $"c{i % 100}")!.Values);

    [Fact]
    public void Texts_that_hardly_repeat_are_watched_by_their_length_in_characters()
    {
        var feature = LearnTexts(i => $"é{i.ToString("D5", CultureInfo.InvariantCulture)}")!;
        Assert.Equal(FeatureValues.TextLength, feature.Values);
        Assert.Equal((6, 6), (feature.Numeric!.Minimum, feature.Numeric.Maximum));
    }

    [Fact]
    public void Missing_rows_are_counted_once_whatever_the_kind()
    {
        foreach (var feature in new[] { Learn(i => i % 3, missing: 10)!, Learn(_ => _random.NextDouble(), missing: 10)! })
        {
            Assert.Equal(10, feature.Numeric?.Missing ?? feature.Categorical!.Missing);
            Assert.Equal(1010, feature.Rows);
        }
    }

    [Fact]
    public void Truth_values_are_known_again()
    {
        Assert.True(LearnTexts(i => i % 2 == 0 ? "true" : "false")!.IsBoolean);
        Assert.False(LearnTexts(i => i % 2 == 0 ? "true" : "no")!.IsBoolean);
    }

    private static string Label(FeatureReference feature) => feature.Label(0);

    private static FeatureReference? Learn(Func<int, double> value, int missing = 0) => Learn(value, out _, missing);

    private static FeatureReference? Learn(Func<int, double> value, out string? why, int missing = 0)
    {
        var learner = new FeatureLearner("x", FeatureSide.Input);
        for (var i = 0; i < 1000; i++)
            learner.Add(value(i));
        for (var i = 0; i < missing; i++)
            learner.AddMissing();
        return learner.Learn(out why);
    }

    private static FeatureReference? LearnTexts(Func<int, string> value)
    {
        var learner = new FeatureLearner("x", FeatureSide.Input);
        for (var i = 0; i < 1000; i++)
            learner.Add(Encoding.UTF8.GetBytes(value(i)));
        return learner.Learn(out _);
    }
}
