using Sidecar.Configuration;
using Sidecar.Demo;

namespace Sidecar;

/// <summary>The real sidecar, as the demo wants it.</summary>
internal sealed class DemoSidecar : IDemoSidecar
{
    // A slow model still fills so many rows within two windows of a short demo.
    private const int FewestRows = 100;

    private readonly SidecarApplication _application;

    private DemoSidecar(SidecarApplication application) => _application = application;

    public Uri Traffic => new($"http://{_application.Traffic[0]}");

    public Uri? GrpcTraffic => new($"http://{_application.Traffic[1]}");

    public Uri Health => new($"http://{_application.Health}");

    /// <exception cref="StartException">A port is taken.</exception>
    public static async Task<IDemoSidecar> StartAsync(
        DemoSidecarSettings settings, EndPointSetting listen, EndPointSetting health, CancellationToken cancellation)
    {
        var options = new SidecarOptions
        {
            Upstream = new UpstreamSetting(settings.Upstream.Host, settings.Upstream.Port),
            Listen = listen,
            Listeners =
            [
                new ListenerOptions
                {
                    Name = "grpc",
                    Listen = listen with { Port = 0 },
                    Upstream = new UpstreamSetting(settings.GrpcUpstream.Host, settings.GrpcUpstream.Port),
                },
            ],
            Health = new HealthOptions { Listen = health },
            Drift = new DriftOptions
            {
                BurnIn = settings.LearnAfter,
                Delta = settings.DriftDelta,
                Window = new DriftWindowOptions { MinRows = FewestRows, Every = settings.DriftWindow },
            },
            Shadows = [new ShadowOptions { Name = "candidate", File = settings.ShadowFile, Rate = settings.ShadowRate }],
        };
        return new DemoSidecar(await SidecarApplication.StartAsync(options, cancellation: cancellation).ConfigureAwait(false));
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();
}
