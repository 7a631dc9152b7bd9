using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Sidecar.Admin;
using Sidecar.Emit.Otlp;
using Sidecar.Model;
using Sidecar.Telemetry;
using Sidecar.Tests.Telemetry;

namespace Sidecar.Tests.Emit;

public class EnvironmentTests
{
    [Fact]
    public async Task Environment_renames_the_service_but_cannot_take_the_buckets_away()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        using var child = ChildProcess.Start(nameof(EnvironmentTests), "",
            ("OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION", "base2_exponential_bucket_histogram"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.Http),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ("OTEL_SERVICE_NAME", "renamed"),
            ("OTEL_RESOURCE_ATTRIBUTES", "team=extra"));
        var page = await child.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await child.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Contains("sidecar_inference_duration_seconds_bucket{", page, StringComparison.Ordinal);
        var message = (await receiver.NextAsync()).Message;
        Assert.Equal("renamed", message.Resource["service.name"]);
        Assert.Equal("extra", message.Resource["team"]);
        var pushed = message.Metrics.Single(metric => metric.Name == Catalogue.InferenceDuration.Name);
        Assert.Equal("histogram", pushed.Kind);
        Assert.Equal(Catalogue.InferenceDuration.Buckets, pushed.Bounds);
    }

    internal static async Task<int> ScrapeAsync()
    {
        using var meter = new SidecarMeter("1.0");
        var otlp = OtlpSettings.FromEnvironment(OtlpSignal.Metrics, Environment.GetEnvironmentVariable, Console.Error.WriteLine);
        using var pipeline = MetricsPipeline.Start(meter.Meter, Resources.Detect("1.0", Environment.GetEnvironmentVariable, "host"), otlp);
        FullMeter.Record(meter);
        await using var server = await AdminServer.StartAsync(new AdminServerOptions
        {
            Listen = new IPEndPoint(IPAddress.Loopback, 0),
            Metrics = pipeline.Provider,
            Alive = () => new(true, "ok"),
            Ready = () => new(true, "ok"),
        }, NullLoggerFactory.Instance);
        using var client = new HttpClient();
        Console.Write(await client.GetStringAsync($"http://{server.Endpoint}/metrics"));
        return pipeline.Shutdown(TimeSpan.FromSeconds(10)) ? 0 : 1;
    }
}
