using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Sidecar.Benchmarks.SideBySide;

/// <summary>Collects the turns and writes them as a Markdown table for each number of connections, or as JSON.</summary>
internal sealed class Report(SideBySideOptions options)
{
    private static readonly JsonSerializerOptions JsonStyle = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private readonly List<Measurement> _measurements = [];
    private readonly List<(string Peer, string Reason)> _skipped = [];
    private readonly List<(string Peer, string Reason)> _failed = [];

    public bool HasFailures => _failed.Count > 0 || _measurements.Any(turn => turn.Problem is not null);

    public void Add(Measurement turn) => _measurements.Add(turn);

    public void Skip(string peer, string reason) => _skipped.Add((peer, reason));

    public void Fail(string peer, string reason) => _failed.Add((peer, reason));

    public string Markdown()
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture,
            $"{Environment.ProcessorCount} cores, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}; " +
            $"V2 JSON with {options.Features} FP32 values; {options.Rounds} rounds of {options.Duration.TotalSeconds} s; load average at the end {LoadAverage()}");
        foreach (var connections in options.Connections)
            Table(text, connections);
        text.AppendLine();
        foreach (var (peer, reason) in _skipped)
            text.AppendLine(CultureInfo.InvariantCulture, $"- {peer}: skipped, {reason}");
        foreach (var (peer, reason) in _failed)
            text.AppendLine(CultureInfo.InvariantCulture, $"- {peer}: **failed**, {reason}");
        foreach (var turn in _measurements.Where(turn => turn.Problem is not null))
            text.AppendLine(CultureInfo.InvariantCulture, $"- {turn.Peer}, {turn.Connections} connections, round {turn.Round}: **failed**, {turn.Problem}");
        return text.ToString();
    }

    public string Json() => JsonSerializer.Serialize(
        new
        {
            Cores = Environment.ProcessorCount,
            System = RuntimeInformation.OSDescription,
            Framework = RuntimeInformation.FrameworkDescription,
            LoadAverage = LoadAverage(),
            Options = options,
            Turns = _measurements,
            Skipped = _skipped.Select(peer => new { peer.Peer, peer.Reason }),
            Failed = _failed.Select(peer => new { peer.Peer, peer.Reason }),
            Ratios = options.Connections.SelectMany(connections => PeerNames().Select(peer => new
            {
                Peer = peer,
                Connections = connections,
                ToNginx = Ratio(peer, Peers.Nginx, connections),
                ToNginxMirror = Ratio(peer, Peers.NginxMirror, connections),
            })),
        },
        JsonStyle);

    private IEnumerable<string> PeerNames() => _measurements.Select(turn => turn.Peer).Distinct();

    private void Table(StringBuilder text, int connections)
    {
        text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"{connections} connection{(connections == 1 ? "" : "s")}").AppendLine();
        text.AppendLine("| peer | user µs | system µs | **CPU µs/request** | × nginx | × nginx-mirror | requests/s | p50 µs | p99 µs | RSS MB | decoded | allocated B |");
        text.AppendLine("|---|---|---|---|---|---|---|---|---|---|---|---|");
        foreach (var peer in PeerNames())
        {
            var turns = _measurements.Where(turn => turn.Peer == peer && turn.Connections == connections).ToArray();
            var failed = turns.Count(turn => turn.Problem is not null);

            string[] cells =
            [
                // A proxy that lost requests did less work, so its numbers flatter it: shown for diagnosis, left out of the ratios.
                failed == 0 ? peer : $"{peer} **failed {failed} of {turns.Length}**",
                Middle(turns.Select(turn => turn.UserMicroseconds), "F1"),
                Middle(turns.Select(turn => turn.SystemMicroseconds), "F1"),
                Range(Summary.Of(turns.Select(turn => turn.CpuMicroseconds)), "F1"),
                Range(Ratio(peer, Peers.Nginx, connections), "F2"),
                Range(Ratio(peer, Peers.NginxMirror, connections), "F2"),
                Range(Summary.Of(turns.Select(turn => (double?)turn.RequestsPerSecond)), "F0"),
                Middle(turns.Select(turn => (double?)turn.P50Microseconds), "F0"),
                Middle(turns.Select(turn => (double?)turn.P99Microseconds), "F0"),
                Middle(turns.Select(turn => turn.ResidentBytes / 1e6), "F1"),
                Middle(turns.Select(turn => turn.DecodedShare * 100), "F2", "%"),
                Middle(turns.Select(turn => turn.AllocatedBytes), "F1"),
            ];
            text.AppendLine(CultureInfo.InvariantCulture, $"| {string.Join(" | ", cells)} |");
        }
    }

    /// <summary>CPU of one peer over that of another, turn by turn of the same round.</summary>
    private Summary? Ratio(string peer, string other, int connections) => Summary.Of(
        from turn in _measurements
        join reference in _measurements on (other, turn.Connections, turn.Round) equals (reference.Peer, reference.Connections, reference.Round)
        where turn.Peer == peer && turn.Connections == connections && turn.Problem is null && reference.Problem is null
        select turn.CpuMicroseconds / reference.CpuMicroseconds);

    private static string Middle(IEnumerable<double?> values, string format, string unit = "") =>
        Summary.Of(values) is { } summary ? summary.Median.ToString(format, CultureInfo.InvariantCulture) + unit : "–";

    private static string Range(Summary? summary, string format) => summary is { } range
        ? string.Create(CultureInfo.InvariantCulture, $"{range.Median.ToString(format, CultureInfo.InvariantCulture)} ({range.Min.ToString(format, CultureInfo.InvariantCulture)}–{range.Max.ToString(format, CultureInfo.InvariantCulture)})")
        : "–";

    private static string LoadAverage() => string.Join(' ', File.ReadAllText("/proc/loadavg").Split(' ')[..3]);
}
