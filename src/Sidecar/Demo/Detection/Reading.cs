namespace Sidecar.Demo.Detection;

/// <summary>What a detector makes of what it has seen.</summary>
internal enum DetectorState
{
    /// <summary>It doesn't know yet what is normal.</summary>
    Learning,

    /// <summary>Too little to say anything.</summary>
    Unknown,

    /// <summary>Nothing to report.</summary>
    Quiet,

    /// <summary>Something is wrong.</summary>
    Firing,
}

/// <summary>A detector's latest word.</summary>
/// <param name="Symptom">Who says it.</param>
/// <param name="State">What it says.</param>
/// <param name="Value">The indicator, for people.</param>
/// <param name="Limit">Where it fires, for people; empty while it learns.</param>
/// <param name="Evidence">While it fires: what was seen.</param>
internal sealed record Reading(Symptom Symptom, DetectorState State, string Value, string Limit, string Evidence);
