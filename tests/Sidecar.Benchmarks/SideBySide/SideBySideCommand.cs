using System.ComponentModel;

namespace Sidecar.Benchmarks.SideBySide;

/// <summary>
/// Measures all peers in one run. They stay up together and take turns (A B C, A B C, …), so that a noisy minute of the machine hits all of
/// them, and every ratio is of two turns of the same round.
/// </summary>
internal static class SideBySideCommand
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(4);

    public static async Task<int> RunAsync(Arguments arguments, CancellationToken stop)
    {
        var options = SideBySideOptions.Read(arguments);
        var unknown = options.Peers.Except(Peers.All.Select(peer => peer.Name)).ToArray();
        if (unknown.Length > 0)
            throw new UsageException($"--peers: no {string.Join(", ", unknown)}; there are {string.Join(", ", Peers.All.Select(peer => peer.Name))}");
        if (Machine.Find("nginx") is not { } nginx || Machine.Find("wrk") is not { } wrk)
        {
            Console.Error.WriteLine("nginx (the model server's stand-in) and wrk (the load) are needed: apt-get install nginx wrk");
            return ExitCodes.Unavailable;
        }

        using var workspace = new Workspace();
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
        using var peers = new PeerSet();
        var load = Load.Create(wrk, workspace, options.Features);
        var report = new Report(options);
        if (!await StartAllAsync(peers, report, options, workspace, http, nginx, stop))
            return ExitCodes.Unavailable;

        foreach (var peer in peers.Running)
        {
            Progress($"warming up {peer.Name}");
            await peer.MeasureAsync(load, options.Connections.Max(), 0, WarmUp, stop);
        }

        for (var round = 1; round <= options.Rounds; round++)
        {
            foreach (var connections in options.Connections)
            {
                foreach (var peer in peers.Running)
                {
                    Progress($"round {round} of {options.Rounds}, {connections} connections, {peer.Name}");
                    report.Add(await peer.MeasureAsync(load, connections, round, options.Duration, stop));
                }
            }
        }

        Progress("");
        Console.WriteLine(report.Markdown());
        if (options.Json is not null)
            await File.WriteAllTextAsync(options.Json, report.Json(), stop);
        return report.HasFailures ? ExitCodes.Failed : ExitCodes.Ok;
    }

    private static async Task<bool> StartAllAsync(
        PeerSet peers, Report report, SideBySideOptions options, Workspace workspace, HttpClient http, string nginx, CancellationToken stop)
    {
        var wanted = Peers.All.Where(peer => options.Peers.Length == 0 || options.Peers.Contains(peer.Name)).ToArray();
        var ports = Machine.FreePorts(2 + (wanted.Length * Site.PortsPerPeer));
        var (upstream, mirror) = (ports[0], ports[1]);
        var body = Load.SampleBody(options.Features);

        var configuration = NginxConfiguration.Upstream(workspace.Subfolder("upstream"), upstream, mirror, options.Features);
        var server = new PeerPlan { Command = [nginx, "-e", "stderr", "-c", workspace.Write("upstream.conf", configuration)], Port = upstream };
        string expected;
        try
        {
            var running = await RunningPeer.StartAsync("upstream", server, http, body, expected: null, stop);
            peers.AddServer(running);
            expected = await running.AskAsync(body, stop);
        }
        catch (PeerFailedException failure)
        {
            Console.Error.WriteLine($"the nginx behind all peers: {failure.Message}");
            return false;
        }

        foreach (var (peer, index) in wanted.Select((peer, index) => (peer, index)))
        {
            var own = ports.AsSpan(2 + (index * Site.PortsPerPeer), Site.PortsPerPeer).ToArray();
            var plan = peer.Plan(new Site(workspace.Subfolder(peer.Name), own, upstream, mirror, options));
            if (plan.MissingBecause is { } reason)
            {
                report.Skip(peer.Name, reason);
                continue;
            }

            try
            {
                peers.Add(await RunningPeer.StartAsync(peer.Name, plan, http, body, expected, stop));
            }
            catch (Exception failure) when (failure is PeerFailedException or Win32Exception)
            {
                // Win32Exception: the named program can't be run.
                report.Fail(peer.Name, failure.Message);
            }
        }

        return true;
    }

    private static void Progress(string text)
    {
        if (!Console.IsErrorRedirected)
            Console.Error.Write($"\r\u001b[K{text}");
        else if (text.Length > 0)
            Console.Error.WriteLine(text);
    }
}
