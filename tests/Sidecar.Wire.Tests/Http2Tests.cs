namespace Sidecar.Wire.Tests;

public class Http2Tests
{
    private const string Grpc = "content-type: application/grpc\ngrpc-timeout: 100m";
    private readonly H2 _client = new();
    private readonly H2 _server = new();

    [Fact]
    public void Unary_call_of_gRPC_has_its_status_from_the_trailers()
    {
        var seen = Watch.Connection(
            Opening(_client.Request(1, "/inference.GRPCInferenceService/ModelInfer", end: false, Grpc), H2.Data(1, "\0\0\0\0\u0003abc", end: true)),
            Server(H2.Settings(), _server.Headers(1, false, ":status: 200\ncontent-type: application/grpc"), H2.Data(1, "\0\0\0\0\u0002de"),
                _server.Headers(1, true, "grpc-status: 0\ngrpc-message: ")));
        Assert.Equal(
            "> 0 POST /inference.GRPCInferenceService/ModelInfer | > 0 body \0\0\0\0\u0003abc | > 0 end | < 0 200 | < 0 body \0\0\0\0\u0002de"
            + " | < 0 trailers grpc-status 0 | < 0 end | = 0 Complete", seen.Log);
    }

    [Fact]
    public void Answer_that_is_only_a_head_has_its_status_there()
    {
        var seen = Watch.Connection(
            Opening(_client.Request(1, "/a", end: true, Grpc)),
            Server(_server.Headers(1, true, ":status: 200\ncontent-type: application/grpc\ngrpc-status: 5\ngrpc-message: no%20model")));
        Assert.Equal((5, ExchangeEnd.Complete), (seen.Exchanges[0].GrpcStatus, seen.Exchanges[0].End!.Value));
    }

    [Fact]
    public void Interleaved_streams_are_told_apart()
    {
        var seen = Watch.Connection(
            Opening(_client.Request(1, "/a", end: false), _client.Request(3, "/b", end: false), H2.Data(3, "B1"), H2.Data(1, "A1"), H2.Data(3, "", end: true)),
            Server(_server.Headers(3, false, ":status: 201"), H2.Data(3, "b", end: true)),
            Client(H2.Data(1, "A2", end: true), _client.Request(5, "/c", end: true)),
            Server(_server.Headers(5, true, ":status: 204"), _server.Headers(1, true, ":status: 200")));
        Assert.Equal(
            ["/a A1A2 200  Complete", "/b B1 201 b Complete", "/c  204  Complete"],
            seen.Exchanges.Select(e => $"{e.Target} {e.RequestBody} {e.Status} {e.ResponseBody} {e.End}"));
    }

    [Fact]
    public void Padding_priority_continuation_and_frames_without_meaning_change_nothing()
    {
        var plain = Watch.Connection(
            Opening(new H2().Request(1, "/a", end: false), H2.Data(1, "hello", end: true)), Server(new H2().Headers(1, true, ":status: 200\nx: y")));
        var frames = Watch.Connection(
            Opening(
                H2.Frame(4, 1, 0, []), H2.Frame(6, 0, 0, new byte[8]), H2.Frame(8, 0, 0, [0, 1, 0, 0]), H2.Frame(2, 0, 1, new byte[5]),
                _client.Headers(1, false, ":method: POST\n:scheme: http\n:path: /a\n:authority: model:8001", piece: 5, padding: 3, priority: true),
                H2.Frame(0xFE, 0xFF, 7, new byte[70]), H2.Data(1, "he", padding: 0), H2.Data(1, "", padding: 200), H2.Data(1, "llo", end: true, padding: 7)),
            Server(_server.Headers(1, false, ":status: 100"), _server.Headers(1, true, ":status: 200\nx: y", piece: 1)));
        Assert.Equal(plain.Log.Replace("< 0 200", "< 0 200 after 1", StringComparison.Ordinal), frames.Log);
    }

