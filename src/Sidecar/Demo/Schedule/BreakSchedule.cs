using Sidecar.Demo.Detection;

namespace Sidecar.Demo.Schedule;

internal enum DemoPhase
{
    /// <summary>The sidecar learns its reference and the detectors what is normal.</summary>
    Learning,

    /// <summary>Something is broken.</summary>
    Broken,

    /// <summary>It is whole again, and not everything has noticed.</summary>
    Recovering,

    Done,
}

internal enum ScheduleAction
{
    None,

    /// <summary>Break <see cref="BreakSchedule.Current"/>.</summary>
    Break,

    /// <summary>Make <see cref="BreakSchedule.Current"/> whole again.</summary>
    Mend,

    /// <summary>Mend and end.</summary>
    Finish,
}

/// <summary>
/// One thing after another: waits for quiet, breaks something, mends it as soon as its own detector fires or its deadline passes, waits for quiet, and
/// so on. A state machine without a clock; the caller says what time it is and does what is asked. It listens to the detectors, never the reverse.
/// </summary>
/// <param name="breaks">For each break the detector that must find it.</param>
/// <param name="times">Deadlines.</param>
internal sealed class BreakSchedule(IReadOnlyList<Symptom> breaks, DemoTimes times)
{
    private readonly List<BreakResult> _results = [];
    private readonly List<Reading> _falseAlarms = [];
    private readonly HashSet<Symptom> _carriedOver = [];
    private TimeSpan? _quietSince;
    private TimeSpan _brokenAt;
    private TimeSpan _detectBy;
    private TimeSpan _recoverBy;

    public DemoPhase Phase { get; private set; }

    /// <summary>Which break is on, or was last; -1 before the first.</summary>
    public int Current { get; private set; } = -1;

    /// <summary>Whether everything was quiet before the first break.</summary>
    public bool Learned { get; private set; }

    /// <summary>Every break that was begun, in order; with no end to the demo each comes again and again.</summary>
    public IReadOnlyList<BreakResult> Results => _results;

    /// <summary>Detectors that fired before anything was broken, each once.</summary>
    public IReadOnlyList<Reading> FalseAlarms => _falseAlarms;

    /// <summary>Until when the present phase may last.</summary>
    public TimeSpan Deadline => Phase switch
    {
        DemoPhase.Learning => times.LearnBy,
        DemoPhase.Broken => _detectBy,
        _ => _recoverBy,
    };

    /// <summary>Moves on, given the detectors' latest words, and says what is to be done.</summary>
    /// <param name="now">Since the demo's start; never less than before.</param>
    /// <param name="readings">One for each detector.</param>
    public ScheduleAction Step(TimeSpan now, IReadOnlyList<Reading> readings)
    {
        var quiet = QuietLongEnough(now, readings);
        return Phase switch
        {
            DemoPhase.Learning => Learn(now, readings, quiet),
            DemoPhase.Broken => Watch(now, readings),
            DemoPhase.Recovering => Recover(now, readings, quiet),
            _ => ScheduleAction.None,
        };
    }

    private bool QuietLongEnough(TimeSpan now, IReadOnlyList<Reading> readings)
    {
        if (readings.Any(reading => reading.State != DetectorState.Quiet))
            _quietSince = null;
        else
            _quietSince ??= now;
        return now - _quietSince >= (Phase == DemoPhase.Learning ? times.QuietFor : times.QuietAgainFor);
    }

    private ScheduleAction Learn(TimeSpan now, IReadOnlyList<Reading> readings, bool quiet)
    {
        foreach (var reading in Firing(readings))
        {
            if (_falseAlarms.All(alarm => alarm.Symptom != reading.Symptom))
                _falseAlarms.Add(reading);
        }

        if (quiet)
        {
            Learned = true;
            return Begin(now, readings);
        }

        return now >= times.LearnBy ? Finish() : ScheduleAction.None;
    }

    private ScheduleAction Begin(TimeSpan now, IReadOnlyList<Reading> readings)
    {
        Current = (Current + 1) % breaks.Count;
        _results.Add(new BreakResult(Current));
        // What fires already can't be told from what this break causes, before it has fallen silent once.
        _carriedOver.Clear();
        _carriedOver.UnionWith(Firing(readings).Select(reading => reading.Symptom));
        _brokenAt = now;
        (_detectBy, _recoverBy) = times.Deadlines(now, breaks.Count - Current);
        Phase = DemoPhase.Broken;
        return ScheduleAction.Break;
    }

    private ScheduleAction Watch(TimeSpan now, IReadOnlyList<Reading> readings)
    {
        var result = _results[^1];
        NoteSideEffects(readings);
        var own = readings.FirstOrDefault(reading => reading.Symptom == breaks[Current]);
        if (own?.State == DetectorState.Firing && !_carriedOver.Contains(own.Symptom))
            result.End(BreakOutcome.Detected, now - _brokenAt, own.Evidence);
        else if (now >= _detectBy)
            result.End(BreakOutcome.Missed, now - _brokenAt, "");
        else
            return ScheduleAction.None;

        if (times.Total is not null && Current == breaks.Count - 1)
            return Finish();
        Phase = DemoPhase.Recovering;
        return ScheduleAction.Mend;
    }

    private ScheduleAction Recover(TimeSpan now, IReadOnlyList<Reading> readings, bool quiet)
    {
        NoteSideEffects(readings);
        if (!quiet && now < _recoverBy)
            return ScheduleAction.None;
        _results[^1].Recovered = quiet;
        return Begin(now, readings);
    }

    private ScheduleAction Finish()
    {
        Phase = DemoPhase.Done;
        return ScheduleAction.Finish;
    }

    private void NoteSideEffects(IReadOnlyList<Reading> readings)
    {
        _carriedOver.IntersectWith(Firing(readings).Select(reading => reading.Symptom));
        foreach (var reading in Firing(readings))
        {
            if (reading.Symptom != breaks[Current] && !_carriedOver.Contains(reading.Symptom))
                _results[^1].AlsoFired(reading.Symptom);
        }
    }

    private static IEnumerable<Reading> Firing(IReadOnlyList<Reading> readings) => readings.Where(reading => reading.State == DetectorState.Firing);
}
