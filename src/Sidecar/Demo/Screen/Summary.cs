using Sidecar.Demo.Schedule;

namespace Sidecar.Demo.Screen;

/// <summary>What the demo says in the end, and its exit code.</summary>
internal static class Summary
{
    /// <summary>Everything was detected, and nothing else was claimed.</summary>
    public const int Passed = 0;

    /// <summary>A break was missed, or a detector fired before anything was broken.</summary>
    public const int Failed = 1;

    /// <summary>Cancelled before each break had its turn.</summary>
    public const int Inconclusive = 2;

    /// <summary>0, 1 or 2.</summary>
    /// <param name="schedule">What happened.</param>
    /// <param name="breaks">How many breaks there are.</param>
    /// <param name="cancelled">Whether a person ended the demo; else it ended by itself, and what had no turn was missed.</param>
    public static int ExitCode(BreakSchedule schedule, int breaks, bool cancelled)
    {
        var ended = schedule.Results.Where(result => result.Outcome != BreakOutcome.Pending).ToList();
        if (schedule.FalseAlarms.Count > 0 || ended.Any(result => result.Outcome == BreakOutcome.Missed))
            return Failed;
        if (ended.Select(result => result.Index).Distinct().Count() == breaks)
            return Passed;
        return cancelled ? Inconclusive : Failed;
    }

    /// <summary>The table: break, detected by, after how long, what to look at; of a break that came several times, its last turn.</summary>
    public static IEnumerable<string> Lines(BreakSchedule schedule, IReadOnlyList<Breakage> breakages)
    {
        yield return $"{"break",-22}{"detected by",-22}{"after",-9}look at";
        for (var index = 0; index < breakages.Count; index++)
        {
            var turns = schedule.Results.Where(result => result.Index == index && result.Outcome != BreakOutcome.Pending).ToList();
            var by = turns.Count == 0 ? "no turn" : turns[^1].Outcome == BreakOutcome.Detected ? Phrases.Of(breakages[index].Symptom) : "MISSED";
            var after = turns.Count == 0 ? "" : Phrases.Seconds(turns[^1].After);
            yield return $"{breakages[index].Name,-22}{by,-22}{after,-9}{breakages[index].Metric}";
            if (turns.Count > 0)
            {
                foreach (var line in Details(turns))
                    yield return "  " + line;
            }
        }

        foreach (var alarm in schedule.FalseAlarms)
            yield return $"FALSE ALARM before anything was broken: {Phrases.Of(alarm.Symptom)}: {alarm.Evidence}";
        if (!schedule.Learned)
            yield return "It ended before all detectors were quiet, so nothing was broken.";
    }

    private static IEnumerable<string> Details(List<BreakResult> turns)
    {
        var last = turns[^1];
        if (last.Evidence.Length > 0)
            yield return last.Evidence;
        if (last.SideEffects.Count > 0)
            yield return $"also fired: {string.Join(", ", last.SideEffects.Select(Phrases.Of))}";
        if (last.Recovered == false)
            yield return "not quiet again in time";
        if (turns.Count > 1)
            yield return $"detected {turns.Count(turn => turn.Outcome == BreakOutcome.Detected)} of {turns.Count} times";
    }
}
