using System.Text;
using Sidecar.Statistics.Drift;

namespace Sidecar.Offline.Drift;

/// <summary>A backtest for people at a terminal, or in a pipe: no colours, no control characters.</summary>
internal static class BacktestText
{
    private const string Blocks = " ▁▂▃▄▅▆▇";
    private const int MostPlotted = 30;
    private const int NameWidth = 24;

    public static void Write(TextWriter output, BacktestResult result)
    {
        WriteHead(output, result);
        WritePlot(output, result);
        WriteEpisodes(output, result);
        WriteSummary(output, result);
    }

    private static void WriteHead(TextWriter output, BacktestResult result)
    {
        var arguments = result.Arguments;
        output.WriteLine($"{Words.Count(result.Rows)} rows of {arguments.Stream} against {Words.Count(result.ReferenceRows)} of {arguments.Reference}, {result.Features.Count} features, {Words.Time(result.Seconds)}"
            + (arguments.Timestamp is { } column ? $" by {column}" : arguments.Rate is { } rate ? $" at {Words.Number(rate)} rows/s" : $" at {Words.Number(BacktestArguments.UsualRate)} rows/s, as nobody said (--rate, --timestamp)"));
        double[] phi = [.. result.Phi.Order()];
        output.WriteLine($"φ {Words.Number(phi[phi.Length / 2], "0.#")} typically, {Words.Number(phi[^1], "0.#")} at most, from the {Words.Of(result.PhiSource)}: {result.PhiReason}");
        foreach (var (name, why) in result.LeftOut)
            output.WriteLine($"left out: {name}: {why}");
        if (result.Unreadable > 0)
            output.WriteLine($"{Words.Count(result.Unreadable)} cells hold something that is not of their column's type; among numbers they count as NaN");
        if (result.StepsBack > 0)
            output.WriteLine($"{Words.Count(result.StepsBack)} rows are older than the row ahead of them: a clock that goes back counts for nothing");
        output.WriteLine();
    }

    private static void WritePlot(TextWriter output, BacktestResult result)
    {
        var alarmed = result.Episodes.Select(episode => episode.Feature.Name).ToHashSet(StringComparer.Ordinal);
        var order = result.Features.Index().OrderByDescending(feature => alarmed.Contains(feature.Item.Name)).ThenBy(feature => feature.Index).ToArray();
        output.WriteLine($"{"evidence",NameWidth} | row 0{Words.Count(result.Rows).PadLeft(EvidenceTrace.Pieces - 5)} |  █ = alarm");
        foreach (var (index, feature) in order.Take(MostPlotted))
            output.WriteLine($"{Shortened(feature.Name),NameWidth} |{Plot(result.Trace, index)}|");
        if (order.Length > MostPlotted)
            output.WriteLine($"{"",NameWidth}   {order.Length - MostPlotted} more without an alarm are not drawn");
        output.WriteLine();
    }

    private static string Plot(EvidenceTrace trace, int feature)
    {
        var line = new StringBuilder();
        for (var piece = 0; piece < EvidenceTrace.Pieces; piece++)
        {
            var level = trace.Level(feature, piece);
            line.Append(level >= 1 ? '█' : Blocks[(int)(level * Blocks.Length)]);
        }

        return line.ToString();
    }

    private static void WriteEpisodes(TextWriter output, BacktestResult result)
    {
        if (result.Episodes.Count == 0)
        {
            output.WriteLine("no drift");
            output.WriteLine();
            return;
        }

        output.WriteLine($"{"severity",-8} {"feature",-NameWidth} {"kind",-13} {"began",12} {"alarm",12} {"cleared",12} {"effect",8} {"at least",8}  what");
        foreach (var episode in result.Episodes)
        {
            output.WriteLine($"{Words.Of(episode.Severity),-8} {Shortened(episode.Feature.Name),-NameWidth} {Words.Of(episode.Kind),-13} {Words.Count(episode.FirstRow),12} {Words.Count(episode.DetectedRow),12} "
                + $"{(episode.ClearedRow < 0 ? "lasts" : Words.Count(episode.ClearedRow)),12} {Words.Number(episode.Effect),8} {Words.Number(episode.Bound),8}  {episode.Where}");
        }

        output.WriteLine();
    }

    private static void WriteSummary(TextWriter output, BacktestResult result)
    {
        var pages = result.Episodes.Count(episode => episode.Severity == DriftSeverity.Page);
        output.WriteLine($"{pages} to page, {result.Episodes.Count - pages} to ticket; {Words.Number(result.Episodes.Count / result.Months, "0.##")} alarms a model-month of this stream"
            + (result.Episodes.Count > 0 ? $"; {Words.Number(result.MedianDelay, "0")} rows from the beginning to the alarm (median)" : ""));
        output.WriteLine("other rules on the same rows, window by window of 1,000:");
        foreach (var peer in result.Peers)
        {
            output.WriteLine($"  {peer.Rule,-10} {Words.Count(peer.Alarms),6} of {Words.Count(peer.Windows),6} windows of a feature are drift"
                + (peer.ByFeature.Count > 0 ? $"; most: {string.Join(", ", peer.ByFeature.OrderByDescending(one => one.Alarms).Take(3).Select(one => $"{one.Feature} {one.Alarms}"))}" : ""));
        }
    }

    private static string Shortened(string name) => name.Length <= NameWidth ? name : name[..(NameWidth - 1)] + "…";
}
