using System.Buffers;
using System.Text.Json;
using Google.Protobuf;

namespace Sidecar.Receive;

/// <summary>What OTLP over HTTP answers to a request that is not taken: <c>google.rpc.Status</c>, in the form that the request had (OTLP specification, "Failures").</summary>
internal static class OtlpStatus
{
    // google.rpc.Code
    private const int InvalidArgument = 3, Unavailable = 14;

    public static byte[] Of(int httpStatus, string message, bool json)
    {
        var code = httpStatus >= 500 ? Unavailable : InvalidArgument;
        return json ? Json(code, message) : Protobuf(code, message);
    }

    /// <summary><c>partialSuccess.rejected…</c> of an answer in JSON, whose names end in Spans, LogRecords or DataPoints; 0 where there is none.</summary>
    public static long RejectedInJson(byte[] answer)
    {
        try
        {
            using var document = JsonDocument.Parse(answer);
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("partialSuccess", out var partial)
                || partial.ValueKind != JsonValueKind.Object)
                return 0;
            foreach (var member in partial.EnumerateObject())
            {
                if (member.Name.StartsWith("rejected", StringComparison.Ordinal))
                    return long.TryParse(member.Value.ToString(), System.Globalization.CultureInfo.InvariantCulture, out var count) ? count : 0;
            }

            return 0;
        }
        catch (JsonException)
        {
            return 0;
        }
    }

    private static byte[] Protobuf(int code, string message)
    {
        var bytes = new byte[CodedOutputStream.ComputeInt32Size(code) + CodedOutputStream.ComputeStringSize(message) + 2];
        using var output = new CodedOutputStream(bytes);
        output.WriteTag(1, WireFormat.WireType.Varint);
        output.WriteInt32(code);
        output.WriteTag(2, WireFormat.WireType.LengthDelimited);
        output.WriteString(message);
        output.Flush();
        return bytes;
    }

    private static byte[] Json(int code, string message)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteNumber("code", code);
        json.WriteString("message", message);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
