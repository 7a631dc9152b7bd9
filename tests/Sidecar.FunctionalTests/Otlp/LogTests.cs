using System.Text;
using Microsoft.Extensions.Logging;
using Sidecar.FunctionalTests.Harness;
using Sidecar.Tests.Emit;

namespace Sidecar.FunctionalTests.Otlp;

/// <summary>Log records that are pushed.</summary>
public sealed class LogTests
{
    private const string Failures = "sidecar.exchanges";

    /// <summary>As the program's own, without a console.</summary>
    public static ILoggerFactory Factory() => LoggerFactory.Create(builder => builder.AddFilter("Microsoft", LogLevel.Warning));

    [Theory]
    [InlineData("grpc")]
    [InlineData("http/protobuf")]
    public async Task A_failure_has_a_record_with_its_trace_and_span(string protocol)
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var server = new FakeModelServer { Script = Push.FailWhereAsked() };
        using var logs = Factory();
        await using var sidecar = await RelayUnderTest.StartAsync(
            server.Port, RelayUnderTest.WithoutMetadata, Push.Hooks(Push.Variables(receiver, protocol), ("POD_NAME", "pod-1")).With(logs));
        using var client = await WireClient.ConnectAsync(sidecar.Traffic);

        await client.AskAsync(V2.Request(V2.Body(), fields: Push.TraceParent("01", Push.Trace(1)))); // a success has none
        await client.AskAsync(V2.Request(V2.Body(), fields: Push.TraceParent("00") + "x-fail: 1\r\n"));

        var span = await receiver.SpanAsync(each => each.Status == 2);
        var record = await receiver.FirstAsync(all => all.Logs, log => log.Category == Failures, "a record of the failure");
        Assert.Equal((Push.TraceId, span.SpanId), (record.TraceId, record.SpanId));
        Assert.Equal((9, "Information"), (record.Severity, record.SeverityText));
        Assert.Contains("500", record.Body, StringComparison.Ordinal);
        Assert.Contains("toy", record.Body, StringComparison.Ordinal);
        Assert.Equal("pod-1", receiver.All.First(request => request.Message.Logs.Count > 0).Message.Resource["k8s.pod.name"]);
        await Push.StopAsync(sidecar);
        Assert.Single(receiver.Logs, log => log.Category == Failures);
    }

    [Fact]
    public async Task The_programs_own_lines_arrive_with_category_and_severity_and_no_trace()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var server = new FakeModelServer();
        using var logs = Factory();
        var variables = Push.Hooks(Push.Variables(receiver), ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "soon")); // something to warn of
        await using (var sidecar = await RelayUnderTest.StartAsync(server.Port, RelayUnderTest.WithoutMetadata, variables.With(logs)))
            await Push.StopAsync(sidecar);

        var relaying = Assert.Single(receiver.Logs, log => log.Body.Contains("relaying", StringComparison.Ordinal));
        Assert.Equal(("sidecar", 9, "Information"), (relaying.Category, relaying.Severity, relaying.SeverityText));
        Assert.Equal("default", relaying.Attributes["Listener"]);
        var warning = Assert.Single(receiver.Logs, log => log.Body.Contains("'soon'", StringComparison.Ordinal));
        Assert.Equal(("sidecar", 13, "Warning"), (warning.Category, warning.Severity, warning.SeverityText));
        Assert.Contains(receiver.Logs, log => log.Category == "Sidecar.Admin.AdminServer");
        Assert.Contains(receiver.Logs, log => log.Body.StartsWith("stopped:", StringComparison.Ordinal)); // the last line too
        Assert.All(receiver.Logs, log => Assert.Equal("", log.TraceId));
    }

    [Fact]
    public async Task Nothing_of_what_requests_and_answers_hold_is_in_what_is_pushed()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var server = new FakeModelServer { Script = Push.FailWhereAsked(), Metadata = V2.Metadata, Answer = V2.Answer("0.24681357,0.75318643") };
        using var logs = Factory();
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port, hooks: Push.Hooks(Push.Variables(receiver)).With(logs));
        using var client = await WireClient.ConnectAsync(sidecar.Traffic);
        const string Fields = "authorization: Bearer topsecret\r\ncookie: session=topsecret\r\nx-request-id: jane.roe@example.com\r\n";
        string[] bodies =
        [
            V2.Body("31337.125,2,3,4"), V2.Body("31337.125,null,3,4"), V2.Body("31337.125,NaN", "1,2"), V2.Body("\"31337.125\",2,3,4", datatype: "BYTES"),
            """{"inputs":[{"name":"input","datatype":"FP32","shape":[1,4],"data":[31337.125""", "31337.125 is not JSON",
        ];
        foreach (var body in bodies)
        {
            foreach (var fails in new[] { "", "x-fail: 1\r\n" })
                await client.AskAsync(V2.Request(body, V2.Path + "?user=topsecret", Fields + Push.TraceParent("01") + fails));
        }

        await sidecar.SettledAsync();
        await Push.StopAsync(sidecar);

        Assert.True(receiver.Spans.Count() == 2 * bodies.Length, $"{receiver.Spans.Count()} spans");
        foreach (var request in receiver.All)
        {
            var text = Encoding.Latin1.GetString(request.Body);
            foreach (var secret in new[] { "31337", "24681357", "75318643", "topsecret", "jane.roe" })
                Assert.False(text.Contains(secret, StringComparison.Ordinal), $"{secret} is in {request.Path}");
            Assert.True(request.Body.AsSpan().IndexOf(BitConverter.GetBytes(31337.125)) < 0, $"the number is in {request.Path}");
        }
    }

    [Fact]
    public async Task The_console_says_nothing_of_single_exchanges()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var server = new FakeModelServer { Script = Push.FailWhereAsked() };
        await using var sidecar = await SidecarProcess.StartAsync(server.EndPoint, [.. Push.Variables(receiver).Select(each => (each.Key, each.Value))]);
        using var client = await WireClient.ConnectAsync(sidecar.Traffic);
        await client.AskAsync(V2.Request(V2.Body(), fields: Push.TraceParent("00") + "x-fail: 1\r\n"));

        var record = await receiver.FirstAsync(all => all.Logs, log => log.Category == Failures, "a record of the failure");
        Assert.Equal(Push.TraceId, record.TraceId);
        Assert.Contains(sidecar.Lines, line => line.Contains(" sidecar[", StringComparison.Ordinal));
        Assert.DoesNotContain(sidecar.Lines, line => line.Contains(Failures, StringComparison.Ordinal) || line.Contains("an exchange failed", StringComparison.Ordinal));
    }
}
