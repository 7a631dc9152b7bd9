using System.Globalization;
using System.Text;

namespace Sidecar.Benchmarks.SideBySide;

/// <summary>All numbers of one measurement.</summary>
internal static class DetailTable
{
    public static string Title(Cell cell) => cell.Rate is { } rate
        ? string.Create(CultureInfo.InvariantCulture, $"{cell.Body}, {rate:N0} requests/s on {Connections(cell)}")
        : $"{cell.Body}, {Connections(cell)}";

    public static string Connections(Cell cell) => $"{cell.Connections} connection{(cell.Connections == 1 ? "" : "s")}";

    public static void Write(StringBuilder text, MeasurementTable table, Cell cell)
    {
        text.AppendLine().AppendLine(Title(cell)).AppendLine();
        var rows = new MarkdownTable(
            "peer", "user µs", "system µs", "CPU µs/request", "× nginx", "× nginx-mirror", "requests/s", "p50 µs", "p99 µs", "added p50 µs",
            "added p99 µs", "RSS MB", "decoded", "allocated B");
        foreach (var peer in table.Peers(cell.Body))
        {
            var failed = table.Of(cell, peer).Count(turn => turn.Problem is not null);
            rows.Add(
                failed == 0 ? peer : $"{peer} **failed {failed} of {table.Of(cell, peer).Count()}**",
                MarkdownTable.Middle(table.Summary(cell, peer, turn => turn.UserMicroseconds), "F1"),
                MarkdownTable.Middle(table.Summary(cell, peer, turn => turn.SystemMicroseconds), "F1"),
                MarkdownTable.Range(table.Summary(cell, peer, turn => turn.CpuMicroseconds), "F1"),
                MarkdownTable.Range(table.Ratio(cell, peer, Peers.Nginx, turn => turn.CpuMicroseconds), "F2"),
                MarkdownTable.Range(table.Ratio(cell, peer, Peers.NginxMirror, turn => turn.CpuMicroseconds), "F2"),
                MarkdownTable.Range(table.Summary(cell, peer, turn => turn.RequestsPerSecond), "F0"),
                MarkdownTable.Middle(table.Summary(cell, peer, turn => turn.P50Microseconds), "F0"),
                MarkdownTable.Middle(table.Summary(cell, peer, turn => turn.P99Microseconds), "F0"),
                cell.Rate is null ? MarkdownTable.None : MarkdownTable.Range(table.Added(cell, peer, Peers.Direct, turn => turn.P50Microseconds), "F0"),
                cell.Rate is null ? MarkdownTable.None : MarkdownTable.Range(table.Added(cell, peer, Peers.Direct, turn => turn.P99Microseconds), "F0"),
                MarkdownTable.Middle(table.Summary(cell, peer, turn => turn.ResidentBytes / 1e6), "F1"),
                MarkdownTable.Middle(table.Summary(cell, peer, turn => turn.DecodedShare * 100), "F2", "%"),
                MarkdownTable.Middle(table.Summary(cell, peer, turn => turn.AllocatedBytes), "F1"));
        }

        rows.Write(text);
    }
}
