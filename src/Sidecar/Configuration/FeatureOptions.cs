namespace Sidecar.Configuration;

/// <summary>Which features are watched and exported.</summary>
public sealed record FeatureOptions
{
    /// <summary>Names of the features that are exported always, whatever the others do.</summary>
    public IReadOnlyList<string> Critical { get; init; } = [];

    /// <summary>Most features that get time series of their own, critical ones included.</summary>
    public int MaxExported { get; init; } = 32;
}