    [Fact]
    public void Promised_streams_are_ignored_and_their_fields_still_count_in_the_table()
    {
        // Literal with indexing: the promise's field is entry 62 of what follows.
        byte[] promised = [0, 0, 0, 2, 0x40, 1, (byte)'k', 1, (byte)'v'];
        byte[] answer = [0x88, 0xBE]; // :status: 200 (static), k: v (dynamic)
        var seen = Watch.Connection(
            Opening(_client.Request(1, "/a", end: true)),
            Server(H2.Frame(5, 4, 1, promised), _server.Headers(2, false, ":status: 200"), H2.Data(2, "pushed", end: true), H2.Frame(1, 5, 1, answer)));
        Assert.Equal("> 0 POST /a | > 0 end | < 0 200 | < 0 end | = 0 Complete", seen.Log);
    }

    [Theory]
    [InlineData('c', 8, ExchangeEnd.ClientReset)] // CANCEL
    [InlineData('s', 2, ExchangeEnd.UpstreamReset)] // INTERNAL_ERROR
    [InlineData('s', 7, ExchangeEnd.Refused)] // REFUSED_STREAM (RFC 9113 §8.7)
    public void Reset_stream_ends_its_exchange_alone(char side, int code, ExchangeEnd end)
    {
        var seen = Watch.Connection(
            Opening(_client.Request(1, "/a", end: false), _client.Request(3, "/b", end: true)),
            side + H2.Text(H2.Reset(1, code)),
            Server(_server.Headers(1, true, ":status: 200"), _server.Headers(3, true, ":status: 200")));
        Assert.Equal([end, ExchangeEnd.Complete], seen.Exchanges.Select(e => e.End!.Value));
    }

    [Fact]
    public void Reset_after_the_whole_answer_is_no_failure()
    {
        // What a server that needs no more of the request does (RFC 9113 §8.1); some say it twice.
        var seen = Watch.Connection(
            Opening(_client.Request(1, "/a", end: false)),
            Server(_server.Headers(1, true, ":status: 413"), H2.Reset(1, 0), _server.Headers(1, true, ":status: 413"), H2.Reset(1, 0)));
        Assert.Equal("> 0 POST /a | < 0 413 | < 0 end | = 0 Complete", seen.Log);
    }

    [Theory]
    [InlineData("c-reset", "3", ExchangeEnd.Complete)]
    [InlineData("c-close", "3", ExchangeEnd.Complete)]
    [InlineData("RST_STREAM", "3", ExchangeEnd.Complete)]
    [InlineData("s-close", "3", ExchangeEnd.UpstreamAborted)] // a client that still waits for the end of the stream takes this for a failure
    [InlineData("c-reset", "4", ExchangeEnd.ClientReset)]
    [InlineData("c-close", "4", ExchangeEnd.ClientAborted)]
    [InlineData("RST_STREAM", "2", ExchangeEnd.ClientReset)]
    [InlineData("RST_STREAM", "3\ncontent-type: application/grpc", ExchangeEnd.ClientReset)]
    public void Client_that_leaves_with_all_of_the_declared_length_has_a_whole_answer(string last, string length, ExchangeEnd end)
    {
        var seen = Watch.Connection(
            Opening(_client.Request(1, "/a", end: true)),
            Server(_server.Headers(1, false, $":status: 200\ncontent-length: {length}"), H2.Data(1, "ab"), H2.Data(1, "c")),
            last == "RST_STREAM" ? Client(H2.Reset(1, 8)) : last,
            "s-close");
        Assert.Equal(end, seen.Exchanges[0].End);
    }

    [Fact]
    public void Streams_above_a_goaways_last_one_were_refused()
    {
        var seen = Watch.Connection(
            Opening(_client.Request(1, "/a", end: true), _client.Request(3, "/b", end: true)),
            Server(H2.GoAway(1), _server.Headers(1, true, ":status: 200")),
            "s-close");
        Assert.Equal([ExchangeEnd.Complete, ExchangeEnd.Refused], seen.Exchanges.Select(e => e.End!.Value));
    }

