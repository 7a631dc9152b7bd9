using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.IO.Compression;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using Sidecar.FunctionalTests.Harness;
using Sidecar.FunctionalTests.Matrix;
using Sidecar.Tests.Emit;

namespace Sidecar.FunctionalTests.Receive;

/// <summary>The application's telemetry on its way through: real exporters before the sidecar, real receivers behind it.</summary>
public sealed class ReceiverTests
{
    private const string Items = "sidecar_received_items_total";

    [Theory]
    [InlineData(OtlpExportProtocol.Grpc)]
    [InlineData(OtlpExportProtocol.HttpProtobuf)]
    public async Task What_the_SDK_sends_arrives_and_every_item_is_counted(OtlpExportProtocol protocol)
    {
        await using var behind = await OtlpReceiver.StartAsync();
        await using var receiver = await ReceiverUnderTest.StartAsync(behind.Http);
        Send(protocol == OtlpExportProtocol.Grpc ? receiver.Grpc : receiver.Http, protocol);

        Assert.Equal(["span 0", "span 1", "span 2"], behind.Spans.Select(span => span.Name).Order(StringComparer.Ordinal));
        Assert.Equal(5, behind.Logs.Count());
        Assert.Equal(["counted", "level", "scaled", "spread"], behind.All.SelectMany(request => request.Message.Metrics).Select(metric => metric.Name).Distinct().Order(StringComparer.Ordinal));
        var series = await Series.ScrapeAsync(receiver.Sidecar);
        Assert.Equal((3d, 5d, 4d * behind.All.Count(request => request.Message.Metrics.Count > 0)), (series.Sum(Items, ("signal", "traces")), series.Sum(Items, ("signal", "logs")), series.Sum(Items, ("signal", "metrics"))));
        Assert.Equal(behind.All.Count, series.Sum("sidecar_received_requests_total", ("result", "forwarded"), ("protocol", protocol == OtlpExportProtocol.Grpc ? "grpc" : "http")));
        Assert.Equal(behind.All.Count, series.Sum("sidecar_received_requests_total"));
        Assert.All(behind.All, request => Assert.Equal("acme", request.Headers["x-tenant"]));
        // It is no part of the traffic.
        Assert.Equal(0, receiver.Sidecar.Exchanges.Observed);
        await receiver.AssertServesAsync();
    }

    [Fact]
    public async Task Bytes_and_fields_go_on_as_they_came_and_the_answer_comes_back()
    {
        await using var behind = await OtlpReceiver.StartAsync();
        await using var receiver = await ReceiverUnderTest.StartAsync(behind.Http);
        var body = SomeSpans(2);
        using var answer = await receiver.PostAsync("/v1/traces", Gzip(body), coding: "gzip", also: request => request.Headers.Add("Authorization", "Bearer t0ken"));

        Assert.Equal((200, "application/x-protobuf"), ((int)answer.StatusCode, answer.Content.Headers.ContentType!.ToString()));
        var request = Assert.Single(behind.All);
        Assert.Equal(body, request.Body);
        Assert.Equal(("gzip", "Bearer t0ken"), (request.Headers["content-encoding"], request.Headers["authorization"]));
        Assert.DoesNotContain("traceparent", request.Headers.Keys);
        Assert.DoesNotContain(receiver.Logs.All, line => line.Contains("t0ken", StringComparison.Ordinal));
    }

    [Fact]
    public async Task OpenTelemetry_for_JavaScript_speaks_JSON_and_a_real_collector_takes_it()
    {
        await using var collector = await ToolServer.StartAsync("otelcol-start.sh");
        var address = collector.Addresses["http"];
        await using var receiver = await ReceiverUnderTest.StartAsync(address.Contains("://", StringComparison.Ordinal) ? address : "http://" + address);
        var failed = await Tool.RunAsync("node", [NodeFolder.Require("otlp-json.mjs"), $"{receiver.Http}v1/traces", "7"]);

        Assert.Equal("0", failed.Trim());
        var series = await Series.ScrapeAsync(receiver.Sidecar);
        Assert.Equal(7, series.Sum(Items, ("signal", "traces"), ("result", "forwarded")));
        Assert.Equal(7, series.Sum(Items));
        var file = Path.Combine(collector.Folder, "otlp.jsonl");
        await RelayUnderTest.UntilAsync(() => File.Exists(file) && File.ReadAllText(file).Split("\"name\":\"js ").Length == 8, "the collector writes seven spans");
    }

