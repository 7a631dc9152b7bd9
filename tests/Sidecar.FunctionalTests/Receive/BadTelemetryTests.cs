using System.Net;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Time.Testing;
using Sidecar.FunctionalTests.Harness;
using Sidecar.Telemetry;
using Sidecar.Tests.Emit;

namespace Sidecar.FunctionalTests.Receive;

/// <summary>Telemetry that is no telemetry, and receivers that don't take it: counted, said once, answered as OTLP has it, and no matter to the pod.</summary>
public sealed class BadTelemetryTests
{
    private static readonly Marshaller<byte[]> Bytes = Marshallers.Create(static bytes => bytes, static bytes => bytes);
    private static readonly Method<byte[], byte[]> Export = new(MethodType.Unary, "opentelemetry.proto.collector.trace.v1.TraceService", "Export", Bytes, Bytes);

    public static TheoryData<string, byte[], string, string?, int, string> Bad { get; } = new()
    {
        { "ends early", ReceiverTests.SomeSpans(3)[..^1], "application/x-protobuf", null, 400, "malformed" },
        { "no protobuf", "hello, world"u8.ToArray(), "application/x-protobuf", null, 400, "malformed" },
        { "an id of 5 bytes", [0x0A, 0x0B, 0x12, 0x09, 0x12, 0x07, 0x0A, 5, 1, 2, 3, 4, 5], "application/x-protobuf", null, 400, "malformed" },
        { "a number for a message", [0x08, 0x01], "application/x-protobuf", null, 400, "malformed" },
        { "no JSON", "{\"resourceSpans\":["u8.ToArray(), "application/json", null, 400, "malformed" },
        { "more than JSON", "{} {}"u8.ToArray(), "application/json", null, 400, "malformed" },
        { "another JSON", "{\"resourceSpans\":\"none\"}"u8.ToArray(), "application/json; charset=utf-8", null, 400, "malformed" },
        { "no object", "[]"u8.ToArray(), "application/json", null, 400, "malformed" },
        { "nothing as JSON", [], "application/json", null, 400, "malformed" },
        { "no gzip", ReceiverTests.SomeSpans(1), "application/x-protobuf", "gzip", 400, "malformed" },
        { "half a gzip", ReceiverTests.Gzip(ReceiverTests.SomeSpans(900))[..20], "application/x-protobuf", "gzip", 400, "malformed" },
        { "a bomb", ReceiverTests.Gzip(new byte[64 << 20]), "application/x-protobuf", "gzip", 413, "too_large" },
        { "too large", new byte[9 << 20], "application/x-protobuf", null, 413, "too_large" },
        { "a text", "hello"u8.ToArray(), "text/plain", null, 415, "unsupported" },
        { "no type", ReceiverTests.SomeSpans(1), "", null, 415, "unsupported" },
        { "another coding", ReceiverTests.SomeSpans(1), "application/x-protobuf", "compress", 415, "unsupported" },
    };

    [Theory]
    [MemberData(nameof(Bad), DisableDiscoveryEnumeration = true)]
    public async Task What_is_no_OTLP_is_refused_counted_and_said_once(string what, byte[] body, string type, string? coding, int status, string reason)
    {
        await using var behind = await OtlpReceiver.StartAsync();
        await using var receiver = await ReceiverUnderTest.StartAsync(behind.Http);
        for (var i = 0; i < 3; i++)
        {
            using var answer = await receiver.PostAsync("/v1/traces", body, type, coding);
            Assert.True((int)answer.StatusCode == status, $"{what}: {answer.StatusCode}");
            // google.rpc.Status, in the form of the request.
            var said = await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
            if (type.StartsWith("application/json", StringComparison.Ordinal))
                Assert.Equal(3, System.Text.Json.JsonDocument.Parse(said).RootElement.GetProperty("code").GetInt32());
            else
                Assert.Equal([0x08, 3, 0x12], said[..3]);
        }

        Assert.Equal((3d, 3d), (await receiver.CountAsync("rejected", reason), await receiver.CountAsync("rejected")));
        Assert.Single(receiver.Logs.Ids, EventIds.ReceiverTrouble);
        Assert.Empty(behind.Paths);
        // The next one that is sound goes through.
        using var sound = await receiver.PostAsync("/v1/traces", ReceiverTests.SomeSpans(1));
        Assert.Equal((HttpStatusCode.OK, 1d), (sound.StatusCode, await receiver.CountAsync("forwarded")));
        await receiver.AssertServesAsync();
    }

