using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using Sidecar.Emit.Otlp;
using Sidecar.Telemetry;
using Sidecar.Tests.Telemetry;

namespace Sidecar.Tests.Emit;

public class MetricsPipelineTests
{
    private static readonly Dictionary<string, object> Resource = new() { ["service.name"] = "sidecar", ["service.instance.id"] = "ns.pod.sidecar" };

    [Theory]
    [InlineData(OtlpExportProtocol.HttpProtobuf, "/v1/metrics")]
    [InlineData(OtlpExportProtocol.Grpc, "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export")]
    public async Task Every_instrument_reaches_an_otlp_receiver(OtlpExportProtocol protocol, string expectedPath)
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        using var meter = FullMeter.Create();
        using var pipeline = MetricsPipeline.Start(meter.Meter, Resource, Settings(receiver, protocol));
        FullMeter.Record(meter);
        meter.ObserveCounter(Catalogue.Export, pipeline.Exports.Observe);

        pipeline.Provider.ForceFlush(20_000);
        var (path, message) = await receiver.NextAsync();

        Assert.Equal(expectedPath, path);
        Assert.Equal("ns.pod.sidecar", message.Resource["service.instance.id"]);
        Assert.Equal(Catalogue.All.Select(definition => definition.Name).Order(), Ours(message).Select(metric => metric.Name).Order());
        foreach (var metric in Ours(message))
            AssertIsAsInTheCatalogue(metric);
        Assert.Equal((1, 0), (pipeline.Exports.Succeeded, pipeline.Exports.Failed));

        Assert.True(pipeline.Shutdown(TimeSpan.FromSeconds(20)));
        Assert.Equal((2, 0), (pipeline.Exports.Succeeded, pipeline.Exports.Failed));
        Assert.Equal(Catalogue.All.Count, Ours((await receiver.NextAsync()).Message).Count());
    }

    [Theory]
    [InlineData(OtlpExportProtocol.HttpProtobuf)]
    [InlineData(OtlpExportProtocol.Grpc)]
    public async Task Batch_that_the_receiver_refuses_is_counted_as_failed(OtlpExportProtocol protocol)
    {
        await using var receiver = await OtlpReceiver.StartAsync(OtlpReceiver.Answer.Refuse);
        using var meter = FullMeter.Create();
        using var pipeline = MetricsPipeline.Start(meter.Meter, Resource, Settings(receiver, protocol));
        pipeline.Provider.ForceFlush(20_000);
        Assert.Equal((0, 1), (pipeline.Exports.Succeeded, pipeline.Exports.Failed));
        Assert.False(pipeline.Shutdown(TimeSpan.FromSeconds(20)));
        Assert.Equal([0L, 2L], pipeline.Exports.Observe().Select(measurement => measurement.Value));
    }

    [Fact]
    public async Task Endpoint_that_nobody_listens_on_is_counted_and_not_thrown()
    {
        var receiver = await OtlpReceiver.StartAsync();
        var settings = Settings(receiver, OtlpExportProtocol.HttpProtobuf);
        await receiver.DisposeAsync();
        using var meter = FullMeter.Create();
        using var pipeline = MetricsPipeline.Start(meter.Meter, Resource, settings);
        pipeline.Provider.ForceFlush(20_000);
        Assert.Equal(1, pipeline.Exports.Failed);
    }

    [Theory]
    [InlineData(OtlpExportProtocol.HttpProtobuf)]
    [InlineData(OtlpExportProtocol.Grpc)]
    public async Task Receiver_that_hangs_holds_up_neither_recording_nor_shutdown(OtlpExportProtocol protocol)
    {
        await using var receiver = await OtlpReceiver.StartAsync(OtlpReceiver.Answer.Hang);
        using var meter = FullMeter.Create();
        // The batch itself may take ten minutes; only the deadline given to Shutdown can end this test in time.
        var settings = Settings(receiver, protocol) with { Timeout = TimeSpan.FromMinutes(10), Interval = TimeSpan.FromMilliseconds(50) };
        var pipeline = MetricsPipeline.Start(meter.Meter, Resource, settings);
        await receiver.Called.WaitAsync(TestContext.Current.CancellationToken);

        FullMeter.Record(meter);
        Assert.NotEmpty(Collected.From(meter));
        var shutdown = Task.Run(() => pipeline.Shutdown(TimeSpan.FromMilliseconds(200)), TestContext.Current.CancellationToken);
        Assert.False(await shutdown.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));
        await Task.Run(pipeline.Dispose, TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Meter_of_the_same_name_elsewhere_in_the_process_is_not_mixed_in()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        using var other = FullMeter.Create();
        using var meter = new SidecarMeter("1.0");
        using var pipeline = MetricsPipeline.Start(meter.Meter, Resource, Settings(receiver, OtlpExportProtocol.HttpProtobuf));
        meter.ObserveGauge(Catalogue.LedgerImbalance, () => [new(0)]);
        pipeline.Provider.ForceFlush(20_000);
        Assert.Equal([Catalogue.LedgerImbalance.Name], Ours((await receiver.NextAsync()).Message).Select(metric => metric.Name));
    }

    // What the runtime says of the process (dotnet.*) comes along by its own names.
    private static IEnumerable<OtlpMetric> Ours(OtlpMessage message) =>
        message.Metrics.Where(metric => !metric.Name.StartsWith("dotnet.", StringComparison.Ordinal));

    private static void AssertIsAsInTheCatalogue(OtlpMetric metric)
    {
        var definition = Catalogue.All.Single(candidate => candidate.Name == metric.Name);
        Assert.Equal(definition.Unit, metric.Unit);
        Assert.Equal(definition.Kind switch { InstrumentKind.Counter => "sum", InstrumentKind.Histogram => "histogram", _ => "gauge" }, metric.Kind);
        Assert.Equal(definition.Kind == InstrumentKind.Counter, metric.Monotonic);
        Assert.Equal(definition.Buckets ?? [], metric.Bounds);
        if (definition.Kind != InstrumentKind.ObservableGauge)
            Assert.Equal(2, metric.Temporality); // AGGREGATION_TEMPORALITY_CUMULATIVE
    }

    private static OtlpSettings Settings(OtlpReceiver receiver, OtlpExportProtocol protocol) => new(
        new Uri(protocol == OtlpExportProtocol.Grpc ? receiver.Grpc : receiver.Http), EndpointIsComplete: false, protocol, Headers: null,
        Timeout: TimeSpan.FromSeconds(10), Interval: TimeSpan.FromHours(1), MetricReaderTemporalityPreference.Cumulative);
}
