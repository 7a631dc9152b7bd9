using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Sidecar.Emit.Kafka;

/// <summary>Cuts data down that is larger than a topic takes: the largest members go, and their names stay, so that nothing is dropped silently.</summary>
internal static class PayloadLimit
{
    /// <summary>The name of the member that lists what was left out.</summary>
    public const string Member = "truncated";

    /// <summary>The data within the limit; empty when it is no JSON object, or even its small members are too many.</summary>
    /// <param name="payload">A JSON object.</param>
    /// <param name="limit">Bytes.</param>
    public static ReadOnlyMemory<byte> Cut(ReadOnlyMemory<byte> payload, int limit)
    {
        try
        {
            using var document = JsonDocument.Parse(payload);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                return default;
            var members = document.RootElement.EnumerateObject().Where(static member => !member.NameEquals(Member)).ToList();
            var left = new HashSet<string>(StringComparer.Ordinal);
            var size = payload.Length;
            foreach (var member in members.OrderByDescending(static member => JsonMarshal.GetRawUtf8Value(member.Value).Length))
            {
                if (size + (left.Count * 64) + 64 <= limit)
                    break;
                left.Add(member.Name);
                size -= JsonMarshal.GetRawUtf8Value(member.Value).Length;
            }

            var cut = new ArrayBufferWriter<byte>(limit);
            using (var json = new Utf8JsonWriter(cut))
            {
                json.WriteStartObject();
                foreach (var member in members)
                {
                    if (left.Contains(member.Name))
                        continue;
                    json.WritePropertyName(member.Name);
                    json.WriteRawValue(JsonMarshal.GetRawUtf8Value(member.Value));
                }

                json.WriteStartArray(Member);
                foreach (var name in left)
                    json.WriteStringValue(name);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            return cut.WrittenCount <= limit ? cut.WrittenMemory : default;
        }
        catch (Exception e) when (e is JsonException or ArgumentException or InvalidOperationException)
        {
            return default;
        }
    }
}