    [Fact]
    public void Frames_with_more_than_is_read_of_them_are_read_right_in_pieces()
    {
        byte[] longGoAway = [.. H2.GoAway(5)[..17], .. new byte[40]];
        longGoAway[2] = 48;
        var seen = Watch.Connection(
            Opening(_client.Request(1, "/a", end: true), _client.Request(3, "/b", end: true)),
            Server(longGoAway, H2.Reset(3, 8), _server.Headers(1, true, ":status: 200")));
        Assert.Equal([ExchangeEnd.Complete, ExchangeEnd.UpstreamReset], seen.Exchanges.Select(e => e.End!.Value));
    }

    [Theory]
    [InlineData("s-close", ExchangeEnd.UpstreamAborted)]
    [InlineData("s-reset", ExchangeEnd.UpstreamReset)]
    [InlineData("c-reset", ExchangeEnd.ClientReset)]
    [InlineData("stop", ExchangeEnd.Shutdown)]
    public void Connections_end_ends_what_is_open(string last, ExchangeEnd end)
    {
        var seen = Watch.Connection(
            Opening(_client.Request(1, "/a", end: true), _client.Request(3, "/b", end: false)), Server(_server.Headers(1, false, ":status: 200")), last);
        Assert.Equal([end, end], seen.Exchanges.Select(e => e.End!.Value));
    }

    [Fact]
    public void Upgraded_connection_goes_on_with_stream_1()
    {
        var seen = Watch.Connection(
            "cGET /x HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n",
            "sHTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n" + H2.Text(H2.Settings(), _server.Headers(1, false, ":status: 200")),
            Opening(_client.Request(3, "/y", end: true)),
            Server(H2.Data(1, "one", end: true), _server.Headers(3, true, ":status: 404")));
        Assert.Equal(["/x 200 one Complete", "/y 404  Complete"], seen.Exchanges.Select(e => $"{e.Target} {e.Status} {e.ResponseBody} {e.End}"));
        Assert.Equal(OpaqueReason.None, seen.Opaque);
    }

    [Fact]
    public void Server_that_speaks_first_is_followed()
    {
        var seen = Watch.Connection(Server(H2.Settings()), Opening(_client.Request(1, "/a", end: true)), Server(_server.Headers(1, true, ":status: 200")));
        Assert.Equal("> 0 POST /a | > 0 end | < 0 200 | < 0 end | = 0 Complete", seen.Log);
    }

    [Fact]
    public void Streams_over_the_bound_are_skipped_and_the_connection_is_followed_further()
    {
        var seen = Watch.Connection(new ObserverLimits { MaxStreams = 2 },
            Opening(_client.Request(1, "/a", end: true), _client.Request(3, "/b", end: true), _client.Request(5, "/c", end: true)),
            Server(_server.Headers(5, true, ":status: 200"), _server.Headers(1, true, ":status: 200")),
            Client(_client.Request(7, "/d", end: true)),
            Server(_server.Headers(7, true, ":status: 200"), _server.Headers(3, true, ":status: 200")));
        Assert.Equal(["/a", "/b", "/d"], seen.Exchanges.Select(e => e.Target));
        Assert.All(seen.Exchanges, exchange => Assert.Equal(ExchangeEnd.Complete, exchange.End));
        Assert.Equal([OpaqueReason.TooManyStreams], seen.Skipped);
    }

