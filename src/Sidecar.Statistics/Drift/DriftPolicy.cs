namespace Sidecar.Statistics.Drift;

/// <summary>How drift is judged.</summary>
public sealed record DriftPolicy
{
    /// <summary>δ: the lower bound of a distance (KS, or of a category's share) above which an alarm pages; below it is a ticket.</summary>
    public double Delta { get; init; } = 0.1;

    /// <summary>How far the share of one value or bin must certainly have risen to page, in two looks running: bursts of one value are common.</summary>
    public double ShareGate { get; init; } = 0.05;

    /// <summary>The same for missing, NaN, infinite and unseen values, and for those outside the reference's range: there the reference has next to nothing.</summary>
    public double ApartGate { get; init; } = 0.01;

    /// <summary>τ: how far from the reference counts as no drift; see <see cref="Detection.DetectorOptions.Tolerance"/>.</summary>
    public double Tolerance { get; init; } = 0.01;

    /// <summary>Sidecars that judge the same model: each gets its part of the allowed false alarms.</summary>
    public int Replicas { get; init; } = 1;

    /// <summary>False alarms allowed in 30 days, over all features and replicas.</summary>
    public double FalseAlarms { get; init; } = 1;

    /// <summary>The reference is the pod's own traffic, which may have drifted already: then nothing pages.</summary>
    public bool OwnReference { get; init; }

    /// <summary>Rows from which φ is learned for a feature whose reference doesn't know it; they are not alarmed on.</summary>
    public long CalibrationRows { get; init; } = 3200;

    /// <summary>
    /// φ of the leading statistic from which an alarm is told only when its size is certainly above 0: the guarantee is approximate after φ, and the more so the
    /// larger it is (a φ of 5 means that a fifth of the rows say anything new).
    /// </summary>
    public double UncertainPhi { get; init; } = 5;

    /// <summary>Seconds that a sub-window usually lasts.</summary>
    public double UsualSeconds { get; init; } = 1;

    /// <summary>Level of the bounds of an effect: the alarm was raised by other evidence, they only size it.</summary>
    public double EffectLevel { get; init; } = 1e-3;
}
