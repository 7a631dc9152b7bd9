using System.Text;
using Microsoft.Extensions.Time.Testing;
using Sidecar.Capture;
using Sidecar.Model;
using Sidecar.Testing;
using Sidecar.Wire;
using Sidecar.Wire.Tests;

namespace Sidecar.Tests.Capture;

/// <summary>What a tap makes of HTTP/2 and gRPC.</summary>
public sealed class GrpcTapTests
{
    private const string Call = "content-type: application/grpc\ngrpc-timeout: 100m";
    private const string Infer = "/inference.GRPCInferenceService/ModelInfer";
    private readonly FakeTimeProvider _time = new();
    private readonly CountingIntake _intake = new() { Kept = [] };
    private readonly CapturePool _pool;
    private readonly ConnectionTap _tap;
    private readonly H2 _client = new();
    private readonly H2 _server = new();

    public GrpcTapTests()
    {
        _pool = new CapturePool(0, new CaptureSettings(1 << 20, 1), new DecodeGovernor(1, _time), new BodyPool(1 << 24, 1 << 20), _intake, _time);
        _intake.Pool = _pool;
        _tap = _pool.RentTap();
        _tap.Start(0);
        Client(Encoding.ASCII.GetBytes(H2.Preface), H2.Settings());
    }

    private Exchange Last => _intake.Kept![^1];

    [Fact]
    public void Call_has_its_facts_from_head_body_and_trailers()
    {
        Client(_client.Request(1, Infer, end: false, Call + "\nx-request-id: r-9\ngrpc-previous-rpc-attempts: 2"));
        Advance(3);
        Client(H2.Data(1, "\0\0\0\0\u0003abc\u0001\0\0\0\u0001z", end: true));
        Advance(20);
        Server(_server.Headers(1, false, ":status: 200\ncontent-type: application/grpc"));
        Advance(5);
        Server(H2.Data(1, "\0\0\0\0\u0002de"), _server.Headers(1, true, "grpc-status: 3"));

        Assert.Equal(("POST", Infer, "model:8001", "r-9", RequestIdOrigin.XRequestId), (Text(Last.Method), Text(Last.Path), Text(Last.Authority), Text(Last.RequestId), Last.RequestIdOrigin));
        Assert.Equal((2, true, 200, 3, 2, true), (Last.HttpMajorVersion, Last.IsGrpc, Last.Status, Last.GrpcStatus, Last.PreviousAttempts, Last.IsRetry));
        Assert.Equal((2, 1, 1), (Last.RequestMessages.Messages, Last.RequestMessages.CompressedMessages, Last.ResponseMessages.Messages));
        Assert.Equal((3, 20, 5), (Ms(Last.RequestLastByte - Last.RequestFirstByte), Ms(Last.ResponseFirstByte - Last.RequestLastByte), Ms(Last.ResponseLastByte - Last.ResponseFirstByte)));
        Assert.Equal("INVALID_ARGUMENT", ErrorTypes.Of(Last));
    }

    [Fact]
    public void Message_whose_length_is_known_is_not_moved_as_it_arrives()
    {
        Client(_client.Request(1, Infer, end: false, Call), H2.Data(1, "\0\0\0\u0040\0" + new string('x', 4000)));
        var first = _pool.Bodies.Held;
        Client(H2.Data(1, new string('x', 0x4000 - 4000), end: true));

        Assert.Equal(32 * 1024, first);
        Assert.Equal(first, _pool.Bodies.Held);
    }

    [Theory]
    [InlineData("grpc-status: 0", null)]
    [InlineData("grpc-status: 14", "UNAVAILABLE")]
    [InlineData("grpc-status: 99", "UNKNOWN")]
    [InlineData("grpc-status: x", "UNKNOWN")]
    [InlineData("other: 1", "UNKNOWN")] // gRPC clients read an answer without a status so
    public void Status_of_the_trailers_is_the_error_type(string trailer, string? error)
    {
        Client(_client.Request(1, Infer, end: true, Call));
        Server(_server.Headers(1, false, ":status: 200\ncontent-type: application/grpc"), _server.Headers(1, true, trailer));
        Assert.Equal(error, ErrorTypes.Of(Last));
    }

    [Theory]
    [InlineData(99, "DEADLINE_EXCEEDED")]
    [InlineData(300, "DEADLINE_EXCEEDED")]
    [InlineData(50, "client_aborted")]
    public void Clients_reset_at_its_deadline_is_the_servers_failure(int afterMilliseconds, string error)
    {
        Client(_client.Request(1, Infer, end: true, Call));
        Advance(afterMilliseconds);
        Client(H2.Reset(1, 8));
        Assert.Equal(error, ErrorTypes.Of(Last));
    }

    [Fact]
    public void Stream_that_the_server_refuses_is_its_failure()
    {
        Client(_client.Request(1, Infer, end: true, Call));
        Server(H2.Reset(1, 7));
        Assert.Equal("stream_refused", ErrorTypes.Of(Last));
    }

    [Fact]
    public void Time_in_which_the_client_does_not_read_is_told_apart()
    {
        Client(_client.Request(1, Infer, end: true, Call), _client.Request(3, Infer, end: true, Call));
        Server(_server.Headers(3, false, ":status: 200"));
        _tap.OnClientStalled(Now);
        Advance(70);
        _tap.OnClientResumed(Now);
        Server(_server.Headers(1, false, ":status: 200"));
        Advance(10);
        _tap.OnClientStalled(Now);
        Advance(5);
        Server(H2.Data(3, "x", end: true), H2.Data(1, "x", end: true));

        Assert.Equal([75, 5], _intake.Kept!.Select(exchange => Ms(exchange.ClientStall)));
    }

