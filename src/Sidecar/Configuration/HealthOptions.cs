namespace Sidecar.Configuration;

/// <summary>The read-only endpoint for probes and metrics.</summary>
public sealed record HealthOptions
{
    /// <summary>Address that serves /healthz, /readyz and /metrics; port 0 lets the system choose.</summary>
    public EndPointSetting Listen { get; init; } = new("0.0.0.0", 9181);
}
