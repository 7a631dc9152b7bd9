namespace Sidecar.Configuration;

/// <summary>A candidate model that re-scores a sample of the traffic.</summary>
public sealed record ShadowOptions
{
    /// <summary>Name of the candidate, the label `shadow` of its metrics; unique.</summary>
    public required string Name { get; init; }

    /// <summary>Path of its ONNX file.</summary>
    public required string File { get; init; }

    /// <summary>Share of the decoded requests that it scores; which ones is decided by a hash, so it can be repeated.</summary>
    public double Rate { get; init; } = 0.1;
}
