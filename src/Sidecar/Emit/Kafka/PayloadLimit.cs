using System.Buffers;
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
            var members = document.RootElement.EnumerateObject().Select(member => (member.Name, Value: member.Value.GetRawText())).ToList();
            var left = new List<string>();
            var size = payload.Length;
            foreach (var (name, value) in members.OrderByDescending(member => member.Value.Length))
            {
                if (size + (left.Count * 64) + 64 <= limit)
                    break;
                left.Add(name);
                size -= value.Length;
            }

            var cut = new ArrayBufferWriter<byte>(limit);
            using (var json = new Utf8JsonWriter(cut))
            {
                json.WriteStartObject();
                foreach (var (name, value) in members)
                {
                    if (left.Contains(name))
                        continue;
                    json.WritePropertyName(name);
                    json.WriteRawValue(value);
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
