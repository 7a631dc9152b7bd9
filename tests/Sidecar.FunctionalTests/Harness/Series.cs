using Sidecar.Demo.Detection;

namespace Sidecar.FunctionalTests.Harness;

/// <summary>A scrape of <c>/metrics</c>, asked for single series.</summary>
internal sealed class Series(IReadOnlyList<MetricSample> samples)
{
    /// <summary>The page, every line of it understood, every instrument read without a failure, and no series twice.</summary>
    public static async Task<Series> ScrapeAsync(RelayUnderTest sidecar)
    {
        var (samples, skipped) = PrometheusText.Parse(await sidecar.MetricsAsync());
        Assert.Equal(0, skipped);
        Assert.DoesNotContain(samples, sample => sample.Name == "sidecar_callback_failures_total");
        Assert.Equal(samples.Count, samples.DistinctBy(sample => sample.Series).Count());
        return new Series(samples);
    }

    /// <summary>The series of a metric that carry all of these labels.</summary>
    public IEnumerable<MetricSample> Of(string name, params (string Name, string Value)[] labels) =>
        samples.Where(sample => sample.Name == name && labels.All(label => sample.Label(label.Name) == label.Value));

    /// <summary>Their sum; 0 where there is none.</summary>
    public double Sum(string name, params (string Name, string Value)[] labels) => Of(name, labels).Sum(sample => sample.Value);

    /// <summary>Scrapes until a sum is reached, and fails with the page's own series when it never is.</summary>
    public static async Task<Series> UntilAsync(RelayUnderTest sidecar, double atLeast, string name, params (string Name, string Value)[] labels)
    {
        using var deadline = new CancellationTokenSource(RelayUnderTest.Patience);
        while (true)
        {
            var series = await ScrapeAsync(sidecar);
            if (series.Sum(name, labels) >= atLeast)
                return series;
            if (deadline.IsCancellationRequested)
                Assert.Fail($"{name} {string.Join(' ', labels)} never came to {atLeast}; there is\n{string.Join('\n', series.Of(name).Select(sample => $"{sample.Series} {sample.Value}"))}");
            await Task.Delay(10, CancellationToken.None);
        }
    }

    /// <summary>Waits until nothing is under way, and asserts that both books balance to the last exchange and event.</summary>
    public static async Task<Series> BalancedAsync(RelayUnderTest sidecar)
    {
        var totals = await sidecar.SettledAsync();
        var series = await ScrapeAsync(sidecar);
        Assert.All(series.Of("sidecar_ledger_imbalance"), gauge => Assert.Equal(0, gauge.Value));
        Assert.Equal(2, series.Of("sidecar_ledger_imbalance").Count());
        // Each exchange of the book in one reason of one stage, and the page says what the book says.
        var settled = new[] { "skipped", "opaque", "decoded", "undecodable", "dropped" }.Sum(stage => series.Sum("sidecar_exchanges_total", ("stage", stage)));
        Assert.Equal(totals.Observed, settled);
        Assert.Equal(totals.Observed, series.Sum("sidecar_exchanges_total", ("stage", "observed")));
        return series;
    }
}
