using System.Text;
using System.Text.Json;
using Sidecar.Testing;

namespace Sidecar.Statistics.Tests.Golden;

/// <summary>Real tables against the figures that scipy printed for them.</summary>
public class BinnedGoldenTests
{
    public static TheoryData<string> Pairs => [.. Pair.Names];

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Binned_distances_of_real_columns_agree_with_scipy(string name)
    {
        var figures = Pair.Figures("scipy.json").GetProperty("pairs").GetProperty(name);
        var pair = Pair.Load(name);
        List<double> errors = [], depths = [], widths = [];
        foreach (var column in figures.GetProperty("numeric").EnumerateArray().Select(column => column.GetString()!))
        {
            float[] sample = [.. pair.Reference.Numbers(column).Select(value => (float)value)];
            float[] stream = [.. pair.Current.Numbers(column).Select(value => (float)value)];
            var reference = NumericReference.Learn(sample)!;
            var live = Samples.Window(reference, stream);
            var of = figures.GetProperty("columns").GetProperty(column);
            Assert.Equal(of.GetProperty("n_ref").GetInt64(), reference.Rows);
            Assert.Equal(of.GetProperty("n_cur").GetInt64(), live.Rows);
            Assert.Equal(of.GetProperty("ref_std_ddof0").GetDouble(), reference.Sigma, 1e-5 * Math.Max(1, reference.Sigma));

            // The certificate is of the values as float32, which may tie where doubles don't: scipy's D of the doubles is allowed that much.
            var d = of.GetProperty("ks_2samp_asymp").GetProperty("statistic").GetDouble();
            var distance = Distances.KolmogorovSmirnov(live);
            Assert.InRange(Samples.Exact(sample, stream).Ks, distance.Lower - 1e-12, distance.Upper + 1e-12);
            Assert.InRange(d, distance.Lower - 1e-4, distance.Upper + 1e-4);
            depths.Add(d - distance.Value);
            widths.Add(distance.Width);
            Assert.True(distance.Width <= 0.025, $"{column}: width {distance.Width}");
            Assert.True(d - distance.Value <= 0.012, $"{column}: D {d} against {distance.Value}");

            if (reference.Sigma == 0)
                continue;
            var w = of.GetProperty("wasserstein_distance").GetDouble() / reference.Sigma;
            errors.Add(Math.Abs(w - Distances.Wasserstein(live)));
            Assert.True(errors[^1] <= 0.015, $"{column}: W1/σ {w} against {Distances.Wasserstein(live)}");
        }

        if (errors.Count >= 20)
            Assert.True(errors.Order().ElementAt(errors.Count * 95 / 100) <= 0.005);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{name}: {errors.Count} columns; W1/σ error 95 % {errors.Order().ElementAt(errors.Count * 95 / 100):F4}, largest {errors.Max():F4};"
            + $" D error largest {depths.Max():F4}, certificate widest {widths.Max():F4}");
    }

    [Theory]
    [InlineData("adult_halves")]
    [InlineData("adult_small")]
    [InlineData("adult_sex")]
    [InlineData("adult_age")]
    [InlineData("car_loan")]
    [InlineData("california")]
    public void Categorical_distances_of_real_columns_equal_scipys(string table)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Fixtures.Require("reference", "scipy.json")));
        var pair = json.RootElement.GetProperty("pairs").GetProperty(table);
        foreach (var name in pair.GetProperty("categorical").EnumerateArray().Select(column => column.GetString()!))
            AssertCategorical(pair.GetProperty("columns").GetProperty(name));
    }

    [Fact]
    public void Workclass_of_adult_gives_the_published_figures()
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Fixtures.Require("reference", "golden", "scipy.json")));
        var found = 0;
        foreach (var pair in json.RootElement.GetProperty("pairs").EnumerateObject())
        {
            if (!pair.Value.GetProperty("columns").TryGetProperty("workclass", out var column))
                continue;
            var live = AssertCategorical(column);
            if (live.Reference.Rows != 16000)
                continue;
            Assert.Equal(0.0100625, Distances.LInfinity(live), 1e-12);
            Assert.Equal(0.01377500, Distances.TotalVariation(live), 1e-12);
            Assert.Equal(0.0218593444, Distances.JensenShannon(live), 1e-10);
            found++;
        }

        Assert.Equal(1, found);
    }

    private static CategoricalCounts AssertCategorical(JsonElement column)
    {
        var categories = column.GetProperty("categories").EnumerateArray().Select(c => Encoding.UTF8.GetBytes(c.GetString()!)).ToArray();
        long[] before = Counts(column, "ref_counts"), now = Counts(column, "cur_counts");
        var learner = new CategoricalLearner();
        for (var i = 0; i < categories.Length; i++)
        {
            for (var k = 0; k < before[i]; k++)
                learner.Add(categories[i]);
        }

        var live = new CategoricalCounts(CategoricalReference.Learn(learner)!);
        for (var i = 0; i < categories.Length; i++)
        {
            for (var k = 0; k < now[i]; k++)
                live.Add(categories[i]);
        }

        Assert.Equal(column.GetProperty("jensenshannon_base2").GetDouble(), Distances.JensenShannon(live), 1e-10);
        Assert.Equal(column.GetProperty("total_variation").GetDouble(), Distances.TotalVariation(live), 1e-12);
        Assert.Equal(column.GetProperty("hellinger").GetDouble(), Distances.Hellinger(live), 1e-10);
        if (categories.Index().Count(c => before[c.Index] == 0) <= 1) // several new values share one cell
            Assert.Equal(column.GetProperty("l_infinity").GetDouble(), Distances.LInfinity(live), 1e-12);
        return live;
    }

    private static long[] Counts(JsonElement column, string name) =>
        [.. column.GetProperty(name).EnumerateArray().Select(count => count.GetInt64())];
}
