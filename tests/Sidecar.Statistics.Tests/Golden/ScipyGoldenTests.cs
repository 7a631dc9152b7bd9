using System.Text.Json;

namespace Sidecar.Statistics.Tests.Golden;

/// <summary>Exact figures of every column of every pair against scipy 1.17's.</summary>
public class ScipyGoldenTests
{
    public static TheoryData<string> Pairs => [.. Pair.Names];

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Exact_figures_are_scipys(string name)
    {
        var figures = Pair.Figures("scipy.json").GetProperty("pairs").GetProperty(name);
        var pair = Pair.Load(name);
        var compared = 0;
        foreach (var column in figures.GetProperty("numeric").EnumerateArray().Select(column => column.GetString()!))
        {
            var of = figures.GetProperty("columns").GetProperty(column);
            Numeric(of, pair.Reference.Numbers(column), pair.Current.Numbers(column));
            compared++;
        }

        foreach (var column in figures.GetProperty("categorical").EnumerateArray().Select(column => column.GetString()!))
        {
            var (before, now) = pair.Counts(column);
            Counts(figures.GetProperty("columns").GetProperty(column), before, now);
            compared++;
        }

        Assert.NotEqual(0, compared);
    }

    private static void Numeric(JsonElement figures, double[] reference, double[] current)
    {
        Assert.Equal(figures.GetProperty("n_ref").GetInt32(), reference.Length);
        Assert.Equal(figures.GetProperty("n_cur").GetInt32(), current.Length);
        double[] a = [.. reference.Order()], b = [.. current.Order()];
        var ks = figures.GetProperty("ks_2samp_asymp");
        var distance = SampleDistances.KolmogorovSmirnov(a, b);
        Close(ks.GetProperty("statistic"), distance, 1e-10);
        Close(ks.GetProperty("pvalue"), KolmogorovSmirnov.PValue(distance, a.Length, b.Length), 1e-6);
        Close(figures.GetProperty("wasserstein_distance"), SampleDistances.Wasserstein(a, b), 1e-10);
        if (figures.TryGetProperty("ks_2samp_exact", out var exact) && exact.TryGetProperty("pvalue", out var p)
            && a.Length * (long)b.Length <= 4_000_000) // n·m steps each
            Close(p, KolmogorovSmirnov.ExactPValue(distance, a.Length, b.Length), 1e-9);
        if (figures.TryGetProperty("binned10", out var binned))
        {
            Counts(binned, Longs(binned.GetProperty("ref_counts")), Longs(binned.GetProperty("cur_counts")));
        }
    }

    private static void Counts(JsonElement figures, long[] reference, long[] current)
    {
        if (figures.TryGetProperty("ref_counts", out var counts))
        {
            Assert.Equal(Longs(counts), reference);
            Assert.Equal(Longs(figures.GetProperty("cur_counts")), current);
        }

        var jensenShannon = CountDistances.JensenShannon(current, reference);
        Close(figures.GetProperty("jensenshannon_base2"), jensenShannon, 1e-10);
        Close(figures.GetProperty("jensenshannon_base_e"), jensenShannon * Math.Sqrt(Math.Log(2)), 1e-10);
        Close(figures.GetProperty("hellinger"), CountDistances.Hellinger(current, reference), 1e-10);
        Close(figures.GetProperty("total_variation"), CountDistances.TotalVariation(current, reference), 1e-10);
        Close(figures.GetProperty("l_infinity"), CountDistances.LInfinity(current, reference), 1e-10);
        Close(figures.GetProperty("entropy_kl_cur_ref"), CountDistances.KullbackLeibler(current, reference), 1e-10);
        Close(figures.GetProperty("entropy_kl_ref_cur"), CountDistances.KullbackLeibler(reference, current), 1e-10);
        var both = CountDistances.KullbackLeibler(current, reference) + CountDistances.KullbackLeibler(reference, current);
        if (double.IsFinite(both))
            Assert.Equal(both, CountDistances.PopulationStability(current, reference, pseudo: 0), 1e-10 * both + 1e-14);
        Test(figures.GetProperty("chi2_contingency"), ChiSquareTest.TwoSample(current, reference));
        Test(figures.GetProperty("chi2_contingency_nocorrection"), ChiSquareTest.TwoSample(current, reference, yates: false));
        if (figures.TryGetProperty("chisquare_ref_as_expected", out var one))
            Test(one, ChiSquareTest.AgainstExact(current, reference));
    }

    private static void Test(JsonElement figures, TestResult result)
    {
        if (!figures.TryGetProperty("statistic", out var statistic))
            return; // scipy refuses
        if (!result.Applies)
        {
            Assert.Equal(0, figures.TryGetProperty("dof", out var none) ? none.GetInt32() : 0); // one category: scipy says p = 1
            return;
        }

        Close(statistic, result.Statistic, 1e-10);
        if (figures.TryGetProperty("dof", out var freedom))
            Assert.Equal(freedom.GetInt32(), result.Freedom);
        Close(figures.GetProperty("pvalue"), result.PValue, 1e-9);
    }

    internal static void Close(JsonElement expected, double actual, double relative)
    {
        var wanted = expected.ValueKind == JsonValueKind.Number ? expected.GetDouble() : expected.GetString() switch
        {
            "Infinity" => double.PositiveInfinity,
            "-Infinity" => double.NegativeInfinity,
            _ => double.NaN,
        };
        if (!double.IsFinite(wanted))
            Assert.Equal(wanted, actual);
        else // below 1e-300 a double keeps fewer digits; below 1e-12 a distance is rounding
            Assert.True(Math.Abs(actual - wanted) <= relative * Math.Abs(wanted) + (relative < 1e-9 ? 1e-14 : 1e-300), $"{wanted} expected, {actual} found");
    }

    private static long[] Longs(JsonElement counts) => [.. counts.EnumerateArray().Select(count => count.GetInt64())];
}
