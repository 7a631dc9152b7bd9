using Sidecar.Statistics;

namespace Sidecar.Model.Profiles;

/// <summary>How often a binary classifier's score is right, learned from labelled rows: what its accuracy is estimated by without labels.</summary>
public sealed record Calibration
{
    /// <summary>Where nobody says another.</summary>
    public const double UsualThreshold = 0.5;

    /// <summary>The model's name; null: it was not said, and the calibration fits any.</summary>
    public string? Model { get; init; }

    /// <summary>Its version, likewise.</summary>
    public string? ModelVersion { get; init; }

    /// <summary>The output feature with the score, by the name that drift reports give it: <c>p</c>, <c>p[1]</c>, <c>p.score</c>.</summary>
    public required string Score { get; init; }

    /// <summary>Rows with a higher score are called positive.</summary>
    public double Threshold { get; init; } = UsualThreshold;

    /// <summary>From the score to the probability that the row is positive.</summary>
    public required CalibrationMap Map { get; init; }
}