    [Fact]
    public void Head_over_the_bound_is_skipped_and_the_connection_is_followed_further()
    {
        // A short block that decodes to a long head: an entry of 100 bytes, named 30 times.
        byte[] big = [.. _client.Block(":method: POST\n:path: /b"), 0x40, 1, (byte)'k', 100, .. new byte[100], .. Enumerable.Repeat((byte)0xBE, 30)];
        var seen = Watch.Connection(new ObserverLimits { MaxHeadBytes = 1_000 },
            Opening(_client.Request(1, "/a", end: true), H2.Frame(1, 5, 3, big), _client.Request(5, "/c", end: true)),
            Server(_server.Headers(1, true, ":status: 200"), _server.Headers(3, true, ":status: 431"), _server.Headers(5, true, ":status: 200")));
        Assert.Equal(["/a 200 Complete", "/c 200 Complete"], seen.Exchanges.Select(e => $"{e.Target} {e.Status} {e.End}"));
        Assert.Equal([OpaqueReason.HeadTooLarge], seen.Skipped);
        Assert.Equal(OpaqueReason.None, seen.Opaque);
    }

    [Fact]
    public void Answer_over_the_bound_or_without_a_status_is_not_guessed()
    {
        var client = new H2();
        byte[] indexed = [.. new H2().Block(":status: 200"), .. new byte[] { 0x40, 1, (byte)'k', 100 }, .. new byte[100], .. Enumerable.Repeat((byte)0xBE, 30)];
        var seen = Watch.Connection(new ObserverLimits { MaxHeadBytes = 1_000 },
            Opening(client.Request(1, "/a", end: true), client.Request(3, "/b", end: true), client.Request(5, "/c", end: true)),
            Server(H2.Frame(1, 5, 1, indexed), _server.Headers(3, true, "x: y"), _server.Headers(5, true, ":status: 200")));
        Assert.Equal([ExchangeEnd.ConnectionOpaque, ExchangeEnd.ConnectionOpaque, ExchangeEnd.Complete], seen.Exchanges.Select(e => e.End!.Value));
        Assert.Equal(OpaqueReason.None, seen.Opaque);
    }

    [Theory]
    [InlineData(OpaqueReason.HeaderCompression, "\0\0\u0001\u0001\u0005\0\0\0\u0003\u00BF")] // an entry that isn't there
    [InlineData(OpaqueReason.MalformedRequest, "\0\0\u0001\u0001\u0001\0\0\0\u0003\u0082\0\0\0\0\0\0\0\0\u0001")] // a frame within a header block
    [InlineData(OpaqueReason.MalformedRequest, "\0\0\u0001\u0009\u0004\0\0\0\u0003\u0082")] // a continuation of nothing
    [InlineData(OpaqueReason.MalformedRequest, "\0\0\u0002\0\u0008\0\0\0\u0001\u0005a")] // more padding than there is
    [InlineData(OpaqueReason.MalformedRequest, "\0\0\u0001\0\0\0\0\0\0a")] // data of the connection
    [InlineData(OpaqueReason.HeadTooLarge, "\u0002\0\0\u0001\u0005\0\0\0\u0003")] // a block of 128 KiB
    public void What_breaks_the_protocol_makes_the_connection_opaque(OpaqueReason reason, string frames)
    {
        var seen = Watch.Connection(Opening(_client.Request(1, "/a", end: false)), "c" + frames, Server(_server.Headers(1, true, ":status: 200")));
        Assert.Equal($"> 0 POST /a | = 0 ConnectionOpaque | ! {reason}", seen.Log);
    }

    [Fact]
    public void Preface_that_does_not_follow_an_upgrade_is_opaque()
    {
        var seen = Watch.Connection(
            "cGET /x HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n",
            "sHTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
            "cGET / HTTP/1.1\r\n\r\n");
        Assert.EndsWith("= 0 ConnectionOpaque | ! MalformedRequest", seen.Log, StringComparison.Ordinal);
    }

    private static string Opening(params byte[][] frames) => "c" + H2.Preface + H2.Text([H2.Settings(), .. frames]);

    private static string Client(params byte[][] frames) => "c" + H2.Text(frames);

    private static string Server(params byte[][] frames) => "s" + H2.Text(frames);
}
