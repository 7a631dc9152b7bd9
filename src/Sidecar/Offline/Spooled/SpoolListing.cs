using System.Globalization;
using System.Text;
using System.Text.Json;
using Sidecar.Emit.Kafka;
using Sidecar.Emit.Spool;

namespace Sidecar.Offline.Spooled;

/// <summary>What people see of a spool.</summary>
internal static class SpoolListing
{
    /// <summary>Lists the segments of each topic.</summary>
    /// <returns>What is wrong with the folder; null when it is one.</returns>
    public static string? List(string directory, TextWriter output)
    {
        var topics = Topics(directory);
        if (topics.Count == 0)
            return Missing(directory);
        foreach (var (topic, folder) in topics)
        {
            output.WriteLine(topic);
            var segments = new SpoolReader(folder).List().ToList();
            output.WriteLine("  segment                       records  delivered    waiting        bytes  from                  to");
            foreach (var segment in segments)
            {
                output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"  {segment.File,-26} {segment.Records,10} {segment.Delivered,10} {segment.Undelivered,10} {segment.Bytes,12}  {Time(segment.OldestUnixNanos),-20}  {Time(segment.NewestUnixNanos),-20}"));
                if (segment.Problem is { } problem)
                    output.WriteLine($"    {problem}");
            }

            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  {segments.Count} segments, {segments.Sum(segment => segment.Undelivered)} records wait, {segments.Sum(segment => segment.Bytes)} bytes"));
        }

        return null;
    }

    /// <summary>Prints the records of each topic, one JSON line each.</summary>
    /// <param name="topic">Of this one only; null: of all.</param>
    /// <param name="all">Delivered ones too.</param>
    /// <returns>What is wrong with the folder or the topic; null when nothing is.</returns>
    public static string? Print(string directory, string? topic, bool all, TextWriter output)
    {
        var topics = Topics(directory);
        if (topics.Count == 0)
            return Missing(directory);
        var wanted = topics.Where(each => topic is null || each.Topic == topic).ToList();
        if (wanted.Count == 0)
            return $"no topic {topic}; there are {string.Join(", ", topics.Select(each => each.Topic))}";
        foreach (var (name, folder) in wanted)
        {
            var reader = new SpoolReader(folder);
            foreach (var record in reader.Read(all ? 0 : reader.Cursor ?? 0))
                output.WriteLine(Line(name, record));
        }

        return null;
    }

    private static string Line(string topic, SpoolRecord record)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("topic", topic);
            json.WriteNumber("index", record.Index);
            json.WriteString("time", DateTimeOffset.UnixEpoch.AddTicks(record.UnixNanos / 100).UtcDateTime);
            if (EventEnvelope.TryRead(record.Body) is { } envelope)
                Write(json, envelope);
            else
                json.WriteString("problem", "of a version that this program can't read");
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static void Write(Utf8JsonWriter json, KafkaRecord envelope)
    {
        json.WriteString("key", envelope.Key);
        json.WriteStartObject("headers");
        foreach (var header in envelope.Headers)
            json.WriteString(header.Key, header.GetValueBytes());
        json.WriteEndObject();
        if (envelope.Value is not { Length: > 0 } data)
            return;
        json.WritePropertyName("data");
        json.WriteRawValue(data);
    }

    private static string Missing(string directory) =>
        System.IO.Directory.Exists(directory) ? $"{directory} holds no spool" : $"{directory} is no folder";

    private static string Time(long? unixNanos) =>
        unixNanos is { } nanos ? DateTimeOffset.UnixEpoch.AddTicks(nanos / 100).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) : "";

    private static List<(string Topic, string Folder)> Topics(string directory)
    {
        var folder = Path.Combine(directory, "spool");
        if (!System.IO.Directory.Exists(folder))
            folder = directory;
        if (!System.IO.Directory.Exists(folder))
            return [];
        if (IsSpool(folder))
            return [(Path.GetFileName(Path.GetFullPath(folder).TrimEnd('/')), folder)];
        return [.. System.IO.Directory.GetDirectories(folder).Where(IsSpool).Order(StringComparer.Ordinal).Select(topic => (Path.GetFileName(topic), topic))];
    }

    // One into which nothing was written yet has its lock only.
    private static bool IsSpool(string folder) => System.IO.Directory.EnumerateFiles(folder, "*.seg").Any() || System.IO.File.Exists(Path.Combine(folder, SpoolFiles.Lock));
}
