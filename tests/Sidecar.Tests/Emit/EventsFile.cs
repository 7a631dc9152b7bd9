using System.Text.Json;

namespace Sidecar.Tests.Emit;

/// <summary>Reads events files as a consumer would: a line that does not end, at the end of a file, is a write that was cut short.</summary>
internal static class EventsFile
{
    public static List<JsonElement> Read(string path, out int torn)
    {
        torn = 0;
        List<JsonElement> events = [];
        foreach (var line in File.ReadAllText(path).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            try
            {
                events.Add(JsonDocument.Parse(line).RootElement);
            }
            catch (JsonException)
            {
                torn++;
            }
        }

        return events;
    }

    public static long Sequence(JsonElement item) => long.Parse(item.GetProperty("sequence").GetString()!, System.Globalization.CultureInfo.InvariantCulture);

    public static List<long> Sequences(string path) => [.. Read(path, out _).Select(Sequence)];
}
