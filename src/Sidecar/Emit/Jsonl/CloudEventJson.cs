using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Sidecar.Model;

namespace Sidecar.Emit.Jsonl;

/// <summary>
/// CloudEvents 1.0 in structured JSON, one event a line. <c>sequence</c> is zero-padded, so it orders as text too; <c>id</c> is the same, being unique
/// within the source. A thinned event carries <c>sampledrate</c>, the nearest whole number it stands for, and <c>weight</c>, the exact one.
/// </summary>
internal static class CloudEventJson
{
    // Without indentation a line has no line break of ours; JSON strings can't hold a raw one.
    private static readonly JsonWriterOptions Options = new() { Indented = false };

    /// <summary>Replaces the content of <paramref name="line"/> by the event and a line feed.</summary>
    /// <returns>False when the payload is not one JSON value, or text of the event is not Unicode; the content is then meaningless.</returns>
    public static bool TryWrite(ArrayBufferWriter<byte> line, in SidecarEvent item, string source, long sequence)
    {
        line.ResetWrittenCount();
        try
        {
            using (var json = new Utf8JsonWriter(line, Options))
                Write(json, item, source, sequence);
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            return false;
        }

        line.GetSpan(1)[0] = (byte)'\n';
        line.Advance(1);
        return true;
    }

    private static void Write(Utf8JsonWriter json, in SidecarEvent item, string source, long sequence)
    {
        var number = sequence.ToString("D16", CultureInfo.InvariantCulture);
        json.WriteStartObject();
        json.WriteString("specversion"u8, "1.0"u8);
        json.WriteString("id"u8, number);
        json.WriteString("source"u8, source);
        json.WriteString("type"u8, item.Type);
        if (item.Subject.Length > 0)
            json.WriteString("subject"u8, item.Subject);
        json.WriteString("time"u8, item.Time.UtcDateTime);
        json.WriteString("sequence"u8, number);
        if (item.Key is { } key)
            json.WriteString("partitionkey"u8, key);
        json.WriteString("dataclassification"u8, item.Classification ?? EventTypes.Figures);
        if (item.TraceParent is { } parent)
            json.WriteString("traceparent"u8, parent);
        if (item.Weight != 1)
        {
            json.WriteNumber("sampledrate"u8, (int)Math.Clamp(Math.Round(item.Weight), 1, int.MaxValue));
            json.WriteString("weight"u8, item.Weight.ToString("R", CultureInfo.InvariantCulture));
        }

        if (!item.Payload.IsEmpty)
        {
            json.WriteString("datacontenttype"u8, "application/json"u8);
            if (EventTypes.SchemaOf(item.Type) is { } schema)
                json.WriteString("dataschema"u8, schema);
            json.WritePropertyName("data"u8);
            WriteData(json, item.Payload.Span);
        }

        json.WriteEndObject();
    }

    private static void WriteData(Utf8JsonWriter json, ReadOnlySpan<byte> payload)
    {
        if (payload.ContainsAny((byte)'\n', (byte)'\r'))
            WriteOnOneLine(json, payload);
        else
            json.WriteRawValue(payload);
    }

    // In valid JSON a raw line break can only be white space between tokens.
    private static void WriteOnOneLine(Utf8JsonWriter json, ReadOnlySpan<byte> payload)
    {
        var flat = ArrayPool<byte>.Shared.Rent(payload.Length);
        try
        {
            var target = flat.AsSpan(0, payload.Length);
            payload.CopyTo(target);
            target.Replace((byte)'\n', (byte)' ');
            target.Replace((byte)'\r', (byte)' ');
            json.WriteRawValue(target);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(flat);
        }
    }
}
