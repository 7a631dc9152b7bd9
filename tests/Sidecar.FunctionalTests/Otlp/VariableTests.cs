using Sidecar.FunctionalTests.Harness;
using Sidecar.Tests.Emit;

namespace Sidecar.FunctionalTests.Otlp;

/// <summary>The variables <c>OTEL_*</c>, as operators set them for whole fleets.</summary>
public sealed class VariableTests
{
    private static readonly string[] Signals = ["logs", "metrics", "traces"];

    [Fact]
    public async Task Each_signal_has_its_own_endpoint_protocol_and_headers()
    {
        await using var metrics = await OtlpReceiver.StartAsync();
        await using var traces = await OtlpReceiver.StartAsync();
        await using var logs = await OtlpReceiver.StartAsync();
        await using var server = new FakeModelServer { Script = Push.FailWhereAsked() };
        using var factory = LogTests.Factory();
        var hooks = Push.Hooks(
            Push.Variables(metrics, "grpc"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=blue,authorization=Bearer%20a%3Db"),
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", traces.Http + "/taken/as/trace"),
            ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf"),
            ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "x-tenant=green"),
            ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", logs.Grpc),
            ("OTEL_EXPORTER_OTLP_LOGS_HEADERS", "x-tenant=red")).With(factory);
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port, RelayUnderTest.WithoutMetadata, hooks);
        await FailAsync(sidecar.Traffic);
        await sidecar.SettledAsync();
        await Push.StopAsync(sidecar);

