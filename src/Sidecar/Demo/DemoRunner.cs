using System.Globalization;
using Sidecar.Demo.Schedule;
using Sidecar.Demo.Screen;
using Sidecar.Demo.Serving;
using Sidecar.Demo.Traffic;

namespace Sidecar.Demo;

/// <summary>
/// <c>sidecar demo</c>: a real model server, a sidecar in front of it, a client that replays real rows, and five things that break one after another.
/// Each must be found by a detector that sees nothing but the sidecar's <c>/metrics</c>.
/// </summary>
public static class DemoRunner
{
    private const string ModelName = "carloan";
    private const string ModelVersion = "1";
    private const int BadArguments = 64;

    // Enough comparisons for a verdict within a second or two, and a share that shows that the shadow scores a sample only.
    private const double ShadowRate = 0.5;
    private const double DriftDelta = 0.1;

    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Runs the demo until its time is over, or until it is cancelled, and stops everything that it started.</summary>
    /// <param name="arguments">What the person chose.</param>
    /// <param name="startSidecar">Starts a sidecar on free loopback ports; its exceptions pass through.</param>
    /// <param name="time">The clock.</param>
    /// <param name="output">Where the demo is seen; the live table is for <see cref="Console.Out"/> on a terminal only.</param>
    /// <param name="cancellation">Ends the demo early, with a summary of what there was.</param>
    /// <returns>
    /// 0 where every break was detected and no detector fired before the first; 1 where not; 2 where it was cancelled before each break had its turn;
    /// 64 for arguments that are not allowed.
    /// </returns>
    public static Task<int> RunAsync(
        DemoArguments arguments,
        Func<DemoSidecarSettings, CancellationToken, Task<IDemoSidecar>> startSidecar,
        TimeProvider time,
        TextWriter output,
        CancellationToken cancellation) =>
        RunAsync(arguments, DemoTimes.For(arguments.ForDuration), startSidecar, time, output, cancellation);

    internal static async Task<int> RunAsync(
        DemoArguments arguments,
        DemoTimes times,
        Func<DemoSidecarSettings, CancellationToken, Task<IDemoSidecar>> startSidecar,
        TimeProvider time,
        TextWriter output,
        CancellationToken cancellation)
    {
        if (arguments.Errors() is { Count: > 0 } errors)
        {
            foreach (var error in errors)
                await output.WriteLineAsync(error);
            return BadArguments;
        }

        var started = time.GetTimestamp();
        using var model = new OnnxModel(ModelName, ModelVersion, DemoAssets.PrimaryModel());
        using var shadow = new ShadowFile();
        await using var server = await DemoModelServer.StartAsync(model, time, cancellation);
        var settings = Settings(arguments, times, server, shadow);
        await using var sidecar = await StartAsync(startSidecar, settings, time, cancellation);
        await using var load = DemoLoad.Start(sidecar.Traffic, sidecar.GrpcTraffic, ModelName, DemoRows.Parse(DemoAssets.Rows()), arguments.Rate, arguments.Seed, time);

        var breakages = Breakages.All(load, server, shadow);
        var schedule = new BreakSchedule([.. breakages.Select(breakage => breakage.Symptom)], times);
        var cancelled = false;
        await using (var screen = DemoScreens.Choose(arguments.Plain, output, LookHere(sidecar)))
        {
            foreach (var line in Opening(settings, times, sidecar))
                screen.Say(line);
            var loop = new DemoLoop(sidecar.Health, breakages, schedule, load, settings.DriftDelta, times, screen, time, started);
            try
            {
                await loop.RunAsync(cancellation);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                cancelled = true;
            }
        }

        await output.WriteLineAsync();
        foreach (var line in Summary.Lines(schedule, breakages))
            await output.WriteLineAsync(line);
        await output.FlushAsync(CancellationToken.None);
        return Summary.ExitCode(schedule, breakages.Count, cancelled);
    }

    private static DemoSidecarSettings Settings(DemoArguments arguments, DemoTimes times, DemoModelServer server, ShadowFile shadow) => new()
    {
        Upstream = server.Address,
        GrpcUpstream = server.GrpcAddress,
        ShadowFile = shadow.Path,
        ShadowRate = ShadowRate,
        LearnAfter = times.LearnAfter(arguments.Rate),
        DriftWindow = times.DriftWindow,
        DriftDelta = DriftDelta,
    };

    private static async Task<IDemoSidecar> StartAsync(
        Func<DemoSidecarSettings, CancellationToken, Task<IDemoSidecar>> startSidecar,
        DemoSidecarSettings settings,
        TimeProvider time,
        CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(StartTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        return await startSidecar(settings, either.Token);
    }

    private static IEnumerable<string> Opening(DemoSidecarSettings settings, DemoTimes times, IDemoSidecar sidecar)
    {
        yield return $"REST client → sidecar {sidecar.Traffic} → model server {settings.Upstream} (ONNX Runtime, model {ModelName})";
        if (sidecar.GrpcTraffic is { } grpc)
            yield return $"gRPC client → sidecar {grpc} → the same server {settings.GrpcUpstream}";
        yield return string.Create(CultureInfo.InvariantCulture,
            $"demo windows are short: indicators over {times.Window.TotalSeconds:0.#} s, drift over {times.DriftWindow.TotalSeconds:0.#} s, ")
            + $"a reference of {settings.LearnAfter} requests; production defaults are minutes to hours";
    }

    private static string LookHere(IDemoSidecar sidecar) => $"look for yourself: curl -s {new Uri(sidecar.Health, "/metrics")} | grep ^sidecar_";
}
