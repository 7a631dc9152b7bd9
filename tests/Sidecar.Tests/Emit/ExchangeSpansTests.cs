using System.Text;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using Sidecar.Accounting;
using Sidecar.Emit;
using Sidecar.Emit.Otlp;
using Sidecar.Model;
using Sidecar.Telemetry;
using Sidecar.Tensors;
using Sidecar.Testing;

namespace Sidecar.Tests.Emit;

public class ExchangeSpansTests
{
    private static readonly Dictionary<string, object> Resource = new() { ["service.name"] = "sidecar", ["service.instance.id"] = "ns.pod.sidecar" };
    private static readonly ModelIdentity Model = new("toy", "1", IdentitySource.Path);

    [Fact]
    public async Task What_is_not_kept_costs_no_allocation_and_neither_does_its_measurement()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        using var meter = new SidecarMeter("1.0");
        using var metrics = MetricsPipeline.Start(meter.Meter, Resource, Settings(receiver, OtlpSignal.Metrics)); // two readers, as with a push
        using var traces = TracesPipeline.Start("1.0", Resource, Settings(receiver, OtlpSignal.Traces));
        var spans = new ExchangeSpans(traces, 0, ["default"], ValueCapture.Nothing, TimeProvider.System);
        var sli = new InferenceSli(meter.InferenceDuration, meter.UpstreamDuration, new RetryBook(TimeProvider.System), ["default"], TimeProvider.System);
        var exchange = Seen("00");
        var record = new InferenceRecord(Model);

        Assert.Equal(0, Allocated.Least(() =>
        {
            for (var i = 0; i < 1000; i++)
            {
                using var span = spans.Begin(exchange, record, default);
                sli.Record(exchange, Model, default);
            }
        }));
    }

    [Fact]
    public async Task Spans_of_another_sidecar_in_the_process_go_their_own_way()
    {
        await using var mine = await OtlpReceiver.StartAsync();
        await using var other = await OtlpReceiver.StartAsync();
        using var first = TracesPipeline.Start("1.0", Resource, Settings(mine, OtlpSignal.Traces));
        using var second = TracesPipeline.Start("1.0", Resource, Settings(other, OtlpSignal.Traces));
        using (new ExchangeSpans(first, 0, ["default"], ValueCapture.Nothing, TimeProvider.System).Begin(Seen("01"), new InferenceRecord(Model), "mine"u8))
        {
        }

        first.Shutdown(TimeSpan.FromSeconds(20));
        second.Shutdown(TimeSpan.FromSeconds(20));
        Assert.Equal("mine", Assert.Single(mine.Spans)["sidecar.request.id"]);
        Assert.Empty(other.Spans);
        Assert.Equal((1, 0), (first.Exports.Sent, second.Exports.Sent));
    }

    private static Exchange Seen(string flags) => new()
    {
        RequestFirstByte = 1,
        RequestLastByte = 2,
        ResponseFirstByte = 3,
        ResponseLastByte = 4,
        EndedAt = 5,
        StartedUnixNanos = 1_800_000_000_000_000_000,
        Status = 200,
        Protocol = InferenceProtocol.OpenInferenceRest,
        Trace = TraceContext.Parse(Encoding.ASCII.GetBytes("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-" + flags)),
    };

    private static OtlpSettings Settings(OtlpReceiver receiver, OtlpSignal signal) => new(
        new Uri(receiver.Http), EndpointIsComplete: false, OtlpExportProtocol.HttpProtobuf, Headers: null,
        Timeout: TimeSpan.FromSeconds(10), Interval: TimeSpan.FromHours(1), MetricReaderTemporalityPreference.Cumulative) { Signal = signal };
}
