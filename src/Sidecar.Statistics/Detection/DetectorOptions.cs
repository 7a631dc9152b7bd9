namespace Sidecar.Statistics.Detection;

/// <summary>How a detector decides.</summary>
public sealed record DetectorOptions
{
    /// <summary>
    /// A of the guarantee: E[alarms by T] ≤ (Σ of the weights by T)/A. In the weights' unit: seconds, or sub-windows where each weighs 1; see
    /// <see cref="DetectionBudget"/>. At least 10.
    /// </summary>
    public required double Threshold { get; init; }

    /// <summary>What a sub-window weighs on average: 1, or its usual seconds. Only the reference's own error is judged with it.</summary>
    public double MeanWeight { get; init; } = 1;

    /// <summary>
    /// τ: the null holds every law within this χ-distance of the reference. 0.01 = a mean 0.01σ off = a rate of 1 % that is really 1.1 %. 0 … 1.
    /// </summary>
    public double Tolerance { get; init; } = 0.01;

    /// <summary>Whether the two adaptive experts take part; see <see cref="MixtureDetector"/>.</summary>
    public bool Adaptive { get; init; } = true;
}
