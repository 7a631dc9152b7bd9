using Sidecar.Statistics.Drift;

namespace Sidecar.Model.Profiles;

/// <summary>How a model's features looked, learned ahead of serving or by a pod from its own traffic: what a profile file holds.</summary>
public sealed record ReferenceProfile
{
    /// <summary>The model's name; null: it was not said, and the profile fits any.</summary>
    public string? Model { get; init; }

    /// <summary>Its version, likewise.</summary>
    public string? ModelVersion { get; init; }

    /// <summary>A pod learned it from its own traffic, which may have drifted already: it may never page.</summary>
    public bool IsOwn { get; init; }

    /// <summary>Rows that it was learned from.</summary>
    public required long Rows { get; init; }

    /// <summary>In the order in which they are reported.</summary>
    public required IReadOnlyList<FeatureReference> Features { get; init; }
}

/// <summary>A profile file that can't be used. The message names the place and what to do.</summary>
public sealed class ProfileException(string message) : Exception(message);
