using System.Collections.Concurrent;
using System.Globalization;
using Sidecar.Configuration;
using Sidecar.Demo;
using Sidecar.Demo.Serving;
using Sidecar.Demo.Traffic;
using Sidecar.FunctionalTests.Harness;
using Sidecar.Tests.Emit;

namespace Sidecar.FunctionalTests.Otlp;

/// <summary>Which exchanges become spans, what is in them, and that nobody waits for them.</summary>
public sealed class TraceTests
{
    private const string Versioned = "/v2/models/toy/versions/7/infer";
    private const string Items = "sidecar_export_items_total";
    private static readonly TimeSpan Tolerance = TimeSpan.FromMilliseconds(50); // two clocks, and what a busy machine adds

    [Theory]
    [InlineData("grpc")]
    [InlineData("http/protobuf")]
    public async Task A_failure_is_a_span_in_its_callers_trace_also_where_the_caller_keeps_nothing(string protocol)
    {
        var pause = TimeSpan.FromMilliseconds(150);
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var server = new FakeModelServer { Script = Push.FailWhereAsked(pause), Answer = V2.Answer(version: "7") };
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port, hooks: Push.Hooks(Push.Variables(receiver, protocol), ("POD_NAME", "pod-1")));
        using var client = await WireClient.ConnectAsync(sidecar.Traffic);

        // Whose name a failure bears is known once the server has answered for that model.
        await client.AskAsync(V2.Request(V2.Body(), Versioned, Push.TraceParent("00", Push.Trace(1))));
        await sidecar.SettledAsync();

        var before = DateTimeOffset.UtcNow;
        var (head, _) = await client.AskAsync(V2.Request(V2.Body(), Versioned, Push.TraceParent("00") + "x-request-id: ticket-1\r\nx-fail: 1\r\n"));
        var after = DateTimeOffset.UtcNow;
        var span = await receiver.SpanAsync(_ => true);

