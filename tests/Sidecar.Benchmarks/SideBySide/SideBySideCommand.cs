using Sidecar.Benchmarks.Bodies;

namespace Sidecar.Benchmarks.SideBySide;

/// <summary>
/// Measures all peers in one run. For a kind of body they stay up together and take turns (A B C, A B C, …), so that a noisy minute of the
/// machine hits all of them, and every ratio is of two turns of the same round.
/// </summary>
internal static class SideBySideCommand
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(4);

    public static async Task<int> RunAsync(Arguments arguments, CancellationToken stop)
    {
        var options = SideBySideOptions.Read(arguments);
        var peers = Peers.Named(options.Peers);
        BodyKind[] bodies = [.. options.BodyNames.Select(BodyKind.Parse)];
        if (LoadPrograms.Find(bodies, out var missing) is not { } programs)
        {
            Console.Error.WriteLine(missing);
            return ExitCodes.Unavailable;
        }

        using var workspace = new Workspace();
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
        var report = new Report(options, bodies);
        try
        {
            foreach (var body in bodies)
            {
                Progress.Show($"{body.Name}: starting {peers.Length} peers");
                using var set = await PeerSet.StartAsync(
                    peers, body, options.Connections.Max(), options.Sidecar, workspace, http, report.Unavailable(body.Name), stop);
                await MeasureAsync(set, Turn.Of(body, options, programs, workspace), options, report, stop);
            }

            if (options.Idle is { } idle)
                report.Add(await IdleTurns.RunAsync(peers, idle, options.Sidecar, workspace, http, report.Unavailable("idle"), stop));
        }
        catch (PeerFailedException failure)
        {
            Console.Error.WriteLine($"the model server behind all peers: {failure.Message}");
            return ExitCodes.Unavailable;
        }

        Progress.Clear();
        Console.WriteLine(report.Markdown());
        if (options.Json is not null)
            await File.WriteAllTextAsync(options.Json, report.Json(), stop);
        return report.HasFailures ? ExitCodes.Failed : ExitCodes.Ok;
    }

    private static async Task MeasureAsync(PeerSet set, Turn[] turns, SideBySideOptions options, Report report, CancellationToken stop)
    {
        foreach (var peer in set.Running)
        {
            Progress.Show($"{turns[0].Body.Name}: warming up {peer.Name}");
            await peer.MeasureAsync(turns.Where(turn => turn.Rate is null).MaxBy(turn => turn.Connections)!, 0, WarmUp, stop);
        }

        for (var round = 1; round <= options.Rounds; round++)
        {
            foreach (var turn in turns)
            {
                foreach (var peer in set.Running)
                {
                    var load = turn.Rate is { } rate ? $"{rate}/s" : $"{turn.Connections} connections";
                    Progress.Show($"{turn.Body.Name}: round {round} of {options.Rounds}, {load}, {peer.Name}");
                    report.Add(await peer.MeasureAsync(turn, round, options.Duration, stop));
                }
            }
        }
    }
}
