using System.Text;
using Sidecar.Model;
using Sidecar.Receive;
using Sidecar.Testing.Fuzzing;

namespace Sidecar.Tests.Receive;

/// <summary>Whether a body is OTLP, told of bodies that real exporters sent and of what is left of them when they are damaged.</summary>
public sealed class OtlpBodyTests
{
    private static readonly OtlpSignal[] Signals = Enum.GetValues<OtlpSignal>();

    // Each message of each signal once, by hand from opentelemetry-proto.
    private static readonly byte[] Pair = Message((1, "k"u8.ToArray()), (2, Message((1, "v"u8.ToArray()))));
    private static readonly byte[] Scope = Message((1, "scope"u8.ToArray()), (2, "1.0"u8.ToArray()), (3, Pair));
    private static readonly byte[] Resource = Message((1, Pair));
    private static readonly byte[] TraceId = [.. Enumerable.Range(1, 16).Select(each => (byte)each)];
    private static readonly byte[] SpanId = [.. Enumerable.Range(1, 8).Select(each => (byte)each)];

    private static readonly byte[] Exemplar = [.. Fixed64(2, 7), .. Fixed64(3, 8), .. Message((4, SpanId), (5, TraceId), (7, Pair))];

    private static readonly byte[] Spans = Envelope(Message(
        (2, [.. Message((1, TraceId), (2, SpanId), (3, "a=b"u8.ToArray()), (4, SpanId), (5, "name"u8.ToArray())), .. Varint(6, 2), .. Fixed64(7, 1), .. Fixed64(8, 2), .. Message((9, Pair)), .. Varint(10, 1),
            .. Message((11, [.. Fixed64(1, 1), .. Message((2, "e"u8.ToArray()), (3, Pair)), .. Varint(4, 1)])), .. Varint(12, 1),
            .. Message((13, [.. Message((1, TraceId), (2, SpanId), (3, "c=d"u8.ToArray()), (4, Pair)), .. Varint(5, 1), .. Fixed32(6, 1)])), .. Varint(14, 1),
            .. Message((15, [.. Message((2, "no"u8.ToArray())), .. Varint(3, 2)])), .. Fixed32(16, 1)]),
        (2, [])));

    private static readonly byte[] Logs = Envelope(Message(
        (2, [.. Fixed64(1, 1), .. Varint(2, 9), .. Message((3, "INFO"u8.ToArray()), (5, Message((5, Message((1, Message((6, Message((1, Pair)))))))))), .. Message((6, Pair)), .. Varint(7, 1), .. Fixed32(8, 1),
            .. Message((9, TraceId), (10, SpanId)), .. Fixed64(11, 2), .. Message((12, "event"u8.ToArray()))])));

    private static readonly byte[] Number = [.. Fixed64(2, 1), .. Fixed64(3, 2), .. Fixed64(4, 3), .. Message((5, Exemplar)), .. Message((7, Pair)), .. Varint(8, 0)];

    private static readonly byte[] Metrics = Envelope(Message(
        (2, Message((1, "m"u8.ToArray()), (2, "d"u8.ToArray()), (3, "s"u8.ToArray()), (5, Message((1, Number), (1, Number))))),
        (2, Message((7, [.. Message((1, Number)), .. Varint(2, 2), .. Varint(3, 1)]))),
        (2, Message((9, [.. Message((1, [.. Fixed64(2, 1), .. Fixed64(3, 2), .. Fixed64(4, 3), .. Fixed64(5, 4), .. Message((6, new byte[24]), (7, new byte[16]), (8, Exemplar), (9, Pair)), .. Varint(10, 0), .. Fixed64(11, 1), .. Fixed64(12, 2)])), .. Varint(2, 1)]))),
        (2, Message((10, [.. Message((1, [.. Message((1, Pair)), .. Fixed64(2, 1), .. Fixed64(3, 2), .. Fixed64(4, 3), .. Fixed64(5, 4), .. Varint(6, 5), .. Fixed64(7, 0), .. Message((8, [.. Varint(1, 3), .. Message((2, [1, 0x80, 1, 3]))]), (9, Varint(1, 2))), .. Varint(10, 0), .. Message((11, Exemplar)), .. Fixed64(12, 1), .. Fixed64(13, 2), .. Fixed64(14, 0)])), .. Varint(2, 1)]))),
        (2, Message((11, Message((1, [.. Fixed64(2, 1), .. Fixed64(3, 2), .. Fixed64(4, 3), .. Fixed64(5, 4), .. Message((6, [.. Fixed64(1, 1), .. Fixed64(2, 2)]), (7, Pair)), .. Varint(8, 0)])))))));

