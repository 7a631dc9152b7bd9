using Sidecar.Testing;

namespace Sidecar.Tests.Operations;

public class PromQlSeriesTests
{
    [Theory]
    [InlineData("up", "up")]
    [InlineData("a_total + on (b) group_left (c) d:e:f", "a_total d:e:f")]
    [InlineData("sum by (x, le) (rate(a_bucket{b=~\"c|d\", e!=\"f)\"}[5m])) # g", "a_bucket")]
    [InlineData("sum(rate(a[5m])) by (x) > bool 0.5 unless b offset 1h", "a b")]
    [InlineData("histogram_quantile(0.99, a) and 1e3 * Inf > 5m", "a")]
    [InlineData("max_over_time(a[1h:5m]) or vector(1)", "a")]
    [InlineData("""label_replace(a, "b", "$1", 'c(', `d{e`) or {f="g"}""", "a ")]
    public void Read_ofAQuery_finds_the_series_and_nothing_else(string query, string series) =>
        Assert.Equal(series.Split(' '), PromQlSeries.Read(query).Selectors.Select(selector => selector.Name));

    [Fact]
    public void Read_ofASelector_tells_its_labels_range_and_function()
    {
        var series = PromQlSeries.Read("""topk by (m) (1, (rate(a_total{l="x", k!~"y,z"}[$__rate_interval])) / on (n) b)""");
        var first = series.Selectors[0];
        Assert.Equal(["l", "k"], first.Matched);
        Assert.Equal("$__rate_interval", first.Range);
        Assert.Equal("rate", first.Function);
        Assert.Equal("topk", series.Selectors[1].Function);
        Assert.Null(series.Selectors[1].Range);
        Assert.Equal(["by", "on"], series.Keywords);
        Assert.Equal(["m", "n"], series.Grouped);
    }
}
