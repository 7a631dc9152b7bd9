using System.Text.Json;
using Sidecar.Testing;

namespace Sidecar.Statistics.Tests;

public class KolmogorovSmirnovTests
{
    [Theory]
    [InlineData("reference", "scipy.json")]
    [InlineData("reference", "golden", "scipy.json")]
    public void P_values_agree_with_scipys(params string[] path)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Fixtures.Require(path)));
        double worstSmall = 0, worst = 0;
        var compared = 0;
        foreach (var column in json.RootElement.GetProperty("pairs").EnumerateObject()
            .SelectMany(pair => pair.Value.GetProperty("columns").EnumerateObject()).Select(column => column.Value))
        {
            if (!column.TryGetProperty("ks_2samp_asymp", out var ks) || ks.TryGetProperty("error", out _))
                continue;
            var expected = ks.GetProperty("pvalue").GetDouble();
            var actual = KolmogorovSmirnov.PValue(
                ks.GetProperty("statistic").GetDouble(), column.GetProperty("n_ref").GetInt64(), column.GetProperty("n_cur").GetInt64());
            var error = Math.Abs(actual - expected) / Math.Max(expected, 1e-300);
            if (expected < 0.05)
                worstSmall = Math.Max(worstSmall, error);
            worst = Math.Max(worst, error);
            compared++;
            Assert.True(error <= 1e-6, $"{ks}: {actual}, error {error}");
        }

        Assert.NotEqual(0, compared);
        TestContext.Current.TestOutputHelper?.WriteLine($"{compared} columns: {worstSmall:E1} below .05, {worst:E1} over all");
    }

    [Fact]
    public void PValue_PublishedCase_Matches() => Assert.Equal(1, KolmogorovSmirnov.PValue(0.0676, 20_000, 5_000) / 2.450074e-16, 1e-6);

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    public void PValue_Extremes_AreCertain(double distance, double expected) =>
        Assert.Equal(expected, KolmogorovSmirnov.PValue(distance, 100, 100));

    [Fact]
    public void PValue_AcrossItsMethods_FallsWithoutAJump()
    {
        foreach (var rows in (long[])[60, 790, 810, 20_000])
        {
            var last = 1.0;
            for (var z = 0.3; z < 2.5; z += 0.01)
            {
                var p = KolmogorovSmirnov.PValue(z / Math.Sqrt(rows / 2.0), rows, rows);
                Assert.True(p <= last + 1e-12 && p > last * 0.85, $"{rows} rows, z {z}: {last} then {p}");
                last = p;
            }
        }
    }
}
