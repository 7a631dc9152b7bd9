using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using Sidecar.Emit.Otlp;
using Sidecar.Model;

namespace Sidecar.Tests.Emit;

public class OtlpSettingsTests
{
    [Fact]
    public void FromEnvironment_NoEndpoint_IsOff() => Assert.Null(Read(out _, ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")));

    [Theory]
    [InlineData("OTEL_SDK_DISABLED", "true")]
    [InlineData("OTEL_METRICS_EXPORTER", "none")]
    public void FromEnvironment_SwitchedOff_IsOff(string name, string value) =>
        Assert.Null(Read(out _, ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4317"), (name, value)));

    [Fact]
    public void FromEnvironment_Endpoint_HasTheDefaultsOfTheSpecification()
    {
        var settings = Read(out var complaints, ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4317"))!;
        Assert.Empty(complaints);
        Assert.Equal(OtlpExportProtocol.Grpc, settings.Protocol);
        Assert.Equal(TimeSpan.FromSeconds(60), settings.Interval);
        Assert.Equal(TimeSpan.FromSeconds(10), settings.Timeout);
        Assert.Equal(MetricReaderTemporalityPreference.Cumulative, settings.Temporality);
        Assert.Equal("http://c:4317/", settings.SignalEndpoint.ToString());
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318", "http://c:4318/v1/metrics")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318/base/", "http://c:4318/base/v1/metrics")]
    [InlineData("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://c:4318/own/path", "http://c:4318/own/path")]
    public void SignalEndpoint_OverHttp_AddsThePathToTheCommonEndpointOnly(string name, string value, string expected) =>
        Assert.Equal(expected, Read(out _, (name, value), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"))!.SignalEndpoint.ToString());

    [Fact]
    public void FromEnvironment_MetricsVariables_WinOverCommonOnes()
    {
        var settings = Read(out _,
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://common:1"), ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://own:2"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"), ("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "http/protobuf"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "a=1"), ("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "b=2"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "1"), ("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "2"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "3"), ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "Delta"))!;
        Assert.Equal(new OtlpSettings(new Uri("http://own:2"), true, OtlpExportProtocol.HttpProtobuf, "b=2",
            TimeSpan.FromMilliseconds(2), TimeSpan.FromMilliseconds(3), MetricReaderTemporalityPreference.Delta), settings);
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")]
    [InlineData("OTEL_EXPORTER_OTLP_TIMEOUT", "-5")]
    [InlineData("OTEL_METRIC_EXPORT_INTERVAL", "soon")]
    [InlineData("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "whatever")]
    public void FromEnvironment_BadValue_IsSaidAndTheDefaultTaken(string name, string value)
    {
        var settings = Read(out var complaints, ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4317"), (name, value));
        Assert.Equal(Read(out _, ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4317")), settings);
        Assert.Contains(value, Assert.Single(complaints), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("collector:4317")]
    [InlineData("unix:/tmp/otlp.sock")]
    public void FromEnvironment_EndpointThatIsNoHttpAddress_IsSaidAndOff(string endpoint)
    {
        Assert.Null(Read(out var complaints, ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)));
        Assert.Contains(endpoint, Assert.Single(complaints), StringComparison.Ordinal);
    }

    private static OtlpSettings? Read(out List<string> complaints, params (string Name, string Value)[] variables)
    {
        var all = variables.ToDictionary(pair => pair.Name, pair => pair.Value);
        List<string> said = [];
        complaints = said;
        return OtlpSettings.FromEnvironment(OtlpSignal.Metrics, all.GetValueOrDefault, said.Add);
    }
}
