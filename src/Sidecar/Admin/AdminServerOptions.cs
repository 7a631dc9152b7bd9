using System.Net;
using OpenTelemetry.Metrics;

namespace Sidecar.Admin;

/// <summary>What the admin server listens on, asks and serves.</summary>
public sealed record AdminServerOptions
{
    /// <summary>Address and port; port 0 takes a free one.</summary>
    public required IPEndPoint Listen { get; init; }

    /// <summary>The provider that <c>/metrics</c> collects from; it must have the Prometheus exporter.</summary>
    public required MeterProvider Metrics { get; init; }

    /// <summary>Measurements point at traces: OpenMetrics is served to who takes it. False: plain text always.</summary>
    public bool Exemplars { get; init; }

    /// <summary>For <c>/healthz</c>: false only when restarting the container would help. Called for each request, from any thread; must not block.</summary>
    public required Func<ProbeAnswer> Alive { get; init; }

    /// <summary>For <c>/readyz</c>: whether to send traffic here. Never depends on a telemetry sink, since a broker's outage must not unready models.</summary>
    public required Func<ProbeAnswer> Ready { get; init; }

    /// <summary>Wraps every request, outermost; null for none.</summary>
    public Func<RequestDelegate, RequestDelegate>? Middleware { get; init; }
}
