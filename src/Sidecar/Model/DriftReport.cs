namespace Sidecar.Model;

/// <summary>What a closed window came to.</summary>
public enum DriftResult : byte
{
    /// <summary>Nothing moved by more than the tolerance, as far as the rows can tell.</summary>
    Good,

    /// <summary>Something moved; worth a look in working hours.</summary>
    Ticket,

    /// <summary>Something moved by more than is acceptable, against a reference that a person gave.</summary>
    Page,

    /// <summary>Too few rows to say anything.</summary>
    Insufficient,

    /// <summary>The rows' dependence is not known well enough yet to bound false alarms.</summary>
    Uncalibrated,
}

/// <summary>One feature in a closed window.</summary>
/// <param name="Feature">Its name: the tensor's, with the column in brackets where the tensor has several.</param>
/// <param name="Result">What it alone came to.</param>
/// <param name="Distance">Point estimate of the distance to the reference, 0 to 1; NaN when there were too few rows.</param>
/// <param name="LowerBound">Its lower confidence bound.</param>
/// <param name="Rows">Rows in the window.</param>
/// <param name="Dispersion">φ, the factor by which the rows' dependence inflates variances; 1 = independent rows.</param>
/// <param name="Cause">What moved: <c>distribution</c>, <c>missing</c>, <c>unseen</c>.</param>
public sealed record FeatureDrift(string Feature, DriftResult Result, double Distance, double LowerBound, long Rows, double Dispersion, string Cause)
{
    /// <summary>The window beside its reference.</summary>
    public required DriftHistogram Histogram { get; init; }
}

/// <summary>Counts of a reference and of a window in the same cells.</summary>
/// <param name="Edges">Numbers: minimum, the bins' inner edges, maximum; two cells below and two above lie around the bins. Categories: empty, and the cells are the most frequent values, the others, and those never seen before.</param>
public sealed record DriftHistogram(IReadOnlyList<float> Edges, IReadOnlyList<long> Reference, IReadOnlyList<long> Window);

/// <summary>An alarm of one feature, when it is raised, when it gets louder, and when it clears. Says nothing of values.</summary>
/// <param name="Kind">What the change looks like: <c>location</c>, <c>missing</c>, …</param>
/// <param name="State"><c>raised</c>, <c>louder</c> (a ticket became a page) or <c>cleared</c>.</param>
/// <param name="Result">Ticket or page.</param>
/// <param name="Began">When the change began, as nearly as the kept counts tell.</param>
/// <param name="When">When this happened.</param>
/// <param name="Effect">Its size: a distance, or the rise of a share.</param>
/// <param name="Bound">Its lower confidence bound.</param>
public sealed record DriftAlarm(
    ModelIdentity Model, Side Side, string Feature, string Kind, string State, DriftResult Result, DateTimeOffset Began, DateTimeOffset When, double Effect, double Bound);

/// <summary>A closed window of one side of one model.</summary>
public sealed record DriftReport(ModelIdentity Model, Side Side, DateTimeOffset Start, DateTimeOffset End, long Rows, DriftResult Result, IReadOnlyList<FeatureDrift> Features)
{
    /// <summary>How often the model was probably right, of outputs with a calibration; null while that is unknown.</summary>
    public AccuracyEstimate? EstimatedAccuracy { get; init; }
}

/// <summary>An estimate without labels, and so blind to a change of what the scores mean: never a measurement.</summary>
/// <param name="Ratio">Expected share of right predictions.</param>
/// <param name="Rows">Predictions behind it.</param>
public readonly record struct AccuracyEstimate(double Ratio, long Rows);
