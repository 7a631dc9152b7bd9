using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Sidecar.Demo.Detection;
using Sidecar.FunctionalTests.Harness;
using Sidecar.Tests.Emit;

namespace Sidecar.FunctionalTests.Otlp;

/// <summary>From a bucket to the trace of an exchange in it.</summary>
public sealed partial class ExemplarTests
{
    private const string OpenMetrics = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
    private const string Kept = "/v2/models/kept/infer";
    private const string Passed = "/v2/models/passed/infer";

    [Fact]
    public async Task OpenMetrics_has_the_trace_of_a_kept_exchange_on_its_bucket_and_none_of_another()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var server = new FakeModelServer { Script = AnswerByNameAsync };
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port, RelayUnderTest.WithoutMetadata, Push.Hooks(Push.Variables(receiver), ("POD_NAME", "pod-1")));
        await AskAsync(sidecar);

        var (type, page) = await ScrapeAsync(sidecar, OpenMetrics);
        Assert.StartsWith("application/openmetrics-text", type, StringComparison.Ordinal);
        Assert.EndsWith("# EOF\n", page, StringComparison.Ordinal);
        var lines = page.Split('\n');
        foreach (var histogram in new[] { "sidecar_inference_duration_seconds_bucket{", "sidecar_upstream_duration_seconds_bucket{" })
        {
            var exemplar = Assert.Single(lines, line => line.StartsWith(histogram, StringComparison.Ordinal) && line.Contains(" # {", StringComparison.Ordinal));
            Assert.Contains("model=\"kept\"", exemplar, StringComparison.Ordinal);
            Assert.Contains($"trace_id=\"{Push.TraceId}\"", exemplar, StringComparison.Ordinal);
            // Its value lies in the bucket that it stands on.
            var parts = Exemplar().Match(exemplar);
            Assert.InRange(Number(parts, "value"), 0, Number(parts, "bound"));
        }

        // Besides that, both formats have the same series, once the closed connection has given the last of its own.
        (_, page) = await ScrapeAsync(sidecar, OpenMetrics);
        var (_, plain) = await ScrapeAsync(sidecar, "text/plain");
        for (var since = Stopwatch.StartNew(); !SeriesOf(plain).SetEquals(SeriesOf(page)) && since.Elapsed < RelayUnderTest.Patience;)
        {
            (_, page) = await ScrapeAsync(sidecar, OpenMetrics);
            (_, plain) = await ScrapeAsync(sidecar, "text/plain");
        }

        Assert.DoesNotContain(" # {", plain, StringComparison.Ordinal);
        Assert.Equal(SeriesOf(plain), SeriesOf(page));
    }

    [Fact]
    public async Task Without_spans_there_is_nothing_to_point_at_and_the_page_is_plain_text()
    {
        await using var server = new FakeModelServer { Script = AnswerByNameAsync };
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port, RelayUnderTest.WithoutMetadata);
        await AskAsync(sidecar);
        var (type, page) = await ScrapeAsync(sidecar, OpenMetrics);
        Assert.StartsWith("text/plain", type, StringComparison.Ordinal);
        Assert.DoesNotContain(Push.TraceId, page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("grpc")]
    [InlineData("http/protobuf")]
    public async Task Over_otlp_the_data_point_has_the_trace_and_the_span(string protocol)
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var server = new FakeModelServer { Script = AnswerByNameAsync };
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port, RelayUnderTest.WithoutMetadata, Push.Hooks(Push.Variables(receiver, protocol)));
        await AskAsync(sidecar);

        var span = await receiver.SpanAsync(_ => true);
        var points = await receiver.FirstAsync(
            all => all.All.SelectMany(request => request.Message.Metrics).Where(metric => metric.Name == "sidecar.inference.duration").Select(metric => metric.Points),
            points => points.Count == 2,
            "both models' points");
        var exemplar = Assert.Single(Assert.Single(points, point => point.Attributes["model"] == "kept").Exemplars);
        Assert.Equal((span.TraceId, span.SpanId), (exemplar.TraceId, exemplar.SpanId));
        Assert.Equal(0, exemplar.FilteredAttributes);
        Assert.Equal((span.End - span.Start).TotalSeconds, exemplar.Value, 0.001);
        Assert.Empty(Assert.Single(points, point => point.Attributes["model"] == "passed").Exemplars);
        Assert.Equal(Push.TraceId, Assert.Single(receiver.Spans).TraceId);
    }

    [Theory]
    [InlineData("grpc")]
    [InlineData("http/protobuf")]
    public async Task At_a_real_collector_span_exemplar_and_log_record_point_at_each_other(string protocol)
    {
        await using var collector = await ToolServer.StartAsync("otelcol-start.sh");
        await using var server = new FakeModelServer { Script = Push.FailWhereAsked() };
        var address = collector.Addresses[protocol == "grpc" ? "grpc" : "http"];
        var hooks = Push.Hooks(
            new Dictionary<string, string>
            {
                ["OTEL_EXPORTER_OTLP_ENDPOINT"] = address.Contains("://", StringComparison.Ordinal) ? address : "http://" + address,
                ["OTEL_EXPORTER_OTLP_PROTOCOL"] = protocol,
                ["OTEL_METRIC_EXPORT_INTERVAL"] = "300",
            });
        using var logs = LogTests.Factory();
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port, RelayUnderTest.WithoutMetadata, hooks.With(logs));
        using var client = await WireClient.ConnectAsync(sidecar.Traffic);
        for (var i = 0; i < 8; i++)
            await client.AskAsync(V2.Request(V2.Body(), fields: Push.TraceParent("00", Push.Trace(i)) + (i % 2 == 0 ? "x-fail: 1\r\n" : "")));
        await sidecar.SettledAsync();
        await Push.StopAsync(sidecar);

        var file = Path.Combine(collector.Folder, "otlp.jsonl");
        using var patience = new CancellationTokenSource(RelayUnderTest.Patience);
        while (true)
        {
            var (spans, exemplars, records) = Read(await WholeLinesAsync(file, patience.Token));
            if (spans.Count < 4 || exemplars.Count == 0 || records.Count < 4)
            {
                await Task.Delay(50, patience.Token);
                continue;
            }

            Assert.Equal([.. Enumerable.Range(0, 4).Select(i => Push.Trace(2 * i))], spans.Select(span => span.Trace).Order(StringComparer.Ordinal));
            Assert.Subset(spans.ToHashSet(), exemplars.ToHashSet());
            Assert.Equal(spans.ToHashSet(), records.ToHashSet());
            break;
        }
    }

    // The collector may be in the middle of the last line.
    private static async Task<string[]> WholeLinesAsync(string file, CancellationToken cancellation)
    {
        var text = await File.ReadAllTextAsync(file, cancellation);
        return text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static async Task<bool> AnswerByNameAsync(FakeExchange exchange)
    {
        if (!exchange.IsInference)
            return false;
        await exchange.ReadBodyAsync();
        await exchange.AnswerAsync(200, V2.Answer(model: exchange.Head.Path.Split('/')[3]));
        return true;
    }

    private static async Task AskAsync(RelayUnderTest sidecar)
    {
        using var client = await WireClient.ConnectAsync(sidecar.Traffic);
        await client.AskAsync(V2.Request(V2.Body(), Kept, Push.TraceParent("01")));
        await client.AskAsync(V2.Request(V2.Body(), Passed, Push.TraceParent("00", Push.Trace(1))));
        await sidecar.SettledAsync();
    }

    private static async Task<(string Type, string Page)> ScrapeAsync(RelayUnderTest sidecar, string accept)
    {
        using var client = new HttpClient { Timeout = RelayUnderTest.Patience };
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"http://{sidecar.Health}/metrics"));
        request.Headers.TryAddWithoutValidation("Accept", accept);
        request.Headers.TryAddWithoutValidation("Accept-Encoding", "gzip");
        using var response = await client.SendAsync(request);
        response.EnsureSuccessStatusCode();
        var stream = await response.Content.ReadAsStreamAsync();
        using var reader = new StreamReader(response.Content.Headers.ContentEncoding.Contains("gzip") ? new System.IO.Compression.GZipStream(stream, System.IO.Compression.CompressionMode.Decompress) : stream);
        return (response.Content.Headers.ContentType!.ToString(), await reader.ReadToEndAsync());
    }

    /// <summary>Names and labels; values differ from one look to the next, and so do the labels of the process's own garbage.</summary>
    private static SortedSet<string> SeriesOf(string page)
    {
        var (samples, skipped) = PrometheusText.Parse(string.Join('\n', page.Split('\n').Where(line => line != "# EOF").Select(line => line.Split(" # {")[0])));
        Assert.Equal(0, skipped);
        return [.. samples.Where(sample => sample.Name.StartsWith("sidecar_", StringComparison.Ordinal)).Select(sample => sample.Series)];
    }

    private static (List<(string Trace, string Span)> Spans, List<(string Trace, string Span)> Exemplars, List<(string Trace, string Span)> Records) Read(string[] lines)
    {
        List<(string, string)> spans = [], exemplars = [], records = [];
        foreach (var line in lines)
        {
            using var request = JsonDocument.Parse(line);
            spans.AddRange(Of(request.RootElement, "resourceSpans", "scopeSpans", "spans").Select(Ids));
            records.AddRange(Of(request.RootElement, "resourceLogs", "scopeLogs", "logRecords").Where(record => record.TryGetProperty("traceId", out var trace) && trace.GetString() is { Length: > 0 }).Select(Ids));
            exemplars.AddRange(Of(request.RootElement, "resourceMetrics", "scopeMetrics", "metrics")
                .Where(metric => metric.TryGetProperty("histogram", out _))
                .SelectMany(metric => metric.GetProperty("histogram").GetProperty("dataPoints").EnumerateArray())
                .SelectMany(point => point.TryGetProperty("exemplars", out var all) ? all.EnumerateArray().ToArray() : [])
                .Select(Ids));
        }

        return (spans, exemplars, records);
    }

    private static IEnumerable<JsonElement> Of(JsonElement request, params string[] path)
    {
        IEnumerable<JsonElement> all = [request.Clone()];
        foreach (var name in path)
            all = all.SelectMany(element => element.TryGetProperty(name, out var list) ? list.EnumerateArray().ToArray() : []);
        return all;
    }

    private static (string Trace, string Span) Ids(JsonElement element) => (element.GetProperty("traceId").GetString()!, element.GetProperty("spanId").GetString()!);

    private static double Number(Match match, string group) => double.Parse(match.Groups[group].Value, System.Globalization.CultureInfo.InvariantCulture);

    [GeneratedRegex("""le="(?<bound>[^"]+)".*\} (?<value>[0-9.eE+-]+)( [0-9.]+)?$""")]
    private static partial Regex Exemplar();
}
