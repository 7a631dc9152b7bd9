using Sidecar.Telemetry;

namespace Sidecar.Tests.Telemetry;

public class PrometheusNameTests
{
    [Theory]
    [InlineData("sidecar.inference.duration", "s", InstrumentKind.Histogram, "sidecar_inference_duration_seconds")]
    [InlineData("x.completeness", "1", InstrumentKind.ObservableGauge, "x_completeness_ratio")]
    [InlineData("x.completeness.ratio", "1", InstrumentKind.ObservableGauge, "x_completeness_ratio")]
    [InlineData("x.ratio.lower", "1", InstrumentKind.ObservableGauge, "x_lower_ratio")]
    [InlineData("x.hits", "1", InstrumentKind.Counter, "x_hits_total")]
    [InlineData("kafka.bytes.sent", "By", InstrumentKind.Counter, "kafka_bytes_sent_total")]
    [InlineData("total.events", "{event}", InstrumentKind.Counter, "events_total")]
    [InlineData("x.load", "%", InstrumentKind.ObservableGauge, "x_load_percent")]
    [InlineData("x.speed", "By/s", InstrumentKind.ObservableGauge, "x_speed_bytes_per_second")]
    [InlineData("x.rate", "{request}/s", InstrumentKind.ObservableGauge, "x_rate_per_second")]
    [InlineData("x.oddity", "furlong", InstrumentKind.ObservableGauge, "x_oddity_furlong")]
    [InlineData("x..y__z", "", InstrumentKind.ObservableGauge, "x_y_z")]
    [InlineData("4xx", "", InstrumentKind.ObservableGauge, "_4xx")]
    [InlineData("model.info", "", InstrumentKind.ObservableGauge, "model_info")]
    public void Metric_FollowsTheOrderOfTheTranslation(string name, string unit, InstrumentKind kind, string expected) =>
        Assert.Equal(expected, PrometheusName.Metric(name, unit, kind));

    [Theory]
    [InlineData("error.type", "error_type")]
    [InlineData("model_version", "model_version")]
    [InlineData("1st", "key_1st")]
    public void Label_IsEscaped(string attribute, string expected) => Assert.Equal(expected, PrometheusName.Label(attribute));

    [Fact]
    public void Series_OfAHistogram_AreThree() => Assert.Equal(
        ["sidecar_upstream_duration_seconds_bucket", "sidecar_upstream_duration_seconds_sum", "sidecar_upstream_duration_seconds_count"],
        PrometheusName.Series(Catalogue.UpstreamDuration));
}
