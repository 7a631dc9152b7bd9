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
public sealed record FeatureDrift(string Feature, DriftResult Result, double Distance, double LowerBound, long Rows, double Dispersion, string Cause);

/// <summary>A closed window of one side of one model.</summary>
public sealed record DriftReport(ModelIdentity Model, Side Side, DateTimeOffset Start, DateTimeOffset End, long Rows, DriftResult Result, IReadOnlyList<FeatureDrift> Features);