    [Fact]
    public async Task What_a_receiver_rejects_of_a_request_is_not_counted_as_forwarded()
    {
        // partial_success { rejected_spans: 2 }, and the same in JSON.
        await using var behind = await AnsweringServer.StartAsync(200, "application/x-protobuf", [0x0A, 0x02, 0x08, 0x02]);
        await using var receiver = await ReceiverUnderTest.StartAsync(behind.Address);
        using var answer = await receiver.PostAsync("/v1/traces", SomeSpans(5));
        Assert.Equal([0x0A, 0x02, 0x08, 0x02], await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        behind.Answer(200, "application/json", """{"partialSuccess":{"rejectedSpans":"1","errorMessage":"too old"}}"""u8.ToArray());
        using var json = await receiver.PostAsync("/v1/traces", """{"resourceSpans":[{"scopeSpans":[{"spans":[{},{}]}]}]}"""u8.ToArray(), "application/json");
        Assert.Equal(200, (int)json.StatusCode);

        var series = await Series.ScrapeAsync(receiver.Sidecar);
        Assert.Equal((4d, 3d), (series.Sum(Items, ("result", "forwarded")), series.Sum(Items, ("result", "failed"), ("reason", "partial_success"))));
    }

    private static void Send(Uri endpoint, OtlpExportProtocol protocol)
    {
        void Options(OtlpExporterOptions options, string signal)
        {
            options.Protocol = protocol;
            options.Endpoint = protocol == OtlpExportProtocol.Grpc ? endpoint : new Uri(endpoint, "/v1/" + signal);
            options.Headers = "x-tenant=acme";
        }

        var name = $"app-{Guid.NewGuid():N}";
        using var source = new ActivitySource(name);
        using (var traces = Sdk.CreateTracerProviderBuilder().AddSource(name).SetSampler(new AlwaysOnSampler()).AddOtlpExporter(options => Options(options, "traces")).Build())
        {
            for (var i = 0; i < 3; i++)
            {
                using var span = source.StartActivity($"span {i.ToString(CultureInfo.InvariantCulture)}", ActivityKind.Server, default(ActivityContext), links: [new ActivityLink(new ActivityContext(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded))]);
                span!.SetTag("text", "tëxt").SetTag("number", 1.5).SetTag("flag", true).SetTag("list", new[] { "a", "b" }).AddEvent(new ActivityEvent("happened")).SetStatus(ActivityStatusCode.Error, "no");
            }

            Assert.True(traces!.ForceFlush());
        }

        using var meter = new Meter(name);
        using (var metrics = Sdk.CreateMeterProviderBuilder().AddMeter(name).AddView("scaled", new Base2ExponentialBucketHistogramConfiguration()).AddOtlpExporter(options => Options(options, "metrics")).Build())
        {
            meter.CreateCounter<long>("counted").Add(3, new KeyValuePair<string, object?>("k", "v"));
            meter.CreateGauge<double>("level").Record(-1.5);
            meter.CreateHistogram<double>("spread").Record(7);
            meter.CreateHistogram<double>("scaled").Record(0.001);
            Assert.True(metrics!.ForceFlush());
        }

        using var logs = LoggerFactory.Create(builder => builder.AddOpenTelemetry(options => options.AddOtlpExporter(exporter => Options(exporter, "logs"))));
        var log = logs.CreateLogger("app");
        for (var i = 0; i < 5; i++)
            log.Log(LogLevel.Information, default, i, null, static (number, _) => $"record {number}");
    }

    /// <summary>ExportTraceServiceRequest with spans that have their ids, a name and times.</summary>
    internal static byte[] SomeSpans(int count)
    {
        byte[] span = [0x0A, 16, .. Enumerable.Repeat((byte)0xAB, 16), 0x12, 8, .. Enumerable.Repeat((byte)0xCD, 8), 0x2A, 1, (byte)'n', 0x39, 1, 0, 0, 0, 0, 0, 0, 0, 0x41, 2, 0, 0, 0, 0, 0, 0, 0];
        byte[] scope = [.. Enumerable.Repeat((byte[])[0x12, (byte)span.Length, .. span], count).SelectMany(each => each)];
        byte[] resource = [0x12, .. Varint(scope.Length), .. scope];
        return [0x0A, .. Varint(resource.Length), .. resource];
    }

    internal static byte[] Gzip(byte[] body)
    {
        using var gzip = new MemoryStream();
        using (var stream = new GZipStream(gzip, CompressionLevel.Fastest))
            stream.Write(body);
        return gzip.ToArray();
    }

    private static byte[] Varint(int value) => value < 128 ? [(byte)value] : [(byte)(value | 0x80), .. Varint(value >> 7)];
}
