using System.Text;

namespace Sidecar.Benchmarks.SideBySide;

/// <summary>The idle connections alone, without any load.</summary>
internal static class IdleCommand
{
    public static async Task<int> RunAsync(Arguments arguments, CancellationToken stop)
    {
        var connections = arguments.Count("connections", SideBySideOptions.Full.Idle!.Value);
        var peers = Peers.Named(arguments.Texts("peers") ?? []);
        var sidecar = arguments.Text("sidecar");
        arguments.RejectUnread();

        using var workspace = new Workspace();
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
        var unavailable = new List<string>();
        IReadOnlyList<IdleResult> results;
        try
        {
            results = await IdleTurns.RunAsync(peers, connections, sidecar, workspace, http, (peer, reason, _) => unavailable.Add($"- {peer}: {reason}"), stop);
        }
        catch (PeerFailedException failure)
        {
            Console.Error.WriteLine($"the model server behind all peers: {failure.Message}");
            return ExitCodes.Unavailable;
        }

        Progress.Clear();
        var text = new StringBuilder();
        if (results.Count > 0)
            IdleTable.Write(text, results);
        text.AppendLine().AppendJoin(Environment.NewLine, unavailable);
        Console.WriteLine(text);
        return results.Any(result => result.Problem is not null) ? ExitCodes.Failed : ExitCodes.Ok;
    }
}
