using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Confluent.Kafka;
using Sidecar.Model;

namespace Sidecar.Emit.Kafka;

/// <summary>
/// An event as one Kafka record (CloudEvents' Kafka binding, binary mode): attributes as headers <c>ce_…</c>, data as the value; and the same as bytes, for the spool.
/// </summary>
/// <remarks>
/// Bytes: version (1), number of headers (1), each header as length (1), name, length (2), value; length of the key (2, 65535 = none), key; the rest is the data. Little-endian.
/// </remarks>
internal static class EventEnvelope
{
    public const string TypeHeader = "ce_type";
    private const byte Version = 1;
    private const ushort NoKey = ushort.MaxValue;

    /// <summary>Writes an event down.</summary>
    /// <param name="source">Of the stream that numbers it.</param>
    /// <param name="sequence">From 1, without gaps but for what was dropped.</param>
    /// <param name="data">Its payload, which may have been cut down.</param>
    /// <param name="truncated">It was.</param>
    public static void Write(ArrayBufferWriter<byte> to, in SidecarEvent item, string source, long sequence, ReadOnlySpan<byte> data, bool truncated)
    {
        // Zero-padded, so that it orders as text too (CloudEvents' extension sequence).
        var number = sequence.ToString("D16", CultureInfo.InvariantCulture);
        var key = item.Key ?? source;
        to.ResetWrittenCount();
        var counted = to.GetSpan(2);
        counted[0] = Version;
        to.Advance(2);
        var headers = 0;
        void Header(string name, string? value)
        {
            if (value is null || Encoding.UTF8.GetByteCount(value) is var length && length >= ushort.MaxValue)
                return;
            var span = to.GetSpan(3 + name.Length + length);
            span[0] = (byte)Encoding.ASCII.GetBytes(name, span[1..]);
            BinaryPrimitives.WriteUInt16LittleEndian(span[(1 + name.Length)..], (ushort)Encoding.UTF8.GetBytes(value, span[(3 + name.Length)..]));
            to.Advance(3 + name.Length + length);
            headers++;
        }

        if (data.Length > 0)
            Header("content-type", "application/json");
        Header("ce_specversion", "1.0");
        Header("ce_id", item.Id ?? number);
        Header("ce_source", source);
        Header(TypeHeader, item.Type);
        Header("ce_subject", item.Subject.Length > 0 ? item.Subject : null);
        Header("ce_time", item.Time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture));
        if (data.Length > 0 && EventTypes.SchemaOf(item.Type) is { } schema)
            Header("ce_dataschema", schema);
        Header("ce_sequence", number);
        Header("ce_partitionkey", key);
        Header("ce_dataclassification", item.Classification ?? EventTypes.Figures);
        Header("ce_traceparent", item.TraceParent);
        if (item.Weight != 1)
        {
            Header("ce_sampledrate", ((int)Math.Clamp(Math.Round(item.Weight), 1, int.MaxValue)).ToString(CultureInfo.InvariantCulture));
            Header("ce_weight", item.Weight.ToString("R", CultureInfo.InvariantCulture));
        }

        if (truncated)
            Header("ce_truncated", "true");
        foreach (var (name, value) in item.Extensions ?? [])
            Header("ce_" + name, value);

        var keyBytes = Encoding.UTF8.GetBytes(key);
        BinaryPrimitives.WriteUInt16LittleEndian(to.GetSpan(2), (ushort)Math.Min(keyBytes.Length, NoKey - 1));
        to.Advance(2);
        to.Write(keyBytes.AsSpan(0, Math.Min(keyBytes.Length, NoKey - 1)));
        to.Write(data);
        System.Runtime.InteropServices.MemoryMarshal.AsMemory(to.WrittenMemory).Span[1] = (byte)headers;
    }

    /// <summary>Reads one; null where the bytes are none.</summary>
    public static KafkaRecord? TryRead(ReadOnlyMemory<byte> envelope)
    {
        var bytes = envelope.Span;
        if (bytes.Length < 4 || bytes[0] != Version)
            return null;
        var count = bytes[1];
        var at = 2;
        var headers = new Headers();
        var type = "";
        for (var i = 0; i < count; i++)
        {
            if (at >= bytes.Length || at + 1 + bytes[at] + 2 > bytes.Length)
                return null;
            var name = Encoding.ASCII.GetString(bytes.Slice(at + 1, bytes[at]));
            at += 1 + bytes[at];
            var length = BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);
            if (at + 2 + length > bytes.Length)
                return null;
            var value = bytes.Slice(at + 2, length).ToArray();
            headers.Add(name, value);
            if (name == TypeHeader)
                type = Encoding.UTF8.GetString(value);
            at += 2 + length;
        }

        if (at + 2 > bytes.Length)
            return null;
        var keyLength = BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);
        at += 2;
        if (at + keyLength > bytes.Length)
            return null;
        return new KafkaRecord(type, bytes.Slice(at, keyLength).ToArray(), headers, bytes[(at + keyLength)..].ToArray());
    }
}

/// <summary>What is sent: key, headers, value.</summary>
/// <param name="Type">Its CloudEvents type.</param>
internal sealed record KafkaRecord(string Type, byte[] Key, Headers Headers, byte[] Value);
