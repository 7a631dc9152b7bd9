using Sidecar.Demo.Detection;

namespace Sidecar.Demo.Schedule;

internal enum BreakOutcome
{
    /// <summary>Not over yet, or never begun.</summary>
    Pending,
    Detected,
    Missed,
}

/// <summary>How one break went.</summary>
internal sealed class BreakResult(int index)
{
    private readonly List<Symptom> _sideEffects = [];

    /// <summary>Which break, counted from 0.</summary>
    public int Index { get; } = index;

    public BreakOutcome Outcome { get; private set; }

    /// <summary>From the break's beginning to its end, by detection or by its deadline.</summary>
    public TimeSpan After { get; private set; }

    /// <summary>What the detector saw; empty where the break was missed.</summary>
    public string Evidence { get; private set; } = "";

    /// <summary>Other detectors that fired meanwhile.</summary>
    public IReadOnlyList<Symptom> SideEffects => _sideEffects;

    /// <summary>Whether everything was quiet again in time; null while that is open.</summary>
    public bool? Recovered { get; internal set; }

    internal void End(BreakOutcome outcome, TimeSpan after, string evidence)
    {
        Outcome = outcome;
        After = after;
        Evidence = evidence;
    }

    internal void AlsoFired(Symptom symptom)
    {
        if (!_sideEffects.Contains(symptom))
            _sideEffects.Add(symptom);
    }
}
