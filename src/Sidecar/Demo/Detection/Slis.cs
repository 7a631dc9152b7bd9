namespace Sidecar.Demo.Detection;

/// <summary>The service level indicators of one stretch of time, all computed from two scrapes of <c>/metrics</c>.</summary>
internal sealed record Slis
{
    /// <summary>The time between the two scrapes.</summary>
    public required TimeSpan Span { get; init; }

    /// <summary>Requests that ended without an <c>error_type</c>, of all requests.</summary>
    public required Proportion Success { get; init; }

    /// <summary>The 90th percentile of the inference latency in seconds, interpolated inside its histogram bucket; null without requests.</summary>
    public required double? P90Seconds { get; init; }

    /// <summary>Requests with the most frequent contract violation, of all requests.</summary>
    public required Proportion Violations { get; init; }

    /// <summary>Which violations there were, the most frequent first, as "kind feature"; empty without any.</summary>
    public required IReadOnlyList<string> ViolationKinds { get; init; }

    /// <summary>The largest lower bound of a drift distance at the later scrape; null where none is known.</summary>
    public required double? Drift { get; init; }

    /// <summary>Side and feature of <see cref="Drift"/>.</summary>
    public required string DriftFeature { get; init; }

    /// <summary>Shadow comparisons that disagree and are no near-tie, of all that could be compared.</summary>
    public required Proportion Disagreement { get; init; }
}
