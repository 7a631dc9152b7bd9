using Sidecar.Commands;
using Sidecar.Configuration;
using Sidecar.Demo;

namespace Sidecar;

/// <summary>Puts a real sidecar into the demo: the same application that <c>run</c> starts, with short windows.</summary>
internal static class DemoSidecar
{
    public static Task<int> RunAsync(DemoFlags flags, CancellationToken cancellation)
    {
        var arguments = new DemoArguments { ForDuration = flags.For, Plain = flags.Plain, Seed = flags.Seed, Rate = flags.Rate };
        return DemoRunner.RunAsync(arguments, (settings, stop) => StartAsync(settings, flags, stop), TimeProvider.System, Console.Out, cancellation);
    }

    /// <summary>The demo's settings as options; also used by tests.</summary>
    public static async Task<IDemoSidecar> StartAsync(DemoSidecarSettings settings, DemoFlags flags, CancellationToken cancellation)
    {
        var options = new SidecarOptions
        {
            Upstream = new UpstreamSetting(settings.Upstream.Host, settings.Upstream.Port),
            Listen = flags.Listen,
            Health = new HealthOptions { Listen = flags.Health },
            Drift = new DriftOptions
            {
                BurnIn = settings.LearnAfter,
                Delta = settings.DriftDelta,
                Window = new DriftWindowOptions { Every = settings.DriftWindow },
            },
            Shadows = [new ShadowOptions { Name = "candidate", File = settings.ShadowFile, Rate = settings.ShadowRate }],
        };
        return new Running(await SidecarApplication.StartAsync(options, cancellation: cancellation));
    }

    private sealed class Running(SidecarApplication application) : IDemoSidecar
    {
        public Uri Traffic { get; } = new($"http://{application.Traffic[0]}");

        public Uri Health { get; } = new($"http://{application.Health}");

        public ValueTask DisposeAsync() => application.DisposeAsync();
    }
}
