using System.Buffers;
using System.Text;
using System.Text.Json;
using Sidecar.Statistics.Drift;

namespace Sidecar.Offline.Drift;

/// <summary>A backtest as one JSON document. Rows count from 0; what isn't known is null.</summary>
internal static class BacktestJson
{
    public static string Write(BacktestResult result)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteStartArray("episodes");
            foreach (var episode in result.Episodes)
                Write(json, episode);
            json.WriteEndArray();
            json.WriteStartObject("summary");
            WriteSummary(json, result);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter json, DriftEpisode episode)
    {
        json.WriteStartObject();
        json.WriteString("feature", episode.Feature.Name);
        json.WriteString("kind", Words.Of(episode.Kind));
        json.WriteString("severity", Words.Of(episode.Severity));
        json.WriteNumber("first_row", episode.FirstRow);
        json.WriteNumber("detected_row", episode.DetectedRow);
        if (episode.ClearedRow < 0)
            json.WriteNull("cleared_row");
        else
            json.WriteNumber("cleared_row", episode.ClearedRow);
        WriteFinite(json, "effect", episode.Effect);
        WriteFinite(json, "bound", episode.Bound);
        json.WriteEndObject();
    }

    private static void WriteSummary(Utf8JsonWriter json, BacktestResult result)
    {
        json.WriteNumber("rows", result.Rows);
        json.WriteNumber("reference_rows", result.ReferenceRows);
        json.WriteNumber("features", result.Features.Count);
        WriteFinite(json, "seconds", result.Seconds);
        json.WriteNumber("pages", result.Episodes.Count(episode => episode.Severity == DriftSeverity.Page));
        json.WriteNumber("tickets", result.Episodes.Count(episode => episode.Severity == DriftSeverity.Ticket));
        WriteFinite(json, "alarms_per_model_month", result.Episodes.Count / result.Months);
        json.WriteStartObject("alarms_by_feature");
        foreach (var group in result.Episodes.GroupBy(episode => episode.Feature.Name, StringComparer.Ordinal))
            json.WriteNumber(group.Key, group.Count());
        json.WriteEndObject();
        WriteFinite(json, "median_delay_rows", result.MedianDelay);
        json.WriteStartObject("phi");
        json.WriteString("source", Words.Of(result.PhiSource));
        json.WriteString("reason", result.PhiReason);
        json.WriteNumber("quiet_rows", result.QuietRows);
        json.WriteStartObject("by_feature");
        foreach (var (i, feature) in result.Features.Index())
            WriteFinite(json, feature.Name, result.Phi[i]);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteStartArray("left_out");
        foreach (var (column, why) in result.LeftOut)
        {
            json.WriteStartObject();
            json.WriteString("column", column);
            json.WriteString("why", why);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("unreadable_cells", result.Unreadable);
        json.WriteNumber("steps_back_in_time", result.StepsBack);
        json.WriteStartArray("other_rules");
        foreach (var peer in result.Peers)
            Write(json, peer);
        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, PeerTally peer)
    {
        json.WriteStartObject();
        json.WriteString("rule", peer.Rule);
        json.WriteNumber("windows", peer.Windows);
        json.WriteNumber("alarms", peer.Alarms);
        json.WriteStartObject("alarms_by_feature");
        foreach (var (feature, alarms) in peer.ByFeature)
            json.WriteNumber(feature, alarms);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteFinite(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value))
            json.WriteNumber(name, Math.Round(value, 6));
        else
            json.WriteNull(name);
    }
}
