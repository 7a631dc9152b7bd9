using System.Text.Json;
using Sidecar.Statistics.Peers;

namespace Sidecar.Statistics.Tests.Golden;

/// <summary>The peers' conventions against what the peers printed.</summary>
public class PeerGoldenTests
{
    // Evidently iterates over Python sets, so its last digits differ from run to run.
    private const double Digits = 1e-9;

    public static TheoryData<string> Pairs => [.. Pair.Names];

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Evidently_scores_and_verdicts_are_reproduced(string name)
    {
        var figures = Pair.Figures("evidently.json").GetProperty("pairs").GetProperty(name);
        var pair = Pair.Load(name);
        foreach (var column in figures.GetProperty("columns").EnumerateObject())
        {
            if (column.Value.GetProperty("type").GetString() == "num")
            {
                double[] before = pair.Reference.Numbers(column.Name), now = pair.Current.Numbers(column.Name);
                Score(column.Value, "psi", EvidentlyRules.PopulationStability(before, now));
                Score(column.Value, "kl_div", EvidentlyRules.KullbackLeibler(before, now));
                Score(column.Value, "jensenshannon", EvidentlyRules.JensenShannon(before, now));
                Score(column.Value, "wasserstein", EvidentlyRules.Wasserstein(before, now));
                if (before.Length * (long)now.Length <= 4_000_000 || before.Length > 10_000)
                {
                    Score(column.Value, "ks", EvidentlyRules.KolmogorovSmirnovPValue(before, now), 1e-6);
                    Default(column.Value, EvidentlyRules.Numeric(before, now));
                }
            }
            else
            {
                var (before, now) = pair.Counts(column.Name);
                Score(column.Value, "psi", EvidentlyRules.PopulationStability(before, now));
                Score(column.Value, "kl_div", EvidentlyRules.KullbackLeibler(before, now));
                Score(column.Value, "jensenshannon", CountDistances.JensenShannon(now, before) * Math.Sqrt(Math.Log(2)));
                Score(column.Value, "chisquare", ChiSquareTest.AgainstExact(now, before).PValue);
                Default(column.Value, EvidentlyRules.Categorical(before, now));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Alibi_detects_single_precision_figures_are_ours(string name)
    {
        var figures = Pair.Figures("alibi_detect.json").GetProperty("pairs").GetProperty(name);
        var pair = Pair.Load(name);
        if (figures.TryGetProperty("KSDrift_bonferroni", out var ks) && ks.TryGetProperty("p_val", out var values))
        {
            foreach (var column in values.EnumerateObject())
            {
                double[] before = [.. pair.Reference.Numbers(column.Name).Order()], now = [.. pair.Current.Numbers(column.Name).Order()];
                var distance = SampleDistances.KolmogorovSmirnov(before, now);
                Single(ks.GetProperty("distance").GetProperty(column.Name), distance);
                Single(column.Value, KolmogorovSmirnov.PValue(distance, before.Length, now.Length));
            }
        }

        if (!figures.TryGetProperty("ChiSquareDrift", out var chi) || !chi.TryGetProperty("p_val", out var tests))
            return;
        foreach (var column in tests.EnumerateObject())
        {
            var (before, now) = pair.Counts(column.Name);
            long lostBefore = pair.Reference.Text(column.Name).LongCount(text => text is null), lostNow = pair.Current.Text(column.Name).LongCount(text => text is null);
            var result = ChiSquareTest.TwoSample([.. now, lostNow], [.. before, lostBefore]); // missing is a category to it
            Single(chi.GetProperty("distance").GetProperty(column.Name), result.Statistic);
            Single(column.Value, result.PValue);
        }
    }

    [Theory]
    [InlineData("california", "chunk_number=10")]
    [InlineData("california", "chunk_size=1000")]
    [InlineData("car_loan", "chunk_number=10")]
    [InlineData("adult_halves", "chunk_number=10")]
    [InlineData("bike_years", "chunk_number=10")]
    public void NannyMl_figures_and_limits_are_reproduced_chunk_for_chunk(string name, string chunking)
    {
        if (!Pair.Figures("nannyml.json").GetProperty("pairs").GetProperty(name).TryGetProperty(chunking, out var block))
            return;
        var univariate = block.GetProperty("univariate");
        var chunks = univariate.GetProperty("chunks");
        var pair = Pair.Load(name);
        var compared = 0;
        foreach (var column in univariate.GetProperty("values").EnumerateObject())
        {
            if (!column.Value.TryGetProperty("kolmogorov_smirnov", out _) || pair.Reference.Text(column.Name).Contains(null))
                continue;
            var rules = NannyMlRules.Learn(pair.Reference.Numbers(column.Name))!;
            for (var i = 0; i < chunks.GetProperty("period").GetArrayLength(); i++)
            {
                var table = chunks.GetProperty("period")[i].GetString() == "reference" ? pair.Reference : pair.Current;
                var rows = table.Numbers(column.Name)[chunks.GetProperty("start_index")[i].GetInt32()..(chunks.GetProperty("end_index")[i].GetInt32() + 1)];
                Close(column.Value, "jensen_shannon", i, rules.JensenShannon(rows), Digits);
                Close(column.Value, "hellinger", i, rules.Hellinger(rows), Digits);
                // Above 10,000 reference rows it bins by itself: 10,000 widths move D and W1 by less than a thousandth of the range.
                var binned = pair.Reference.Rows >= 10_000;
                Close(column.Value, "kolmogorov_smirnov", i, rules.KolmogorovSmirnovDistance(rows), binned ? 0.02 : Digits);
                Close(column.Value, "wasserstein", i, rules.Wasserstein(rows), binned ? 0.02 : Digits);
                compared++;
            }

            if (chunking == "chunk_number=10" && column.Value.GetProperty("jensen_shannon").TryGetProperty("upper_threshold", out var limit))
                Assert.Equal(limit[0].GetDouble(), rules.JensenShannonThreshold, 1e-9);
        }

        Assert.NotEqual(0, compared);
    }

    [Theory]
    [InlineData("adult_halves")]
    [InlineData("adult_small")]
    [InlineData("adult_age")]
    public void Tfdvs_measures_of_categories_are_ours(string name)
    {
        var pair = Pair.Load(name);
        foreach (var column in Pair.Figures("tfdv.json").GetProperty("pairs").GetProperty(name).GetProperty("drift").EnumerateObject())
        {
            if (!column.Value.TryGetProperty("L_INFTY", out var largest))
                continue;
            var (before, now) = pair.Counts(column.Name);
            Assert.Equal(largest.GetDouble(), CountDistances.LInfinity(now, before), 1e-9);
            var distance = CountDistances.JensenShannon(now, before);
            Assert.Equal(column.Value.GetProperty("JENSEN_SHANNON_DIVERGENCE").GetDouble(), distance * distance, 1e-9); // the divergence
        }
    }

    private static void Score(JsonElement column, string method, double actual, double relative = Digits)
    {
        if (column.TryGetProperty(method, out var figures) && figures.TryGetProperty("score", out var score))
        {
            // Divergences of near-equal tables are differences of near-equal numbers: digits below 1e-14 are rounding.
            if (method is "psi" or "kl_div" && score.ValueKind == JsonValueKind.Number && score.GetDouble() < 1e-5)
                Assert.Equal(score.GetDouble(), actual, 1e-14);
            else
                ScipyGoldenTests.Close(score, actual, relative);
        }
    }

    private static void Default(JsonElement column, PeerScore actual)
    {
        var figures = column.GetProperty("default");
        Assert.Equal(figures.GetProperty("stattest").GetString(), actual.Method);
        ScipyGoldenTests.Close(figures.GetProperty("score"), actual.Score, 1e-6);
        Assert.Equal(figures.GetProperty("drift").GetBoolean(), actual.Drift);
    }

    private static void Single(JsonElement expected, double actual)
    {
        var wanted = expected.GetDouble();
        // Below the smallest normal single the digits go.
        Assert.True(Math.Abs(actual - wanted) <= 1e-6 * Math.Abs(wanted) + 1e-37, $"{wanted} expected, {actual} found");
    }

    private static void Close(JsonElement column, string method, int chunk, double actual, double relative)
    {
        var values = column.GetProperty(method).GetProperty("value");
        if (values[chunk].ValueKind == JsonValueKind.Number)
        {
            var wanted = values[chunk].GetDouble();
            Assert.True(Math.Abs(actual - wanted) <= relative * Math.Abs(wanted) + (relative > 1e-6 ? 2e-3 * Math.Max(1, Math.Abs(wanted)) : 1e-12), $"{method} {chunk}: {wanted} expected, {actual} found");
        }
    }
}
