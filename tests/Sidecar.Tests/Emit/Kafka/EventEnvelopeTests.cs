using System.Buffers;
using System.Text;
using Sidecar.Emit.Kafka;
using Sidecar.Model;

namespace Sidecar.Tests.Emit.Kafka;

public sealed class EventEnvelopeTests
{
    private const string Source = "/sidecar/ns/pod/1/exchanges";
    private static readonly DateTimeOffset Noon = new(2026, 3, 4, 12, 0, 0, 123, TimeSpan.FromHours(2));

    [Fact]
    public void Event_is_one_record_of_the_binding_s_binary_mode()
    {
        var record = Record(new SidecarEvent("io.sidecar.exchange.v1", "m/1", Noon, 2.5, """{"a":"é"}"""u8.ToArray())
        {
            Key = "r-1",
            TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            Classification = "captured",
            Extensions = [new("component", "predictor")],
        }, truncated: true);
        Assert.Equal(
            [
                "content-type: application/json",
                "ce_specversion: 1.0",
                "ce_id: 0000000000000042",
                "ce_source: /sidecar/ns/pod/1/exchanges",
                "ce_type: io.sidecar.exchange.v1",
                "ce_subject: m/1",
                "ce_time: 2026-03-04T10:00:00.1230000Z",
                "ce_dataschema: urn:io:sidecar:exchange:v1",
                "ce_sequence: 0000000000000042",
                "ce_partitionkey: r-1",
                "ce_dataclassification: captured",
                "ce_traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                "ce_sampledrate: 2",
                "ce_weight: 2.5",
                "ce_truncated: true",
                "ce_component: predictor",
            ],
            Lines(record));
        Assert.Equal(("io.sidecar.exchange.v1", "r-1", """{"a":"é"}"""), (record.Type, Text(record.Key), Text(record.Value!)));
    }

    [Fact]
    public void Event_without_data_key_or_subject_has_no_value_and_its_source_as_key()
    {
        var record = Record(new SidecarEvent("io.sidecar.closed.v1", "", Noon, 1, default) { Id = "mine" });
        Assert.Equal(
            [
                "ce_specversion: 1.0", "ce_id: mine", $"ce_source: {Source}", "ce_type: io.sidecar.closed.v1", "ce_time: 2026-03-04T10:00:00.1230000Z", "ce_sequence: 0000000000000042",
                $"ce_partitionkey: {Source}", "ce_dataclassification: public-aggregate",
            ],
            Lines(record));
        Assert.Null(record.Value);
        Assert.Equal(Source, Text(record.Key));
    }

    [Fact]
    public void Characters_that_CloudEvents_rule_out_of_strings_are_replaced()
    {
        var record = Record(new SidecarEvent("t", "a\r\nce_id: b\0\u007f\u0085\ud800\ufffeé😀\U0001FFFF", Noon, 1, "{}"u8.ToArray()) { Key = "k\n" });
        Assert.Contains("ce_subject: a��ce_id: b�����é😀��", Lines(record));
        Assert.Contains("ce_partitionkey: k�", Lines(record));
        Assert.Equal("k�", Text(record.Key));
    }

    [Fact]
    public void Attribute_that_is_too_long_for_the_format_is_left_out_and_the_rest_stays()
    {
        var record = Record(new SidecarEvent("t", new string('s', 70_000), Noon, 1, "{}"u8.ToArray()));
        Assert.DoesNotContain(Lines(record), line => line.StartsWith("ce_subject", StringComparison.Ordinal));
        Assert.Equal("{}", Text(record.Value!));
        Assert.Equal(60_000, Lines(Record(new SidecarEvent("t", new string('s', 60_000), Noon, 1, default))).Max(line => line.Length - "ce_subject: ".Length));
    }

    [Fact]
    public void What_is_written_is_read_again()
    {
        var random = new Random(7);
        string Some(int most) => string.Concat(Enumerable.Range(0, random.Next(most)).Select(_ => char.ConvertFromUtf32(random.Next(0x20, 0xD7FF) is var rune && rune is >= 0x7F and < 0xA0 ? 'x' : rune)));
        for (var i = 0; i < 500; i++)
        {
            var data = new byte[random.Next(2000)];
            random.NextBytes(data);
            var item = new SidecarEvent("t" + Some(10), Some(40), Noon.AddTicks(random.NextInt64(1L << 50)), random.Next(2) == 0 ? 1 : random.NextDouble() * 100, data)
            {
                Key = random.Next(2) == 0 ? null : "k" + Some(20),
                Id = random.Next(2) == 0 ? null : "i" + Some(20),
                Extensions = [.. Enumerable.Range(0, random.Next(4)).Select(number => new KeyValuePair<string, string>("e" + number, Some(30)))],
            };
            var record = Record(item);
            var headers = Lines(record);
            Assert.Equal(item.Type, record.Type);
            Assert.Equal(item.Key ?? Source, Text(record.Key));
            Assert.Equal(data, record.Value ?? []);
            Assert.Contains($"ce_id: {item.Id ?? "0000000000000042"}", headers);
            Assert.Equal(item.Subject.Length > 0, headers.Contains($"ce_subject: {item.Subject}"));
            Assert.All(item.Extensions!, extension => Assert.Contains($"ce_{extension.Key}: {extension.Value}", headers));
            Assert.Equal(item.Weight != 1, headers.Any(header => header.StartsWith("ce_weight", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public void Bytes_that_are_no_envelope_never_throw()
    {
        var whole = Written(new SidecarEvent("t", "s", Noon, 2, "{}"u8.ToArray()) { Key = "k" });
        var headerBytes = whole.Length - 2; // all but the data, whose length nothing says
        for (var length = 0; length < headerBytes; length++)
            Assert.Null(EventEnvelope.TryRead(whole.AsMemory(0, length)));
        for (var bit = 0; bit < whole.Length * 8; bit++)
        {
            var flipped = (byte[])whole.Clone();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            EventEnvelope.TryRead(flipped);
        }

        var random = new Random(3);
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = new byte[random.Next(200)];
            random.NextBytes(bytes);
            if (bytes.Length > 0)
                bytes[0] = 1;
            EventEnvelope.TryRead(bytes);
        }
    }

    internal static byte[] Written(in SidecarEvent item, bool truncated = false)
    {
        var buffer = new ArrayBufferWriter<byte>();
        EventEnvelope.Write(buffer, item, Source, 42, item.Payload.Span, truncated);
        return buffer.WrittenSpan.ToArray();
    }

    private static KafkaRecord Record(in SidecarEvent item, bool truncated = false) => EventEnvelope.TryRead(Written(item, truncated))!;

    private static List<string> Lines(KafkaRecord record) => [.. record.Headers.Select(header => $"{header.Key}: {Text(header.GetValueBytes())}")];

    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);
}
