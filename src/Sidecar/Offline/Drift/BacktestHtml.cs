using System.Globalization;
using System.Net;
using System.Text;
using Sidecar.Statistics.Drift;

namespace Sidecar.Offline.Drift;

/// <summary>A backtest as one HTML page without scripts: the evidence of each feature as a curve, its episodes as bands.</summary>
internal static class BacktestHtml
{
    private const int Width = 720;
    private const int Height = 44;

    public static string Write(BacktestResult result)
    {
        var page = new StringBuilder($$"""
            <!doctype html><html lang="en"><meta charset="utf-8"><title>Drift backtest</title>
            <style>
            body { font: 14px system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; color: #1c1e21; background: #fff }
            table { border-collapse: collapse } th, td { text-align: left; padding: .25rem .75rem .25rem 0; vertical-align: middle } td.n { text-align: right }
            svg { background: #f4f5f7 } .page { fill: #c4162a55 } .ticket { fill: #f2a60055 } polyline { fill: none; stroke: #3f6fb5; stroke-width: 1.5 } .limit { stroke: #c4162a; stroke-dasharray: 4 3 }
            </style>
            <h1>Drift backtest</h1>
            <p>{{Text($"{Words.Count(result.Rows)} rows of {Path.GetFileName(result.Arguments.Stream)} against {Words.Count(result.ReferenceRows)} of {Path.GetFileName(result.Arguments.Reference)}, {Words.Time(result.Seconds)}. φ from the {Words.Of(result.PhiSource)}: {result.PhiReason}.")}}</p>
            <h2>Episodes</h2>
            """);
        WriteEpisodes(page, result);
        page.Append("<h2>Evidence</h2><p>The dashed line raises an alarm; red bands page, yellow ones are tickets.</p><table>");
        foreach (var (i, feature) in result.Features.Index())
            page.Append(CultureInfo.InvariantCulture, $"<tr><th>{Text(feature.Name)}<td>{Chart(result, i, feature)}<td>φ {Words.Number(result.Phi[i], "0.#")}");
        page.Append("</table><h2>Other rules</h2><table><tr><th>rule<th>windows<th>called drift");
        foreach (var peer in result.Peers)
            page.Append(CultureInfo.InvariantCulture, $"<tr><td>{Text(peer.Rule)}<td class=n>{peer.Windows}<td class=n>{peer.Alarms}");
        page.Append("</table>");
        if (result.LeftOut.Count > 0)
            page.Append("<h2>Left out</h2><ul>").AppendJoin("", result.LeftOut.Select(one => $"<li>{Text(one.Column)}: {Text(one.Why)}")).Append("</ul>");
        return page.Append("</html>").ToString();
    }

    private static void WriteEpisodes(StringBuilder page, BacktestResult result)
    {
        if (result.Episodes.Count == 0)
        {
            page.Append("<p>No drift.</p>");
            return;
        }

        page.Append("<table><tr><th>severity<th>feature<th>kind<th>began at row<th>alarm<th>cleared<th>effect<th>at least<th>what");
        foreach (var episode in result.Episodes)
        {
            page.Append(CultureInfo.InvariantCulture, $"<tr><td>{Words.Of(episode.Severity)}<td>{Text(episode.Feature.Name)}<td>{Words.Of(episode.Kind)}<td class=n>{episode.FirstRow}<td class=n>{episode.DetectedRow}")
                .Append(CultureInfo.InvariantCulture, $"<td class=n>{(episode.ClearedRow < 0 ? "lasts" : Words.Count(episode.ClearedRow))}<td class=n>{Words.Number(episode.Effect)}<td class=n>{Words.Number(episode.Bound)}<td>{Text(episode.Where)}");
        }

        page.Append("</table>");
    }

    private static string Chart(BacktestResult result, int index, FeatureReference feature)
    {
        var chart = new StringBuilder();
        chart.Append(CultureInfo.InvariantCulture, $"<svg width={Width} height={Height} role=img aria-label=\"{Text(feature.Name)}\">");
        foreach (var episode in result.Episodes.Where(episode => ReferenceEquals(episode.Feature, feature) || episode.Feature.Name == feature.Name))
        {
            double from = X(episode.DetectedRow, result.Rows), to = X(episode.ClearedRow < 0 ? result.Rows : episode.ClearedRow, result.Rows);
            chart.Append(CultureInfo.InvariantCulture, $"<rect class={Words.Of(episode.Severity)} x=\"{from:0.#}\" width=\"{Math.Max(2, to - from):0.#}\" height={Height} />");
        }

        chart.Append(CultureInfo.InvariantCulture, $"<line class=limit x2={Width} y1=4 y2=4 /><polyline points=\"");
        for (var piece = 0; piece < EvidenceTrace.Pieces; piece++)
            chart.Append(CultureInfo.InvariantCulture, $"{(piece + 0.5) * Width / EvidenceTrace.Pieces:0.#},{4 + ((1 - result.Trace.Level(index, piece)) * (Height - 6)):0.#} ");
        return chart.Append("\" /></svg>").ToString();
    }

    private static double X(long row, long rows) => (double)row * Width / Math.Max(1, rows);

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
