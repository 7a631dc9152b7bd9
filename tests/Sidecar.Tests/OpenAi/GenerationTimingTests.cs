using Sidecar.Model;
using static Sidecar.Tests.OpenAi.Traffic;

namespace Sidecar.Tests.OpenAi;

/// <summary>Time to first token and time per token: exact where they can be known, and absent where not.</summary>
public sealed class GenerationTimingTests : IAsyncDisposable
{
    private readonly Traffic _traffic = new();

    public ValueTask DisposeAsync() => _traffic.DisposeAsync();

    [Fact]
    public void First_token_is_the_first_chunk_with_output_and_not_the_first_byte()
    {
        _traffic.Request();
        _traffic.BeginStream();
        for (var i = 0; i < 30; i++)
            _traffic.Send(100, ": keep-alive comment\n\n"); // 3 s of them
        _traffic.Send(10, Event(Role));
        _traffic.Send(200, Event(Piece("a")));
        _traffic.Send(50, Event(Piece("b")));
        _traffic.Send(50, Event(Piece("c")));
        _traffic.Send(50, Event(Stop) + Event(Usage) + Event(Done));
        // 3.21 s to the first; 150 ms for three more tokens of four that the server counted.
        AssertTiming(_traffic.EndStream(), 3.21, 0.05, TokenSource.Usage);
    }

    [Fact]
    public void Without_usage_each_chunk_with_output_is_a_token()
    {
        var exchange = _traffic.Stream(Role, Piece("a"), Piece("b"), Piece("c"), Stop, Done);
        AssertTiming(exchange, 0.11, 0.02, TokenSource.Chunks); // 40 ms up to the last byte, two tokens after the first
    }

    [Fact]
    public void Event_in_two_reads_has_come_with_the_second()
    {
        _traffic.Request();
        _traffic.BeginStream();
        var piece = Event(Piece("a"));
        _traffic.Send(100, piece[..20]);
        _traffic.Send(70, piece[20..]);
        _traffic.Send(30, Event(Piece("b")) + Event(Done));
        AssertTiming(_traffic.EndStream(), 0.17, 0.03, TokenSource.Chunks);
    }

    [Fact]
    public void Client_that_leaves_at_the_mark_has_everything()
    {
        _traffic.Request();
        _traffic.BeginStream();
        _traffic.Send(100, Event(Piece("a")));
        _traffic.Send(40, Event(Piece("b")) + Event(Stop) + Event(Done));
        _traffic.Time.Advance(TimeSpan.FromSeconds(5)); // however late it closes
        var exchange = _traffic.Leave(byClient: true);
        Assert.Equal((Wire.ExchangeEnd.ClientAborted, null), (exchange.End, ErrorTypes.Of(exchange)));
        AssertTiming(exchange, 0.1, 0.04, TokenSource.Chunks);
    }

    [Theory]
    [InlineData(true, "client_aborted")]
    [InlineData(false, "upstream_aborted")]
    public void Stream_that_was_cut_has_a_first_token_and_no_pace(bool byClient, string error)
    {
        _traffic.Request();
        _traffic.BeginStream();
        _traffic.Send(100, Event(Piece("a")));
        _traffic.Send(40, Event(Piece("b")));
        var exchange = _traffic.Leave(byClient);
        Assert.Equal(error, ErrorTypes.Of(exchange));
        AssertTiming(exchange, 0.1, double.NaN, TokenSource.None);
        Assert.Equal(GenerationEnd.Cut, GenerationEnds.Of(_traffic.Record.Generation));
    }

    [Fact]
    public void What_is_not_known_is_not_told()
    {
        // One token; all tokens in one read; choices side by side; a failure; no output; an answer that is not streamed; an error.
        AssertTiming(_traffic.Stream(Piece("a"), Done), 0.1, double.NaN, TokenSource.None);
        _traffic.Request();
        _traffic.BeginStream();
        _traffic.Send(100, Event(Piece("a")) + Event(Piece("b")) + Event(Done));
        AssertTiming(_traffic.EndStream(), 0.1, double.NaN, TokenSource.None);
        AssertTiming(_traffic.Stream(Piece("a"), Piece("b").Replace("\"index\":0", "\"index\":1", StringComparison.Ordinal), Done), 0.1, double.NaN, TokenSource.None);
        AssertTiming(_traffic.Stream(Piece("a"), Piece("b"), """{"error":{"message":"no"}}""", Done), double.NaN, double.NaN, TokenSource.None);
        AssertTiming(_traffic.Stream(Role, Stop, Done), double.NaN, double.NaN, TokenSource.None);
        _traffic.Request();
        AssertTiming(_traffic.Answer("""{"choices":[{"message":{"content":"a"},"finish_reason":"stop"}],"usage":{"completion_tokens":9}}"""), double.NaN, double.NaN, TokenSource.None);
        _traffic.Request();
        AssertTiming(_traffic.Answer("""{"error":"no"}""", 500), double.NaN, double.NaN, TokenSource.None);
    }

    [Fact]
    public void Coded_stream_tells_no_places_and_so_no_times()
    {
        _traffic.Request();
        _traffic.BeginStream("Content-Encoding: gzip\r\n");
        using var coded = new MemoryStream();
        using (var gzip = new System.IO.Compression.GZipStream(coded, System.IO.Compression.CompressionLevel.Optimal, leaveOpen: true))
            gzip.Write(System.Text.Encoding.UTF8.GetBytes(Event(Piece("a")) + Event(Piece("b")) + Event(Usage) + Event(Done)));
        _traffic.SendBytes(100, coded.ToArray());
        AssertTiming(_traffic.EndStream(), double.NaN, double.NaN, TokenSource.None);
        Assert.Equal((3, 4L), (_traffic.Record.Generation.Chunks, _traffic.Record.Generation.Usage.Output));
    }

    [Fact]
    public void Client_that_did_not_take_its_bytes_tells_nothing_of_the_pace()
    {
        var exchange = _traffic.Stream(Piece("a"), Piece("b"), Done);
        exchange.ClientStall = 1;
        AssertTiming(exchange, 0.1, double.NaN, TokenSource.None);
    }

    private void AssertTiming(Exchange exchange, double first, double each, TokenSource source)
    {
        _traffic.Analyse(exchange);
        var timing = GenerationTiming.Of(exchange, _traffic.Record.Generation, _traffic.Time.TimestampFrequency);
        Assert.Equal(first, timing.FirstToken, 9);
        Assert.Equal(each, timing.PerOutputToken, 9);
        Assert.Equal(source, timing.Source);
    }
}
