using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Sidecar.Benchmarks.Bodies;

namespace Sidecar.Benchmarks.SideBySide;

/// <summary>
/// Collects the turns and writes them as Markdown: first a table for each kind of body, made to be pasted elsewhere, then all numbers. Or as JSON.
/// </summary>
internal sealed class Report(SideBySideOptions options, BodyKind[] bodies)
{
    private static readonly JsonSerializerOptions JsonStyle = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private readonly MeasurementTable _table = new();
    private readonly List<IdleResult> _idle = [];
    private readonly List<(string Where, string Peer, string Reason, bool Failed)> _unavailable = [];

    public bool HasFailures =>
        _unavailable.Any(peer => peer.Failed) || _table.Turns.Any(turn => turn.Problem is not null) || _idle.Any(peer => peer.Problem is not null);

    public void Add(Measurement turn) => _table.Add(turn);

    public void Add(IReadOnlyList<IdleResult> idle) => _idle.AddRange(idle);

    /// <summary>Takes a peer's name, why it isn't there, and whether that is a failure.</summary>
    public Action<string, string, bool> Unavailable(string where) => (peer, reason, failed) => _unavailable.Add((where, peer, reason, failed));

    public string Markdown()
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"    {CommandLine()}").AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture,
            $"{Environment.ProcessorCount} cores, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}; " +
            $"{options.Rounds} rounds of {options.Duration.TotalSeconds} s; load average at the end {LoadAverage()}");
        foreach (var body in bodies)
            SummaryTable.Write(text, _table, body);
        if (_idle.Count > 0)
            IdleTable.Write(text, _idle);
        text.AppendLine();
        foreach (var (where, peer, reason, failed) in _unavailable)
            text.AppendLine(CultureInfo.InvariantCulture, $"- {where}, {peer}: {(failed ? "**failed**" : "skipped")}, {reason}");
        foreach (var turn in _table.Turns.Where(turn => turn.Problem is not null))
            text.AppendLine(CultureInfo.InvariantCulture, $"- {DetailTable.Title(MeasurementTable.CellOf(turn))}, {turn.Peer}, round {turn.Round}: **failed**, {turn.Problem}");

        text.AppendLine().AppendLine("## All numbers");
        foreach (var cell in bodies.SelectMany(body => _table.Cells(body.Name)))
            DetailTable.Write(text, _table, cell);
        return text.ToString();
    }

    public string Json() => JsonSerializer.Serialize(
        new
        {
            Command = CommandLine(),
            Cores = Environment.ProcessorCount,
            System = RuntimeInformation.OSDescription,
            Framework = RuntimeInformation.FrameworkDescription,
            LoadAverage = LoadAverage(),
            Options = options,
            _table.Turns,
            Idle = _idle,
            Unavailable = _unavailable.Select(peer => new { peer.Where, peer.Peer, peer.Reason, peer.Failed }),
            Ratios =
                from body in bodies
                from cell in _table.Cells(body.Name)
                from peer in _table.Peers(body.Name)
                select new
                {
                    Peer = peer,
                    cell.Body,
                    cell.Connections,
                    cell.Rate,
                    ToNginx = _table.Ratio(cell, peer, Peers.Nginx, turn => turn.CpuMicroseconds),
                    ToNginxMirror = _table.Ratio(cell, peer, Peers.NginxMirror, turn => turn.CpuMicroseconds),
                    RateToNginx = _table.Ratio(cell, peer, Peers.Nginx, turn => turn.RequestsPerSecond),
                    AddedP50 = _table.Added(cell, peer, Peers.Direct, turn => turn.P50Microseconds),
                    AddedP99 = _table.Added(cell, peer, Peers.Direct, turn => turn.P99Microseconds),
                },
        },
        JsonStyle);

    private static string CommandLine() =>
        $"dotnet run -c Release --project tests/Sidecar.Benchmarks -- {string.Join(' ', Environment.GetCommandLineArgs()[1..])}";

    private static string LoadAverage() => string.Join(' ', File.ReadAllText("/proc/loadavg").Split(' ')[..3]);
}
