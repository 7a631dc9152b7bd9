using Sidecar.Configuration;

namespace Sidecar.Commands;

/// <summary>What <c>sidecar demo</c> was asked for.</summary>
public sealed record DemoFlags
{
    /// <summary>How long the demo lasts; null: until it is stopped.</summary>
    public TimeSpan? For { get; init; }

    /// <summary>Where the demo's sidecar listens.</summary>
    public EndPointSetting Listen { get; init; } = new("127.0.0.1", 0);

    /// <summary>Where the demo's sidecar serves /metrics.</summary>
    public EndPointSetting Health { get; init; } = new("127.0.0.1", 0);

    /// <summary>Lines instead of a live table; a pipe or CI gets lines anyway.</summary>
    public bool Plain { get; init; }

    /// <summary>Requests a second that the load generator aims at.</summary>
    public int Rate { get; init; } = 300;

    /// <summary>Decides which rows are replayed in which order.</summary>
    public int Seed { get; init; } = 1;
}