    [Theory]
    [InlineData(OtlpSignal.Traces, 2)]
    [InlineData(OtlpSignal.Logs, 1)]
    [InlineData(OtlpSignal.Metrics, 6)]
    public void Every_field_is_known_and_items_are_counted(OtlpSignal signal, int items)
    {
        var body = OtlpBody.ReadProtobuf(signal, Body(signal));
        Assert.Null(body.Problem);
        Assert.Equal(items, body.Items);
    }

    [Fact]
    public void Nothing_is_a_request_of_any_signal() => Assert.All(Signals, signal => Assert.Null(OtlpBody.ReadProtobuf(signal, []).Problem));

    [Fact]
    public void Fields_of_later_versions_are_read_over()
    {
        foreach (var signal in Signals)
        {
            byte[] later = [.. Body(signal), .. Message((200, "later"u8.ToArray())), .. Varint(201, 7), .. Fixed64(202, 1), .. Fixed32(203, 1)];
            Assert.Equal((null, OtlpBody.ReadProtobuf(signal, Body(signal)).Items), (OtlpBody.ReadProtobuf(signal, later).Problem, OtlpBody.ReadProtobuf(signal, later).Items));
        }
    }

    [Fact]
    public void Problem_names_the_field_and_its_place()
    {
        var span = Envelope(Message((2, Message((1, [1, 2, 3])))));
        var end = span.AsSpan().IndexOf((byte[])[3, 1, 2, 3]) + 4;
        Assert.Equal($"resourceSpans.scopeSpans.spans.traceId does not hold what it should, at byte {end}", OtlpBody.ReadProtobuf(OtlpSignal.Traces, span).Problem);
        Assert.Equal("resourceSpans.scopeSpans.spans.events is no list, at byte 60", OtlpBody.ReadJson(OtlpSignal.Traces, """{"resourceSpans":[{"scopeSpans":[{"spans":[{},{"events":    7}]}]}]}"""u8).Problem);
        Assert.StartsWith("the message is no protobuf", OtlpBody.ReadProtobuf(OtlpSignal.Logs, "\0"u8).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Cut_anywhere_a_body_is_told_from_a_whole_one()
    {
        foreach (var signal in Signals)
        {
            var body = Body(signal);
            for (var length = 1; length < body.Length; length++)
                Assert.NotNull(OtlpBody.ReadProtobuf(signal, body.AsSpan(0, length)).Problem);
        }
    }

    [Fact]
    public void Attributes_within_attributes_have_an_end()
    {
        byte[] Nested(int depth)
        {
            byte[] value = Message((1, "v"u8.ToArray()));
            for (var i = 0; i < depth; i++)
                value = Message((5, Message((1, value))));
            return Envelope(Message((2, Message((5, value)))));
        }

        Assert.Null(OtlpBody.ReadProtobuf(OtlpSignal.Logs, Nested(20)).Problem);
        Assert.EndsWith("is nested too deeply", OtlpBody.ReadProtobuf(OtlpSignal.Logs, Nested(5_000)).Problem, StringComparison.Ordinal);
        var json = string.Concat(Enumerable.Repeat("""{"arrayValue":{"values":[""", 5_000));
        Assert.NotNull(OtlpBody.ReadJson(OtlpSignal.Logs, Encoding.UTF8.GetBytes("""{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":""" + json)).Problem);
    }

    [Theory]
    [InlineData(OtlpSignal.Traces, """{"resourceSpans":[{"resource":{"attributes":[]},"scopeSpans":[{"scope":null,"spans":[{"traceId":"0123456789abcdef0123456789abcdef","startTimeUnixNano":"17","kind":2,"status":{}},{"endTimeUnixNano":18}]}]}],"later":{"a":[1]}}""", 2)]
    [InlineData(OtlpSignal.Logs, """{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"x"},"severityNumber":9}]},{"logRecords":[]}]}]}""", 1)]
    [InlineData(OtlpSignal.Metrics, """{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"m","sum":{"dataPoints":[{"asInt":"3"},{"asDouble":"NaN"}],"isMonotonic":true}},{"histogram":{"dataPoints":[{"count":"2","bucketCounts":["1",1],"explicitBounds":[0.5]}]}}]}]}]}""", 3)]
    [InlineData(OtlpSignal.Traces, "{}", 0)]
    public void JSON_is_read_as_exporters_write_it(OtlpSignal signal, string text, int items)
    {
        var body = OtlpBody.ReadJson(signal, Encoding.UTF8.GetBytes(text));
        Assert.Null(body.Problem);
        Assert.Equal(items, body.Items);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"resourceSpans\":{}}")]
    [InlineData("{\"resourceSpans\":[7]}")]
    [InlineData("{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"name\":7}]}]}]}")]
    [InlineData("{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"traceId\":true}]}]}]}")]
    [InlineData("{\"resourceSpans\":[]} x")]
    [InlineData("{\"resourceSpans\":[}")]
    [InlineData("{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"kind\":{}}]}]}]}")]
    public void Other_JSON_is_none(string text) => Assert.NotNull(OtlpBody.ReadJson(OtlpSignal.Traces, Encoding.UTF8.GetBytes(text)).Problem);

    [Fact]
    public void Damage_of_any_kind_is_an_answer_and_no_exception()
    {
        var random = new SplitMix(20261128);
        byte[][] seeds = [Spans, Logs, Metrics, .. JsonSeeds()];
        var mutator = new Mutator(random, ["\x08"u8.ToArray(), "resourceSpans"u8.ToArray(), "\"values\":["u8.ToArray()], 4096);
        var sound = 0;
        for (var i = 0; i < 100_000; i++)
        {
            var seed = seeds[random.Below(seeds.Length)];
            var body = mutator.Mutate(seed, seeds[random.Below(seeds.Length)]);
            var signal = Signals[random.Below(Signals.Length)];
            var read = seed[0] == '{' ? OtlpBody.ReadJson(signal, body) : OtlpBody.ReadProtobuf(signal, body);
            Assert.InRange(read.Items, 0, body.Length);
            sound += read.Problem is null ? 1 : 0;
        }

        Assert.InRange(sound, 1, 99_999);
    }

    private static IEnumerable<byte[]> JsonSeeds() =>
    [
        """{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0123456789abcdef0123456789abcdef","name":"n","attributes":[{"key":"k","value":{"arrayValue":{"values":[{"intValue":"1"}]}}}]}]}]}]}"""u8.ToArray(),
        """{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"m","gauge":{"dataPoints":[{"asInt":"3"}]}}]}]}]}"""u8.ToArray(),
    ];

    private static byte[] Body(OtlpSignal signal) => signal switch
    {
        OtlpSignal.Traces => Spans,
        OtlpSignal.Logs => Logs,
        _ => Metrics,
    };

    private static byte[] Envelope(byte[] items) => Message((1, [.. Message((1, Resource)), .. Message((2, [.. Message((1, Scope)), .. items, .. Message((3, "url"u8.ToArray()))])), .. Message((3, "url"u8.ToArray()))]));

    private static byte[] Message(params (int Field, byte[] Bytes)[] fields) => [.. fields.SelectMany(field => (byte[])[.. Tag(field.Field, 2), .. Number7(field.Bytes.Length), .. field.Bytes])];

    private static byte[] Varint(int field, int value) => [.. Tag(field, 0), .. Number7(value)];

    private static byte[] Fixed64(int field, long value) => [.. Tag(field, 1), .. BitConverter.GetBytes(value)];

    private static byte[] Fixed32(int field, int value) => [.. Tag(field, 5), .. BitConverter.GetBytes(value)];

    private static byte[] Tag(int field, int type) => Number7((field << 3) | type);

    private static byte[] Number7(int value) => value < 128 ? [(byte)value] : [(byte)(value | 0x80), .. Number7(value >> 7)];
}
