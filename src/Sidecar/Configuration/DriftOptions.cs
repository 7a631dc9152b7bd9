namespace Sidecar.Configuration;

/// <summary>Drift of inputs and outputs against the reference.</summary>
public sealed record DriftOptions
{
    /// <summary>Path of a profile that `sidecar profile build` made; null means that each pod learns from its own first requests, and then nothing pages.</summary>
    public string? Reference { get; init; }

    /// <summary>Path of a calibration that `sidecar profile build --calibration-score` made, by which accuracy is estimated without labels; null means that it is not.</summary>
    public string? Calibration { get; init; }

    /// <summary>Requests that the reference is learned from before drift is judged.</summary>
    public int BurnIn { get; init; } = 1000;

    /// <summary>Distance from the reference, 0 to 1, that its lower confidence bound must exceed before drift counts.</summary>
    public double Delta { get; init; } = 0.1;

    /// <summary>Pods that serve this model; the budget for false alarms is divided by it.</summary>
    public int Replicas { get; init; } = 1;

    /// <summary>The window that is compared with the reference.</summary>
    public DriftWindowOptions Window { get; init; } = new();
}

/// <summary>The window that is compared with the reference.</summary>
public sealed record DriftWindowOptions
{
    /// <summary>Fewest rows that a window needs to be judged; with fewer it is reported as insufficient.</summary>
    public int MinRows { get; init; } = 200;

    /// <summary>How long a window lasts.</summary>
    public TimeSpan Every { get; init; } = TimeSpan.FromSeconds(60);
}
