using System.Globalization;
using System.Text;

namespace Sidecar.Benchmarks.SideBySide;

/// <summary>Memory of idle connections.</summary>
internal static class IdleTable
{
    public static void Write(StringBuilder text, IReadOnlyList<IdleResult> results)
    {
        text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"**{results[0].Connections:N0} idle connections**, each after one request").AppendLine();
        var rows = new MarkdownTable("peer", "RSS MB before", "RSS MB", "kB/connection");
        foreach (var peer in results)
        {
            string Number(double value) => peer.Problem is null ? value.ToString("F1", CultureInfo.InvariantCulture) : MarkdownTable.None;
            rows.Add(
                peer.Problem is null ? peer.Peer : $"{peer.Peer} **failed**, {peer.Problem}",
                (peer.BytesBefore / 1e6).ToString("F1", CultureInfo.InvariantCulture),
                Number(peer.BytesHolding / 1e6),
                Number((peer.BytesHolding - peer.BytesBefore) / 1e3 / peer.Connections));
        }

        rows.Write(text);
    }
}
