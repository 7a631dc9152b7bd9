using System.Globalization;
using System.Text;
using Sidecar.Benchmarks.Bodies;

namespace Sidecar.Benchmarks.SideBySide;

/// <summary>The table of one kind of body that answers the questions: what does it cost, how much does it move, what does it add.</summary>
internal static class SummaryTable
{
    public static void Write(StringBuilder text, MeasurementTable table, BodyKind body)
    {
        Cell[] cells = [.. table.Cells(body.Name)];
        if (cells.Length == 0)
            return;
        Cell[] fast = [.. cells.Where(cell => cell.Rate is null).OrderBy(cell => cell.Connections)];
        var steady = cells.Single(cell => cell.Rate is not null);
        var (fewest, most) = (fast[0], fast[^1]);

        text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"**{body.Name}**, {body.Description}").AppendLine();
        var rows = new MarkdownTable(
        [
            "peer",
            .. fast.Select(cell => $"{DetailTable.Connections(cell)}: CPU µs/request, × nginx"),
            .. fast.Select(cell => $"{DetailTable.Connections(cell)}: MB/s, × nginx"),
            $"{DetailTable.Connections(fewest)}: p50 / p99 µs",
            string.Create(CultureInfo.InvariantCulture, $"{steady.Rate:N0}/s: added p50 / p99 µs"),
            "RSS MB",
            "allocated B",
        ]);
        foreach (var peer in table.Peers(body.Name))
        {
            var failed = table.Turns.Count(turn => turn.Body == body.Name && turn.Peer == peer && turn.Problem is not null);
            rows.Add(
            [
                failed == 0 ? peer : $"{peer} **failed {failed}**",
                .. fast.Select(cell => With(
                    MarkdownTable.Middle(table.Summary(cell, peer, turn => turn.CpuMicroseconds), "N1"),
                    table.Ratio(cell, peer, Peers.Nginx, turn => turn.CpuMicroseconds))),
                .. fast.Select(cell => body.IsLarge
                    ? With(
                        MarkdownTable.Middle(table.Summary(cell, peer, turn => turn.RequestsPerSecond * body.LargerBytes / 1e6), "N0"),
                        table.Ratio(cell, peer, Peers.Nginx, turn => turn.RequestsPerSecond))
                    : MarkdownTable.None),
                Pair(table.Summary(fewest, peer, turn => turn.P50Microseconds), table.Summary(fewest, peer, turn => turn.P99Microseconds)),
                Pair(
                    table.Added(steady, peer, Peers.Direct, turn => turn.P50Microseconds),
                    table.Added(steady, peer, Peers.Direct, turn => turn.P99Microseconds)),
                MarkdownTable.Middle(table.Summary(most, peer, turn => turn.ResidentBytes / 1e6), "N0"),
                MarkdownTable.Middle(table.Summary(most, peer, turn => turn.AllocatedBytes), "N1"),
            ]);
        }

        rows.Write(text);
    }

    private static string With(string number, Summary? ratio) => ratio is null ? number : $"{number}, **{MarkdownTable.Range(ratio, "F2")}**";

    private static string Pair(Summary? p50, Summary? p99) =>
        p50 is null ? MarkdownTable.None : $"{MarkdownTable.Middle(p50, "N0")} / {MarkdownTable.Middle(p99, "N0")}";
}
