using Sidecar.Demo.Detection;
using Sidecar.Demo.Schedule;

namespace Sidecar.Tests.Demo;

public sealed class BreakScheduleTests
{
    private static readonly DemoTimes Minute = DemoTimes.For(TimeSpan.FromSeconds(60));

    private readonly BreakSchedule _schedule = new([Symptom.Contract, Symptom.Success], Minute);
    private double _now;

    [Fact]
    public void Step_QuietForAWindow_BreaksTheFirst()
    {
        Assert.Equal(ScheduleAction.None, Step());
        Assert.Equal(ScheduleAction.None, Step(seconds: 2.9));
        Assert.Equal(ScheduleAction.Break, Step(seconds: 0.2));
        Assert.Equal((DemoPhase.Broken, 0), (_schedule.Phase, _schedule.Current));
        Assert.True(_schedule.Learned);
    }

    [Fact]
    public void Step_OneStillLearns_IsNotQuiet()
    {
        for (var i = 0; i < 20; i++)
            Assert.Equal(ScheduleAction.None, _schedule.Step(At(1), [Reading(Symptom.Contract), Reading(Symptom.Success, DetectorState.Learning)]));
    }

    [Fact]
    public void Step_NeverQuiet_FinishesWithoutBreaking()
    {
        Assert.Equal(ScheduleAction.None, Step(seconds: 26, firing: Symptom.Success));
        Assert.Equal(ScheduleAction.Finish, Step(seconds: 1.1, firing: Symptom.Success));
        Assert.Empty(_schedule.Results);
        Assert.False(_schedule.Learned);
    }

    [Fact]
    public void Step_FiringBeforeTheFirstBreak_IsAFalseAlarmOnce()
    {
        Step(firing: Symptom.Success);
        Step(firing: Symptom.Success);
        Step();
        Step(firing: Symptom.Success);
        Assert.Equal(Symptom.Success, Assert.Single(_schedule.FalseAlarms).Symptom);
        ToFirstBreak();
        Step(firing: Symptom.Contract);
        Assert.Single(_schedule.FalseAlarms);
    }

    [Fact]
    public void Step_OwnDetectorFires_EndsTheBreakWithItsEvidence()
    {
        ToFirstBreak();
        Assert.Equal(ScheduleAction.None, Step(seconds: 1));
        Assert.Equal(ScheduleAction.Mend, Step(seconds: 1.5, firing: Symptom.Contract));
        var result = Assert.Single(_schedule.Results);
        Assert.Equal((BreakOutcome.Detected, TimeSpan.FromSeconds(2.5), "seen"), (result.Outcome, result.After, result.Evidence));
        Assert.Equal(DemoPhase.Recovering, _schedule.Phase);
    }

    [Fact]
    public void Step_AnotherDetectorFires_IsASideEffectAndNoDetection()
    {
        ToFirstBreak();
        Assert.Equal(ScheduleAction.None, Step(seconds: 1, firing: Symptom.Success));
        Assert.Equal(ScheduleAction.Mend, Step(seconds: 60, firing: Symptom.Success));
        var result = Assert.Single(_schedule.Results);
        Assert.Equal(BreakOutcome.Missed, result.Outcome);
        Assert.Equal([Symptom.Success], result.SideEffects);
    }

    [Fact]
    public void Step_StillFiringFromBefore_CountsOnlyAfterASilence()
    {
        ToFirstBreak();
        Step(seconds: 1, firing: Symptom.Contract);
        // Success fires through the whole recovery, so the second break, whose detector it is, begins with it firing.
        Assert.Equal(ScheduleAction.Break, Step(seconds: 60 - _now - 5, firing: Symptom.Success));
        Assert.False(_schedule.Results[0].Recovered);
        Assert.Equal(ScheduleAction.None, Step(seconds: 1, firing: Symptom.Success));
        Assert.Equal(ScheduleAction.None, Step(seconds: 1));
        Assert.Equal(ScheduleAction.Finish, Step(seconds: 1, firing: Symptom.Success));
        Assert.Equal(BreakOutcome.Detected, _schedule.Results[1].Outcome);
    }

    [Fact]
    public void Step_QuietAgain_BreaksTheNextAndFinishesAfterTheLast()
    {
        ToFirstBreak();
        Step(seconds: 1, firing: Symptom.Contract);
        Step(seconds: 1, firing: Symptom.Contract);
        Step(seconds: 1);
        Assert.Equal(ScheduleAction.Break, Step(seconds: 3));
        Assert.True(_schedule.Results[0].Recovered);
        Assert.Equal(ScheduleAction.Finish, Step(seconds: 1, firing: Symptom.Success));
        Assert.Equal(ScheduleAction.None, Step(seconds: 1));
    }

    [Theory]
    [InlineData(30)]
    [InlineData(60)]
    [InlineData(600)]
    public void Step_NobodyEverFires_EndsInTimeWithEachBreakMissed(int total)
    {
        var times = DemoTimes.For(TimeSpan.FromSeconds(total));
        var schedule = new BreakSchedule([.. Enum.GetValues<Symptom>()], times);
        var now = TimeSpan.Zero;
        // Never quiet long enough in recovery: every other reading is unknown.
        for (var step = 0; schedule.Phase != DemoPhase.Done; step++)
        {
            now += times.Scrape;
            var state = schedule.Phase == DemoPhase.Learning || step % 2 == 0 ? DetectorState.Quiet : DetectorState.Unknown;
            schedule.Step(now, [.. Enum.GetValues<Symptom>().Select(symptom => Reading(symptom, state))]);
        }

        Assert.InRange(now, TimeSpan.FromSeconds(total * 0.9), TimeSpan.FromSeconds(total));
        Assert.Equal(5, schedule.Results.Count(result => result.Outcome == BreakOutcome.Missed));
    }

    [Fact]
    public void Step_WithoutATotal_CyclesForEver()
    {
        var times = DemoTimes.For(null);
        var schedule = new BreakSchedule([Symptom.Contract, Symptom.Success], times);
        var begun = new List<int>();
        for (var step = 0; step < 1000; step++)
        {
            var firing = schedule.Phase == DemoPhase.Broken ? new[] { Symptom.Contract, Symptom.Success }[schedule.Current] : (Symptom?)null;
            if (schedule.Step(times.Scrape * step, Readings(firing)) == ScheduleAction.Break)
                begun.Add(schedule.Current);
        }

        Assert.Equal([0, 1, 0, 1, 0, 1], begun.Take(6));
        Assert.All(schedule.Results.SkipLast(1), result => Assert.Equal(BreakOutcome.Detected, result.Outcome));
    }

    private void ToFirstBreak()
    {
        Step();
        Assert.Equal(ScheduleAction.Break, Step(seconds: 3));
    }

    private ScheduleAction Step(double seconds = 0.5, Symptom? firing = null) => _schedule.Step(At(seconds), Readings(firing));

    private TimeSpan At(double later) => TimeSpan.FromSeconds(_now += later);

    private static Reading[] Readings(Symptom? firing) =>
        [.. new[] { Symptom.Contract, Symptom.Success }
            .Select(symptom => Reading(symptom, symptom == firing ? DetectorState.Firing : DetectorState.Quiet))];

    private static Reading Reading(Symptom symptom, DetectorState state = DetectorState.Quiet) =>
        new(symptom, state, "value", "limit", state == DetectorState.Firing ? "seen" : "");
}
