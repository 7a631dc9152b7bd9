using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using Sidecar.Admin;
using Sidecar.Emit.Otlp;
using Sidecar.Telemetry;
using Sidecar.Testing;
using Sidecar.Tests.Telemetry;

namespace Sidecar.Tests.Emit;

public class RealBackendTests
{
    private const string PrometheusConfiguration = """
        global: { scrape_interval: 250ms }
        otlp: { promote_resource_attributes: [k8s.namespace.name, k8s.pod.name] }
        scrape_configs:
          - job_name: pull
            static_configs: [{ targets: ["TARGET"] }]
        """;

    private static readonly Dictionary<string, object> Resource = new()
    {
        ["service.name"] = "push", ["service.instance.id"] = "ns.pod.sidecar", ["k8s.namespace.name"] = "ns", ["k8s.pod.name"] = "pod",
    };

    [Fact]
    public async Task Prometheus_has_the_same_series_whether_it_scrapes_or_receives_otlp()
    {
        // The server must be up before Prometheus is told where it is, and Prometheus before the pipeline knows where to push: so two pipelines.
        using var scraped = FullMeter.Create();
        using var pull = MetricsPipeline.Start(scraped.Meter, Resource, otlp: null);
        FullMeter.Record(scraped);
        await using var server = await AdminServer.StartAsync(new AdminServerOptions
        {
            Listen = new IPEndPoint(IPAddress.Loopback, 0), Metrics = pull.Provider, Alive = () => new(true, "ok"), Ready = () => new(true, "ok"),
        }, NullLoggerFactory.Instance, TestContext.Current.CancellationToken);
        await using var prometheus = await ToolServer.StartAsync("prometheus-start.sh", folder =>
        {
            var file = Path.Combine(folder, "own.yml");
            File.WriteAllText(file, PrometheusConfiguration.Replace("TARGET", server.Endpoint.ToString(), StringComparison.Ordinal));
            return ["0", file];
        });
        using var meter = FullMeter.Create();
        var url = prometheus.Addresses["url"];
        using var push = MetricsPipeline.Start(meter.Meter, Resource, Settings(new Uri(url + "/api/v1/otlp/v1/metrics"), OtlpExportProtocol.HttpProtobuf));
        FullMeter.Record(meter);
        push.Provider.ForceFlush(20_000);
        Assert.Equal((1, 0), (push.Exports.Succeeded, push.Exports.Failed));

        // A scrape may be seen while it is being written.
        var (pushed, pulled) = (await SeriesAsync(url, "push"), await SeriesAsync(url, "pull"));
        for (var since = Stopwatch.StartNew(); !pushed.SequenceEqual(pulled) && since.Elapsed < Waiting.Patience;)
            (pushed, pulled) = (await SeriesAsync(url, "push"), await SeriesAsync(url, "pull"));
        Assert.Equal(Catalogue.All.SelectMany(PrometheusName.Series).Order(), pushed.Select(series => series.Split('{')[0]).Distinct().Order());
        Assert.Equal(pushed, pulled);
    }

    [Theory]
    [InlineData("http", OtlpExportProtocol.HttpProtobuf)]
    [InlineData("grpc", OtlpExportProtocol.Grpc)]
    public async Task Collector_takes_every_instrument(string address, OtlpExportProtocol protocol)
    {
        await using var collector = await ToolServer.StartAsync("otelcol-start.sh");
        using var meter = FullMeter.Create();
        var where = collector.Addresses[address];
        var endpoint = new Uri(where.Contains("://", StringComparison.Ordinal) ? where + "/v1/metrics" : "http://" + where);
        using var pipeline = MetricsPipeline.Start(meter.Meter, Resource, Settings(endpoint, protocol));
        FullMeter.Record(meter);
        pipeline.Provider.ForceFlush(20_000);
        Assert.Equal((1, 0), (pipeline.Exports.Succeeded, pipeline.Exports.Failed));

        var file = Path.Combine(collector.Folder, "otlp.jsonl");
        await Waiting.UntilAsync(() => new FileInfo(file) is { Exists: true, Length: > 0 }, "the collector writes");
        using var request = JsonDocument.Parse((await File.ReadAllLinesAsync(file, TestContext.Current.CancellationToken))[0]);
        var names = request.RootElement.GetProperty("resourceMetrics")[0].GetProperty("scopeMetrics").EnumerateArray()
            .SelectMany(scope => scope.GetProperty("metrics").EnumerateArray())
            .Select(metric => metric.GetProperty("name").GetString()!)
            .Where(name => !name.StartsWith("dotnet.", StringComparison.Ordinal));
        Assert.Equal(Catalogue.All.Select(definition => definition.Name).Order(), names.Order());
    }

    private static OtlpSettings Settings(Uri endpoint, OtlpExportProtocol protocol) => new(
        endpoint, EndpointIsComplete: true, protocol, Headers: null, TimeSpan.FromSeconds(10), TimeSpan.FromHours(1), MetricReaderTemporalityPreference.Cumulative);

    /// <summary>Our series of one job once there are any, each as name and sorted labels, without those that say which way it came.</summary>
    private static async Task<List<string>> SeriesAsync(string url, string job)
    {
        using var client = new HttpClient();
        using var patience = new CancellationTokenSource(Waiting.Patience);
        while (true)
        {
            var selector = Uri.EscapeDataString($$"""{__name__=~"sidecar_.*|gen_ai_.*",job="{{job}}"}""");
            using var answer = JsonDocument.Parse(await client.GetStringAsync(new Uri($"{url}/api/v1/series?match[]={selector}"), TestContext.Current.CancellationToken));
            var series = answer.RootElement.GetProperty("data").EnumerateArray().Select(Text).Order(StringComparer.Ordinal).ToList();
            if (series.Count > 0)
                return series;
            Assert.False(patience.IsCancellationRequested, $"no series of {job}");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    private static string Text(JsonElement series) => series.GetProperty("__name__").GetString() + "{" + string.Join(',', series.EnumerateObject()
        .Where(label => label.Name is not ("__name__" or "job" or "instance"))
        .Select(label => $"{label.Name}={label.Value}")
        .Order(StringComparer.Ordinal)) + "}";
}
