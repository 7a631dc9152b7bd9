using Sidecar.FunctionalTests.Harness;
using Sidecar.Tests.Emit;

namespace Sidecar.FunctionalTests.Robustness;

/// <summary>Metrics pushed over OTLP by the running program.</summary>
public sealed class ExportTests
{
    [Theory]
    [InlineData("http/protobuf")]
    [InlineData("grpc")]
    public async Task What_traffic_did_arrives_at_the_receiver(string protocol)
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var server = new FakeModelServer();
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port, hooks: new SidecarHooks
        {
            Variable = name => name switch
            {
                "OTEL_EXPORTER_OTLP_ENDPOINT" => protocol == "grpc" ? receiver.Grpc : receiver.Http,
                "OTEL_EXPORTER_OTLP_PROTOCOL" => protocol,
                "OTEL_METRIC_EXPORT_INTERVAL" => "200",
                "POD_NAME" => "pod-1",
                _ => null,
            },
        });
        using var client = await WireClient.ConnectAsync(sidecar.Traffic);
        await client.AskAsync(V2.Request(V2.Body()));

        OtlpMetric? duration = null;
        while (duration is null)
        {
            var (_, message) = await receiver.NextAsync();
            duration = message.Metrics.FirstOrDefault(metric => metric.Name == "sidecar.inference.duration");
            Assert.Equal("pod-1", message.Resource["k8s.pod.name"]);
        }

        Assert.Equal(("s", "histogram"), (duration.Unit, duration.Kind));
        await Series.UntilAsync(sidecar, 1, "sidecar_export_total", ("result", "success"));
    }

    [Fact]
    public async Task A_receiver_that_refuses_is_counted_and_costs_no_request()
    {
        await using var receiver = await OtlpReceiver.StartAsync(OtlpReceiver.Answer.Refuse);
        await using var server = new FakeModelServer();
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port, hooks: new SidecarHooks
        {
            Variable = name => name switch
            {
                "OTEL_EXPORTER_OTLP_ENDPOINT" => receiver.Http,
                "OTEL_EXPORTER_OTLP_PROTOCOL" => "http/protobuf",
                "OTEL_METRIC_EXPORT_INTERVAL" => "50",
                _ => null,
            },
        });
        using var client = await WireClient.ConnectAsync(sidecar.Traffic);

        await Series.UntilAsync(sidecar, 1, "sidecar_export_total", ("result", "failure"));
        Assert.Equal(server.Answer, (await client.AskAsync(V2.Request(V2.Body()))).Body);
        await Series.BalancedAsync(sidecar);
    }
}