        Assert.Equal(500, head.Status);
        Assert.Equal((Push.TraceId, Push.ParentId), (span.TraceId, span.ParentSpanId));
        Assert.Equal(16, span.SpanId.Length);
        Assert.NotEqual(Push.ParentId, span.SpanId);
        Assert.Equal("infer toy", span.Name);
        Assert.Equal(1, span.Kind); // SPAN_KIND_INTERNAL
        Assert.Equal(2, span.Status); // STATUS_CODE_ERROR
        Assert.Equal(("500", "500"), (span["error.type"], span["http.response.status_code"]));
        Assert.Equal(("toy", "7"), (span["model"], span["model_version"]));
        Assert.Equal("ticket-1", span["sidecar.request.id"]);
        Assert.Equal("default", span["listener"]);
        // The times of the exchange, which was over before the span began to be written.
        Assert.InRange(span.Start, before - Tolerance, after - pause);
        Assert.InRange(span.End, span.Start + pause, after + Tolerance);
        Assert.Equal(["request.sent", "response.began"], span.Events.Select(each => each.Name));
        Assert.All(span.Events, each => Assert.InRange(each.Time, span.Start, span.End));
        Assert.Equal("pod-1", receiver.All.First(request => request.Message.Spans.Count > 0).Message.Resource["k8s.pod.name"]);
        Assert.Equal(protocol == "grpc" ? "/opentelemetry.proto.collector.trace.v1.TraceService/Export" : "/v1/traces", receiver.All.First(request => request.Message.Spans.Count > 0).Path);
        await Series.UntilAsync(sidecar, 1, Items, ("signal", "traces"), ("result", "sent"));
    }

    [Theory]
    [InlineData("00", 200, 0, false)]
    [InlineData("00", 200, 1, false)] // its caller has decided
    [InlineData("01", 200, 0, true)]
    [InlineData("03", 200, 0, true)] // another flag beside it
    [InlineData("02", 200, 0, false)]
    [InlineData(null, 200, 0, false)]
    [InlineData(null, 200, 1, true)]
    [InlineData(null, 500, 0, true)]
    [InlineData("01", 500, 0, true)]
    public async Task What_is_kept_goes_by_outcome_then_caller_then_rate(string? flags, int status, double rate, bool kept)
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var server = new FakeModelServer { Script = Push.FailWhereAsked() };
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port, options => options with { Traces = new TraceOptions { Rate = rate } }, Push.Hooks(Push.Variables(receiver)));
        using var client = await WireClient.ConnectAsync(sidecar.Traffic);

        var fields = (flags is null ? "" : Push.TraceParent(flags)) + (status == 500 ? "x-fail: 1\r\n" : "");
        Assert.Equal(status, (await client.AskAsync(V2.Request(V2.Body(), fields: fields))).Head.Status);
        await sidecar.SettledAsync();
        await Push.StopAsync(sidecar);

        Assert.Equal(kept ? 1 : 0, receiver.Spans.Count());
        foreach (var span in receiver.Spans)
        {
            Assert.Equal(status == 500 ? 2 : 0, span.Status);
            Assert.Equal(flags is null ? "" : Push.ParentId, span.ParentSpanId);
            Assert.Equal(flags is not null, span.TraceId == Push.TraceId);
            Assert.Equal(1u, span.Flags & 1); // what we keep is kept
        }
    }

    [Fact]
    public async Task A_breach_of_the_contract_is_a_span_without_an_error()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var server = new FakeModelServer { Metadata = V2.Metadata };
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port, options => options with { Traces = new TraceOptions { Rate = 0 } }, Push.Hooks(Push.Variables(receiver)));
        using var client = await WireClient.ConnectAsync(sidecar.Traffic);
        await LearnContractAsync(sidecar, client);

        await client.AskAsync(V2.Request(V2.Body(data: "1,null,3,4"), fields: Push.TraceParent("00")));
        await sidecar.SettledAsync();
        await Push.StopAsync(sidecar);

        var span = Assert.Single(receiver.Spans);
        Assert.Equal((Push.TraceId, Push.ParentId), (span.TraceId, span.ParentSpanId));
        Assert.Equal((0, "1", ""), (span.Status, span["sidecar.contract.violations"], span["error.type"]));
    }

    [Fact]
    public async Task A_server_that_cannot_be_reached_is_a_span_of_no_trace()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var server = new FakeModelServer(listening: false);
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port, RelayUnderTest.WithoutMetadata, Push.Hooks(Push.Variables(receiver)));

        await sidecar.AssertRefusedAsync(V2.Request(V2.Body(), fields: Push.TraceParent("01")));

        var span = await receiver.SpanAsync(_ => true);
        Assert.Equal((2, "connection_refused"), (span.Status, span["error.type"]));
        Assert.Equal("", span.ParentSpanId); // no byte of a request was read that would have had one
        Assert.InRange(span.Start, DateTimeOffset.UtcNow - RelayUnderTest.Patience, DateTimeOffset.UtcNow + Tolerance);
    }

    // W3C Trace Context, level 1, 3.2 and 4.3: what isn't valid is as if it were not there, and a later version is read as far as it is known.
    [Theory]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", true)]
    [InlineData("  00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00 \t", true)]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0", false)]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7", false)]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00-", false)]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00-more", false)]
    [InlineData("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-00", false)]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00F067AA0BA902B7-00", false)]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0A", false)]
    [InlineData("00-00000000000000000000000000000000-00f067aa0ba902b7-00", false)]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-00", false)]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-00", false)]
    [InlineData("00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_00", false)]
    [InlineData("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", false)]
    [InlineData("FF-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", false)]
    [InlineData("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", true)]
    [InlineData("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00-what-comes-later", true)]
    [InlineData("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00what-comes-later", false)]
    [InlineData("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00-", true)]
    [InlineData("", false)]
    [InlineData("-", false)]
    public async Task A_traceparent_is_joined_by_the_rules_of_W3C(string value, bool joins)
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var server = new FakeModelServer { Script = Push.FailWhereAsked() };
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port, hooks: Push.Hooks(Push.Variables(receiver)));
        using var client = await WireClient.ConnectAsync(sidecar.Traffic);

        await client.AskAsync(V2.Request(V2.Body(), fields: $"x-request-id: r\r\ntraceparent:{value}\r\nx-fail: 1\r\n"));

        var span = await receiver.SpanAsync(_ => true);
        Assert.Equal(joins ? Push.ParentId : "", span.ParentSpanId);
        Assert.Equal(joins, span.TraceId == Push.TraceId);
        Assert.NotEqual(new string('0', 32), span.TraceId);
    }

    [Fact]
    public async Task The_model_server_receives_what_the_client_sent_and_no_field_more()
    {
        var seen = new ConcurrentQueue<WireHead>();
        var fail = Push.FailWhereAsked();
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var server = new FakeModelServer
        {
            Metadata = V2.Metadata,
            Script = exchange =>
            {
                seen.Enqueue(exchange.Head);
                return fail(exchange);
            },
        };
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port, options => options with { Traces = new TraceOptions { Rate = 1 } }, Push.Hooks(Push.Variables(receiver)));
        using var client = await WireClient.ConnectAsync(sidecar.Traffic);
        List<byte[]> requests =
        [
            V2.Request(V2.Body()),
            V2.Request(V2.Body(), fields: Push.TraceParent("00")),
            V2.Request(V2.Body(), fields: Push.TraceParent("01") + "tracestate: vendor=opaque\r\nbaggage: k=v\r\n"),
            V2.Request(V2.Body(), fields: "x-fail: 1\r\n"),
        ];

        foreach (var request in requests)
            await client.AskAsync(request);
        await receiver.SpanAsync(span => span.Status == 2);
        await Series.UntilAsync(sidecar, 3, Items, ("signal", "traces"), ("result", "sent"));

        var heads = seen.Where(head => head.Method == "POST").ToList();
        Assert.Equal(requests.Count, heads.Count);
        foreach (var (request, head) in requests.Zip(heads))
        {
            var sent = WireHead.Parse(System.Text.Encoding.UTF8.GetString(request).Split("\r\n\r\n")[0]);
            Assert.Equal(sent.First, head.First);
            Assert.Equal(sent.Fields.OrderBy(field => field.Key), head.Fields.OrderBy(field => field.Key));
        }

        // Nor is the sidecar's own question for the metadata part of anybody's trace.
        var asked = await UntilAnyAsync(seen, head => head.Method == "GET");
        Assert.DoesNotContain("traceparent", asked.Fields.Keys);
    }

    [Fact]
    public async Task An_answer_that_a_shadow_disagrees_with_is_a_span_in_the_callers_trace()
    {
        var file = Path.Combine(Path.GetTempPath(), $"sidecar-shadow-{Guid.NewGuid():N}.onnx");
        await File.WriteAllBytesAsync(file, DemoAssets.SwappedModel(), TestContext.Current.CancellationToken);
        try
        {
            await using var receiver = await OtlpReceiver.StartAsync();
            using var model = new OnnxModel("income", "1", DemoAssets.PrimaryModel());
            await using var server = await DemoModelServer.StartAsync(model, TimeProvider.System, TestContext.Current.CancellationToken);
            await using var sidecar = await RelayUnderTest.StartAsync(
                server.Port, options => options with { Shadows = [new ShadowOptions { Name = "candidate", File = file, Rate = 1 }] }, Push.Hooks(Push.Variables(receiver)));
            using var client = await WireClient.ConnectAsync(sidecar.Traffic);
            var rows = DemoRows.Parse(DemoAssets.Rows());
            for (var i = 0; i < 40; i++)
            {
                var body = System.Text.Encoding.UTF8.GetString(rows.Request(i, $"r{i}", InputFault.None).Span);
                await client.AskAsync(V2.Request(body, "/v2/models/income/infer", Push.TraceParent("00", Push.Trace(i))));
            }

            var series = await Series.UntilAsync(sidecar, 40, "sidecar_shadow_comparisons_total");
            await Push.StopAsync(sidecar);

            var disagreed = series.Sum("sidecar_shadow_comparisons_total", ("result", "disagree"));
            Assert.InRange(disagreed, 5, 40);
            Assert.Equal(disagreed, receiver.Spans.Count());
            foreach (var span in receiver.Spans)
            {
                Assert.Equal("shadow disagrees income", span.Name);
                Assert.Equal(("income", "1", "candidate"), (span["model"], span["model_version"], span["shadow"]));
                var row = int.Parse(span["sidecar.request.id"].AsSpan(1), CultureInfo.InvariantCulture);
                Assert.Equal((Push.Trace(row), Push.ParentId), (span.TraceId, span.ParentSpanId));
            }
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("grpc", false)]
    [InlineData("http/protobuf", false)]
    [InlineData("grpc", true)]
    [InlineData("http/protobuf", true)]
    public async Task Spans_that_the_receiver_does_not_take_are_counted_and_cost_no_request(string protocol, bool hangs)
    {
        await using var receiver = await OtlpReceiver.StartAsync(hangs ? OtlpReceiver.Answer.Hang : OtlpReceiver.Answer.Refuse);
        await using var server = new FakeModelServer { Script = Push.FailWhereAsked() };
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port, hooks: Push.Hooks(Push.Variables(receiver, protocol), ("OTEL_EXPORTER_OTLP_TIMEOUT", "300")));
        using var client = await WireClient.ConnectAsync(sidecar.Traffic);

        for (var i = 0; i < 20; i++)
            Assert.Equal(500, (await client.AskAsync(V2.Request(V2.Body(), fields: "x-fail: 1\r\n"))).Head.Status);

        var series = await Series.UntilAsync(sidecar, 20, Items, ("signal", "traces"), ("result", "dropped"), ("reason", "export_failed"));
        Assert.Equal(20, series.Sum(Items, ("signal", "traces")));
        Assert.InRange(series.Sum("sidecar_export_total", ("signal", "traces"), ("result", "failure")), 1, 20);
        Assert.Equal(0, series.Sum("sidecar_export_total", ("signal", "traces"), ("result", "success")));
        await Series.BalancedAsync(sidecar);
    }

    [Fact]
    public async Task Behind_a_receiver_that_hangs_a_bounded_number_of_spans_waits_and_the_others_are_counted()
    {
        const int Waiting = 2048, First = 3000, More = 6000;
        await using var receiver = await OtlpReceiver.StartAsync(OtlpReceiver.Answer.Hang);
        await using var server = new FakeModelServer { Script = Push.FailWhereAsked() };
        var variables = Push.Variables(receiver).Append(new("OTEL_EXPORTER_OTLP_TIMEOUT", "600000")).Select(each => (each.Key, each.Value));
        await using var sidecar = await SidecarProcess.StartAsync(server.EndPoint, [.. variables]);

        await FailAsync(sidecar, First);
        var series = await sidecar.BalancedAsync(First);
        Assert.Equal(First - Waiting, series.Sum(Items, ("signal", "traces"), ("reason", "queue_full")));
        Assert.Equal(First - Waiting, series.Sum(Items, ("signal", "traces")));
        // One record for each failure that has a span.
        await sidecar.UntilAsync(now => now.Sum(Items, ("signal", "logs"), ("reason", "queue_full")) > 0, "log records are refused");
        var before = sidecar.Resident;

        await FailAsync(sidecar, More);
        series = await sidecar.BalancedAsync(First + More);
        Assert.Equal(First + More - Waiting, series.Sum(Items, ("signal", "traces"), ("reason", "queue_full")));
        Assert.InRange(sidecar.Resident, 0, before + (24 << 20));
    }

    private static async Task FailAsync(SidecarProcess sidecar, int requests)
    {
        const int Connections = 6;
        ReadOnlyMemory<byte> request = V2.Request(V2.Body(), fields: Push.TraceParent("00") + "x-fail: 1\r\n");
        await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => Task.Run(async () =>
        {
            using var client = await WireClient.ConnectAsync(sidecar.Traffic);
            for (var i = 0; i < requests / Connections; i++)
                Assert.Equal(500, (await client.AskAsync(request)).Head.Status);
        })));
    }

    private static async Task LearnContractAsync(RelayUnderTest sidecar, WireClient client)
    {
        using var deadline = new CancellationTokenSource(RelayUnderTest.Patience);
        ReadOnlyMemory<byte> request = V2.Request(V2.Body());
        while ((await Series.ScrapeAsync(sidecar)).Sum("sidecar_contract_checks_total", ("result", "pass")) == 0)
        {
            deadline.Token.ThrowIfCancellationRequested();
            await client.AskAsync(request);
            await sidecar.SettledAsync();
        }
    }

    private static async Task<T> UntilAnyAsync<T>(ConcurrentQueue<T> items, Func<T, bool> fits)
    {
        await RelayUnderTest.UntilAsync(() => items.Any(fits), "it came");
        return items.First(fits);
    }
}
