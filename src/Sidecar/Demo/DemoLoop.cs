using Sidecar.Demo.Detection;
using Sidecar.Demo.Schedule;
using Sidecar.Demo.Screen;
using Sidecar.Demo.Traffic;

namespace Sidecar.Demo;

/// <summary>The demo's heartbeat: scrape, let the detectors look, let the schedule decide, do what it says, show it.</summary>
internal sealed class DemoLoop(
    Uri health,
    IReadOnlyList<Breakage> breakages,
    BreakSchedule schedule,
    DemoLoad load,
    double driftDelta,
    DemoTimes times,
    IDemoScreen screen,
    TimeProvider time,
    long started)
{
    // Cutting a listener or writing a file takes milliseconds; what takes this long hangs.
    private static readonly TimeSpan ActionTimeout = TimeSpan.FromSeconds(10);

    private readonly DetectorPanel _panel = new(times.Window, times.ShortWindow, driftDelta);

    private TimeSpan Elapsed => time.GetElapsedTime(started);

    /// <summary>Runs until the schedule is done or <paramref name="cancellation"/> is asked for. Mends in the end what is broken then.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var scraper = new MetricsScraper(health, time);
        using var ticks = new PeriodicTimer(times.Scrape, time);
        try
        {
            while (await ticks.WaitForNextTickAsync(cancellation))
            {
                if (await scraper.ScrapeAsync(cancellation) is { } snapshot)
                    _panel.Observe(snapshot);
                var readings = _panel.Readings;
                if (await StepAsync(readings, cancellation) == ScheduleAction.Finish)
                    return;
                screen.Show(View(readings));
            }
        }
        finally
        {
            if (schedule.Current >= 0)
                await breakages[schedule.Current].Mend(CancellationToken.None).WaitAsync(ActionTimeout, time, CancellationToken.None);
        }
    }

    private async Task<ScheduleAction> StepAsync(IReadOnlyList<Reading> readings, CancellationToken cancellation)
    {
        var alarmsBefore = schedule.FalseAlarms.Count;
        var action = schedule.Step(Elapsed, readings);
        foreach (var alarm in schedule.FalseAlarms.Skip(alarmsBefore))
            Say($"FALSE ALARM: {Phrases.Of(alarm.Symptom)}: {alarm.Evidence}");
        if (action is ScheduleAction.Mend or ScheduleAction.Finish && schedule.Results.Count > 0)
            SayHowItEnded(schedule.Results[^1]);
        if (action == ScheduleAction.Mend)
            await breakages[schedule.Current].Mend(cancellation).WaitAsync(ActionTimeout, time, cancellation);
        if (action == ScheduleAction.Break)
        {
            if (schedule.Results.Count > 1)
                Say(schedule.Results[^2].Recovered == true ? "quiet again" : "not quiet again in time");
            var breakage = breakages[schedule.Current];
            Say($"breaking: {breakage.Name} – {breakage.Story}");
            await breakage.Break(cancellation).WaitAsync(ActionTimeout, time, cancellation);
        }

        return action;
    }

    private void SayHowItEnded(BreakResult result) => Say(result.Outcome == BreakOutcome.Detected
        ? $"DETECTED after {Phrases.Seconds(result.After)} by {Phrases.Of(breakages[result.Index].Symptom)}: {result.Evidence}"
        : $"MISSED: {breakages[result.Index].Name}, given up after {Phrases.Seconds(result.After)}");

    private void Say(string line) => screen.Say($"{Phrases.Seconds(Elapsed),8}  {line}");

    private DemoView View(IReadOnlyList<Reading> readings) => new()
    {
        Elapsed = Elapsed,
        Phase = schedule.Phase,
        Current = schedule.Current < 0 ? null : breakages[schedule.Current],
        Deadline = schedule.Deadline,
        Readings = readings,
        RequestsPerSecond = _panel.Window is { } window ? window.Success.Of / window.Span.TotalSeconds : null,
        Succeeded = load.Succeeded,
        Failed = load.Failed,
    };
}