    [Theory]
    [InlineData(Infer, RouteKind.Inference)]
    [InlineData("/inference.GRPCInferenceService/ModelStreamInfer", RouteKind.Inference)]
    [InlineData("/tensorflow.serving.PredictionService/Predict", RouteKind.Unknown)]
    [InlineData("/inference.GRPCInferenceService/ModelReady", RouteKind.NotInference)]
    [InlineData("/grpc.health.v1.Health/Check", RouteKind.NotInference)]
    public void Calls_about_the_server_are_no_inference(string path, RouteKind route)
    {
        Client(_client.Request(1, path, end: false, Call), H2.Data(1, "", end: true));
        Server(_server.Headers(1, true, ":status: 200\ngrpc-status: 0"));
        Assert.Equal(route, Last.Route);
    }

    [Fact]
    public void Probe_over_HTTP2_is_told_apart()
    {
        Client(_client.Request(1, "/v2/models/m/infer", end: true, "user-agent: kube-probe/1.33"));
        Server(_server.Headers(1, true, ":status: 200"));
        Assert.Equal(RouteKind.Probe, Last.Route);
    }

    [Fact]
    public void Answer_that_cannot_be_read_is_opaque_and_no_success()
    {
        Client(_client.Request(1, Infer, end: true, Call));
        Server(_server.Headers(1, true, "x: no status"));
        Assert.Equal((ExchangeEnd.ConnectionOpaque, OpaqueReason.MalformedResponse), (Last.End, Last.Opaque));
    }

    [Fact]
    public void Streams_over_the_bound_are_counted_as_opaque()
    {
        var pool = new CapturePool(0, new CaptureSettings(1 << 20, 1) { Observer = new ObserverLimits { MaxStreams = 1 } }, new DecodeGovernor(1, _time), new BodyPool(1 << 24, 1 << 20), _intake, _time);
        var tap = pool.RentTap();
        tap.Start(0);
        tap.OnClientBytes([.. Encoding.ASCII.GetBytes(H2.Preface), .. _client.Request(1, Infer, end: true), .. _client.Request(3, Infer, end: true)], Now);
        Assert.Equal((2, 1), (_intake.Begun, _intake.OpaqueFor[OpaqueReason.TooManyStreams]));
        Assert.True(tap.IsBusy);
    }

    [Fact]
    public void Two_thousand_streams_at_once_are_each_their_own_exchange()
    {
        for (var i = 0; i < 2000; i++)
            Client(_client.Request((2 * i) + 1, $"/v2/models/m{i}/infer", end: true));
        Assert.True(_tap.IsBusy);
        for (var i = 1999; i >= 0; i--)
            Server(_server.Headers((2 * i) + 1, true, $":status: {200 + (i % 300)}"));
        Assert.False(_tap.IsBusy);
        Assert.Equal(2000, _intake.Kept!.Count);
        Assert.All(_intake.Kept.Select((exchange, n) => (exchange, 1999 - n)), pair => Assert.Equal((200 + (pair.Item2 % 300), $"/v2/models/m{pair.Item2}/infer"), (pair.exchange.Status, Text(pair.exchange.Path))));
    }

    [Fact]
    public void Calls_on_a_warm_connection_allocate_nothing()
    {
        _intake.Kept = null;
        byte[] opening = [.. Encoding.ASCII.GetBytes(H2.Preface), .. H2.Settings()];
        var requests = Enumerable.Range(0, 100).Select(i => (byte[])[.. _client.Request((2 * i) + 1, Infer, end: false, Call), .. H2.Data((2 * i) + 1, "\0\0\0\0\u0003abc", end: true)]).ToArray();
        var answers = Enumerable.Range(0, 100).Select(i => (byte[])[.. _server.Headers((2 * i) + 1, false, ":status: 200"), .. H2.Data((2 * i) + 1, "\0\0\0\0\u0002de"), .. _server.Headers((2 * i) + 1, true, "grpc-status: 0")]).ToArray();
        Round();
        Assert.Equal(0, Allocated.Least(Round));
        Assert.Equal(4 * 50 * 100, _intake.Over);

        void Round()
        {
            for (var connection = 0; connection < 50; connection++)
            {
                var tap = _pool.RentTap();
                tap.Start(0);
                tap.OnClientBytes(opening, 1);
                for (var i = 0; i < requests.Length; i++)
                {
                    tap.OnClientBytes(requests[i], 2);
                    tap.OnUpstreamBytes(answers[i], 3);
                }

                tap.OnEnded(ConnectionEnd.Closed, 4);
            }
        }
    }

    private long Now => _time.GetTimestamp();

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.ASCII.GetString(bytes);

    private int Ms(long ticks) => (int)(ticks * 1000 / _time.TimestampFrequency);

    private void Advance(int milliseconds) => _time.Advance(TimeSpan.FromMilliseconds(milliseconds));

    private void Client(params byte[][] frames)
    {
        foreach (var frame in frames)
            _tap.OnClientBytes(frame, Now);
    }

    private void Server(params byte[][] frames)
    {
        foreach (var frame in frames)
            _tap.OnUpstreamBytes(frame, Now);
    }
}