        var span = Assert.Single(traces.All);
        Assert.Equal("/taken/as/trace", span.Path);
        Assert.Single(span.Message.Spans);
        Assert.Equal("green", span.Headers["x-tenant"]);
        Assert.DoesNotContain("authorization", span.Headers.Keys); // the signal's own take the place of the common ones
        Assert.NotEmpty(metrics.All);
        Assert.All(metrics.All, request =>
        {
            Assert.Equal("/opentelemetry.proto.collector.metrics.v1.MetricsService/Export", request.Path);
            Assert.Equal(("blue", "Bearer a=b"), (request.Headers["x-tenant"], request.Headers["authorization"]));
        });
        Assert.NotEmpty(logs.All);
        Assert.All(logs.All, request => Assert.Equal(("/opentelemetry.proto.collector.logs.v1.LogsService/Export", "red"), (request.Path, request.Headers["x-tenant"])));
    }

    [Theory]
    [InlineData("traces")]
    [InlineData("logs")]
    [InlineData("metrics")]
    public async Task A_signal_whose_exporter_is_none_is_not_pushed_and_the_others_are(string off)
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var server = new FakeModelServer { Script = Push.FailWhereAsked() };
        using var logs = LogTests.Factory();
        var hooks = Push.Hooks(Push.Variables(receiver), ($"OTEL_{off.ToUpperInvariant()}_EXPORTER", "none")).With(logs);
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port, RelayUnderTest.WithoutMetadata, hooks);
        await FailAsync(sidecar.Traffic);
        await sidecar.SettledAsync();
        var series = await Series.ScrapeAsync(sidecar);
        await Push.StopAsync(sidecar);

        // Without spans there is no record of a single exchange, but the program's own lines go on.
        Assert.Equal(Signals.Where(signal => signal != off).Select(signal => "/v1/" + signal), receiver.Paths.Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(1, series.Sum("sidecar_exchanges_total", ("stage", "observed")));
        if (off != "metrics")
            Assert.Empty(series.Of("sidecar_export_items_total", ("signal", off)));
    }

    [Fact]
    public async Task Each_signal_has_its_own_timeout()
    {
        await using var receiver = await OtlpReceiver.StartAsync(OtlpReceiver.Answer.Hang);
        await using var server = new FakeModelServer { Script = Push.FailWhereAsked() };
        using var logs = LogTests.Factory();
        var hooks = Push.Hooks(
            Push.Variables(receiver), ("OTEL_EXPORTER_OTLP_TIMEOUT", "600000"), ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "100")).With(logs);
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port, RelayUnderTest.WithoutMetadata, hooks);
        await FailAsync(sidecar.Traffic);

        var series = await Series.UntilAsync(sidecar, 1, "sidecar_export_items_total", ("signal", "traces"), ("reason", "export_failed"));
        await RelayUnderTest.UntilAsync(() => receiver.Paths.Contains("/v1/logs"), "logs are pushed too");
        Assert.Equal(0, series.Sum("sidecar_export_total", ("signal", "logs")));
        Assert.Equal(0, series.Sum("sidecar_export_total", ("signal", "metrics")));
    }

    [Fact]
    public async Task A_disabled_sdk_pushes_nothing_and_the_page_stays()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var server = new FakeModelServer { Script = Push.FailWhereAsked() };
        await using (var sidecar = await StartAsync(server, Push.Variables(receiver), ("OTEL_SDK_DISABLED", "true")))
        {
            await FailAsync(sidecar.Traffic);
            var series = await sidecar.BalancedAsync(1);
            Assert.Equal(1, series.Sum("sidecar_inference_duration_seconds_count", ("error_type", "500")));
        }

        // Whatever waited to be pushed has been by now: a pipeline pushes once more when it ends.
        Assert.Empty(receiver.Paths);
    }

    [Theory]
    [InlineData("grpc")]
    [InlineData("http/protobuf")]
    public async Task Over_tls_the_right_authority_is_trusted(string protocol)
    {
        using var authority = new TestAuthority();
        using var certificate = authority.IssueLoaded();
        await using var receiver = await OtlpReceiver.StartAsync(certificate: certificate);
        await using var server = new FakeModelServer { Script = Push.FailWhereAsked() };
        await using var sidecar = await StartAsync(server, Push.Variables(receiver, protocol), ("OTEL_EXPORTER_OTLP_CERTIFICATE", authority.Authority));
        await FailAsync(sidecar.Traffic);

        Assert.StartsWith("https://", receiver.Http, StringComparison.Ordinal);
        await receiver.SpanAsync(span => span["error.type"] == "500");
        await receiver.FirstAsync(all => all.All.SelectMany(request => request.Message.Metrics), metric => metric.Name == "sidecar.inference.duration", "metrics");
        await receiver.FirstAsync(all => all.Logs, _ => true, "a log record");
    }

    [Theory]
    [InlineData("grpc", true)]
    [InlineData("http/protobuf", true)]
    [InlineData("http/protobuf", false)] // the system's authorities do not know it either
    public async Task Over_tls_another_authority_is_not_trusted_and_that_is_counted(string protocol, bool other)
    {
        using var authority = new TestAuthority();
        using var stranger = new TestAuthority("another authority");
        using var certificate = authority.IssueLoaded();
        await using var receiver = await OtlpReceiver.StartAsync(certificate: certificate);
        await using var server = new FakeModelServer { Script = Push.FailWhereAsked() };
        await using var sidecar = await StartAsync(server, Push.Variables(receiver, protocol), other ? [("OTEL_EXPORTER_OTLP_CERTIFICATE", stranger.Authority)] : []);
        await FailAsync(sidecar.Traffic);

        await sidecar.UntilAsync(now => Signals.All(signal => now.Sum("sidecar_export_total", ("signal", signal), ("result", "failure")) > 0), "all three signals fail");
        await sidecar.UntilAsync(now => now.Sum("sidecar_export_items_total", ("signal", "traces"), ("reason", "export_failed")) == 1, "the span is counted");
        Assert.Empty(receiver.Paths);
        await sidecar.BalancedAsync(1);
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_CERTIFICATE", "/there/is/no/such.pem")]
    [InlineData("OTEL_EXPORTER_OTLP_CERTIFICATE", "NOT A CERTIFICATE")]
    [InlineData("OTEL_EXPORTER_OTLP_CERTIFICATE", "")] // an empty file
    [InlineData("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "/there/is/no/such.pem")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "no pairs at all")]
    public async Task What_cannot_be_used_is_said_once_for_each_signal_and_the_sidecar_serves(string variable, string value)
    {
        using var folder = new TemporaryFolder();
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var server = new FakeModelServer { Script = Push.FailWhereAsked() };
        if (variable.Contains("CERTIFICATE", StringComparison.Ordinal) && !value.StartsWith('/'))
            value = folder.File("bad.pem", System.Text.Encoding.ASCII.GetBytes(value));
        await using var sidecar = await StartAsync(server, Push.Variables(receiver), (variable, value));
        await FailAsync(sidecar.Traffic);

        var series = await sidecar.BalancedAsync(1);
        Assert.Equal(1, series.Sum("sidecar_inference_duration_seconds_count"));
        var said = sidecar.Lines.Where(line => line.Contains("can't be used", StringComparison.Ordinal)).ToList();
        Assert.Equal(3, said.Count);
        Assert.All(Signals, signal => Assert.Single(said, line => line.Contains($"no {signal} are pushed", StringComparison.Ordinal)));
        Assert.DoesNotContain(sidecar.Lines, line => line.Contains("   at ", StringComparison.Ordinal));
        Assert.Empty(receiver.Paths);
    }

    private static Task<SidecarProcess> StartAsync(FakeModelServer server, IReadOnlyDictionary<string, string> variables, params (string Name, string Value)[] more) =>
        SidecarProcess.StartAsync(server.EndPoint, [.. variables.Select(each => (each.Key, each.Value)), .. more]);

    private static async Task FailAsync(System.Net.IPEndPoint sidecar)
    {
        using var client = await WireClient.ConnectAsync(sidecar);
        Assert.Equal(500, (await client.AskAsync(V2.Request(V2.Body(), fields: "x-fail: 1\r\n"))).Head.Status);
    }
}
