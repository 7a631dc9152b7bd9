namespace Sidecar.Configuration;

/// <summary>What happens between SIGTERM and the end of the process.</summary>
public sealed record ShutdownOptions
{
    /// <summary>How long after SIGTERM connections are still accepted, while endpoints forget this pod.</summary>
    public TimeSpan KeepAccepting { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>When after SIGTERM what is still open is closed; keep it below terminationGracePeriodSeconds.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(30);
}
