using Sidecar.Demo.Detection;

namespace Sidecar.Tests.Demo;

public sealed class PrometheusTextTests
{
    [Fact]
    public void Parse_NameWithoutLabels_IsRead()
    {
        var sample = Assert.Single(PrometheusText.Parse("up 1\n").Samples);
        Assert.Equal(("up", "up", 1.0), (sample.Series, sample.Name, sample.Value));
        Assert.Empty(sample.Labels);
    }

    [Fact]
    public void Parse_Labels_AreUnescaped()
    {
        var sample = Assert.Single(PrometheusText.Parse("""x{a="1",b="q\"u,o}te\\ \n=",} 2.5e3 1700000000000""").Samples);
        Assert.Equal("1", sample.Label("a"));
        Assert.Equal("q\"u,o}te\\ \n=", sample.Label("b"));
        Assert.Equal("", sample.Label("absent"));
        Assert.Equal(2500, sample.Value);
    }

    [Fact]
    public void Parse_ExemplarAndComments_ArePassedOver()
    {
        var (samples, skipped) = PrometheusText.Parse("""
            # HELP h a { histogram
            # TYPE h histogram
            h_bucket{le="0.5"} 3 # {trace_id="abc"} 0.3 1700000000
            h_bucket{le="+Inf"} 4

            # EOF
            """);
        Assert.Equal([("0.5", 3), ("+Inf", 4)], samples.Select(sample => (sample.Label("le"), sample.Value)));
        Assert.Equal(0, skipped);
    }

    [Theory]
    [InlineData("NaN", double.NaN)]
    [InlineData("+Inf", double.PositiveInfinity)]
    [InlineData("-Inf", double.NegativeInfinity)]
    public void Parse_NonFiniteValue_IsRead(string text, double value) =>
        Assert.Equal(value, Assert.Single(PrometheusText.Parse($"x {text}\r\n").Samples).Value);

    [Theory]
    [InlineData("novalue")]
    [InlineData("x{a=\"1\" 1")]
    [InlineData("x{a=1} 1")]
    [InlineData("x{a=\"1} 1")]
    [InlineData("x{a} 1")]
    [InlineData("x{")]
    [InlineData("x{a=")]
    [InlineData("{a=\"1\"} 1")]
    [InlineData("x{a=\"1\"}")]
    [InlineData("x one")]
    public void Parse_SenselessLine_IsSkippedAndCounted(string line)
    {
        var (samples, skipped) = PrometheusText.Parse($"a 1\n{line}\nb 2");
        Assert.Equal(["a", "b"], samples.Select(sample => sample.Name));
        Assert.Equal(1, skipped);
    }
}