    [Fact]
    public async Task Calls_of_gRPC_that_are_no_OTLP_are_refused_and_counted()
    {
        await using var behind = await OtlpReceiver.StartAsync();
        await using var receiver = await ReceiverUnderTest.StartAsync(behind.Http);
        using var channel = GrpcChannel.ForAddress(receiver.Grpc);
        async Task<StatusCode> CallAsync(byte[] message)
        {
            using var call = channel.CreateCallInvoker().AsyncUnaryCall(Export, null, default, message);
            return (await Assert.ThrowsAsync<RpcException>(async () => await call)).StatusCode;
        }

        Assert.Equal(StatusCode.InvalidArgument, await CallAsync([0x08, 0x01]));
        Assert.Equal(StatusCode.ResourceExhausted, await CallAsync(new byte[(4 << 20) + 1]));
        using var client = new HttpClient();
        foreach (byte[] frame in (byte[][])[[], [0, 0, 0, 0, 9, 1], [1, 0, 0, 0, 2, 0xAB, 0xCD], [9, 9, 9, 9, 9, 9, 9]])
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(receiver.Grpc, Export.FullName))
            {
                Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = new ByteArrayContent(frame),
            };
            request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/grpc");
            request.Headers.TryAddWithoutValidation("grpc-encoding", "gzip");
            using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);
            await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        }

        await Series.UntilAsync(receiver.Sidecar, 6, "sidecar_received_requests_total", ("protocol", "grpc"), ("result", "rejected"));
        Assert.Equal((1d, 6d), (await receiver.CountAsync("rejected", "too_large"), await receiver.CountAsync("rejected")));
        Assert.Empty(behind.Paths);
        using var sound = channel.CreateCallInvoker().AsyncUnaryCall(Export, null, default, ReceiverTests.SomeSpans(2));
        await sound;
        Assert.Equal(1, await receiver.CountAsync("forwarded"));
        await receiver.AssertServesAsync();
    }

    [Theory]
    [InlineData("GET", "/v1/traces", 405)]
    [InlineData("POST", "/v1/profiles", 404)]
    [InlineData("POST", "/", 404)]
    public async Task Other_requests_are_told_what_is_here(string method, string path, int status)
    {
        await using var receiver = await ReceiverUnderTest.StartAsync("http://127.0.0.1:1");
        using var answer = await receiver.PostAsync(path, [], also: request => request.Method = new HttpMethod(method));
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Contains("POST /v1/traces", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal(0, await receiver.CountAsync("rejected"));
    }

    [Theory]
    [InlineData(400, "refused", StatusCode.InvalidArgument)]
    [InlineData(401, "refused", StatusCode.Unauthenticated)]
    [InlineData(403, "refused", StatusCode.PermissionDenied)]
    [InlineData(404, "refused", StatusCode.Unimplemented)]
    [InlineData(429, "unavailable", StatusCode.Unavailable)]
    [InlineData(503, "unavailable", StatusCode.Unavailable)]
    public async Task What_the_receiver_behind_refuses_is_its_answer(int status, string reason, StatusCode code)
    {
        await using var behind = await AnsweringServer.StartAsync(200, "text/plain", []);
        behind.Answer(status, "text/plain", "its own words"u8.ToArray(), retryAfter: "17");
        await using var receiver = await ReceiverUnderTest.StartAsync(behind.Address);
        using var answer = await receiver.PostAsync("/v1/traces", ReceiverTests.SomeSpans(4));
        Assert.Equal((status, "17", "its own words"), ((int)answer.StatusCode, answer.Headers.RetryAfter?.ToString(), await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)));
        using var channel = GrpcChannel.ForAddress(receiver.Grpc);
        using var call = channel.CreateCallInvoker().AsyncUnaryCall(Export, null, default, ReceiverTests.SomeSpans(4));
        Assert.Equal(code, (await Assert.ThrowsAsync<RpcException>(async () => await call)).StatusCode);

        var series = await Series.ScrapeAsync(receiver.Sidecar);
        Assert.Equal((2d, 8d), (await receiver.CountAsync("failed", reason), series.Sum("sidecar_received_items_total", ("result", "failed"), ("reason", reason))));
        Assert.Single(receiver.Logs.Ids, EventIds.ReceiverTrouble);
        await receiver.AssertServesAsync();
    }

    [Fact]
    public async Task Receiver_that_is_away_is_an_answer_after_which_exporters_try_again()
    {
        await using var receiver = await ReceiverUnderTest.StartAsync("http://127.0.0.1:1");
        using var answer = await receiver.PostAsync("/v1/traces", ReceiverTests.SomeSpans(1));
        Assert.Equal(503, (int)answer.StatusCode);
        var status = await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        Assert.Equal([0x08, 14, 0x12], status[..3]);
        Assert.Equal(1, await receiver.CountAsync("failed", "unreachable"));
        Assert.Contains(receiver.Logs.All, line => line.Contains("http://127.0.0.1:1/ can't be reached", StringComparison.Ordinal));
        await receiver.AssertServesAsync();
    }

    [Fact]
    public async Task Receiver_that_hangs_is_given_up_and_holds_nothing_but_telemetry()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var behind = await OtlpReceiver.StartAsync(OtlpReceiver.Answer.Hang);
        await using var receiver = await ReceiverUnderTest.StartAsync(behind.Http, time);
        var waiting = Enumerable.Range(0, 12).Select(_ => receiver.PostAsync("/v1/traces", ReceiverTests.SomeSpans(1))).ToList();
        await behind.Called;
        await receiver.AssertServesAsync();
        var all = Task.WhenAll(waiting);
        // Each has its ten seconds once it is its turn.
        await RelayUnderTest.UntilAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return all.IsCompleted;
            },
            "all are given up");
        foreach (var answer in await all)
        {
            Assert.Equal(503, (int)answer.StatusCode);
            answer.Dispose();
        }

        Assert.Equal(12, await receiver.CountAsync("failed", "timed_out"));
        Assert.Single(receiver.Logs.Ids, EventIds.ReceiverTrouble);
    }

    [Fact]
    public async Task Application_that_does_not_wait_is_counted_and_frees_its_place()
    {
        await using var behind = await OtlpReceiver.StartAsync(OtlpReceiver.Answer.Hang);
        await using var receiver = await ReceiverUnderTest.StartAsync(behind.Http);
        // More than are sent on at a time: places come free.
        for (var i = 0; i < 6; i++)
        {
            using var impatient = new HttpClient();
            using var content = new ByteArrayContent(ReceiverTests.SomeSpans(1));
            content.Headers.TryAddWithoutValidation("Content-Type", "application/x-protobuf");
            using var leave = new CancellationTokenSource();
            var post = impatient.PostAsync(new Uri(receiver.Http, "/v1/traces"), content, leave.Token);
            var before = i + 1;
            await RelayUnderTest.UntilAsync(() => behind.Paths.Count >= before, "it is being sent on");
            await leave.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => post);
            await Series.UntilAsync(receiver.Sidecar, before, "sidecar_received_requests_total", ("reason", "canceled"));
        }

        Assert.DoesNotContain(EventIds.ReceiverTrouble, receiver.Logs.Ids);
        await receiver.AssertServesAsync();
    }
}
