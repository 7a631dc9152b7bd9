using Sidecar.Demo.Detection;
using Sidecar.Demo.Schedule;

namespace Sidecar.Demo.Screen;

/// <summary>Everything a screen shows, at one moment.</summary>
internal sealed record DemoView
{
    /// <summary>Since the demo's start.</summary>
    public required TimeSpan Elapsed { get; init; }

    public required DemoPhase Phase { get; init; }

    /// <summary>What is broken, or was last; null before the first.</summary>
    public required Breakage? Current { get; init; }

    /// <summary>When the phase ends at the latest.</summary>
    public required TimeSpan Deadline { get; init; }

    public required IReadOnlyList<Reading> Readings { get; init; }

    /// <summary>As the sidecar counts them, over the window; null where unknown.</summary>
    public required double? RequestsPerSecond { get; init; }

    /// <summary>As the client counts them, since the start.</summary>
    public required long Succeeded { get; init; }

    /// <summary>As the client counts them, since the start.</summary>
    public required long Failed { get; init; }
}
