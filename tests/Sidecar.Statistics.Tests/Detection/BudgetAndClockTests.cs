using CsCheck;
using Sidecar.Simulations;
using Sidecar.Statistics.Detection;

namespace Sidecar.Statistics.Tests.Detection;

public class BudgetAndClockTests
{
    private const long Second = 1_000_000_000;

    [Theory]
    [InlineData(190, 10, 5, 1)]
    [InlineData(200, 0, 0, 3)]
    [InlineData(0, 4, 1, 1)]
    public void Budget_AnyModel_SpendsOneFalseAlarmInThirtyDaysOverAllReplicas(int inputs, int outputs, int rates, int replicas)
    {
        // Alarms of a detector in 30 days are at most 30 days over its threshold.
        var budget = new DetectionBudget(inputs, outputs, rates, replicas);
        var alarms = inputs / budget.InputThreshold + outputs / budget.OutputThreshold + rates / budget.RateThreshold;
        Assert.Equal(1, alarms * DetectionBudget.PeriodSeconds * replicas, 1e-9);
    }

    [Fact]
    public void Budget_OutputsGetMoreThanInputs_AndNonsenseIsRefused()
    {
        var budget = new DetectionBudget(10, 10);
        Assert.Equal(5 / 3.0, budget.InputThreshold / budget.OutputThreshold, 1e-9);
        Assert.Throws<ArgumentOutOfRangeException>(() => new DetectionBudget(-1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new DetectionBudget(1, 1, replicas: 0));
        var model = Reference.ExactNormal().Model;
        Assert.Throws<ArgumentOutOfRangeException>(() => new MixtureDetector(model, new() { Threshold = 1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new MixtureDetector(model, new() { Threshold = 1e8, Tolerance = double.NaN }));
    }

    [Fact]
    public void Clock_EnoughRowsAndASecond_Closes()
    {
        var clock = new SubWindowClock(0);
        Assert.False(clock.TryClose(Second / 2, 100, out _));
        Assert.False(clock.TryClose(2 * Second, 31, out _));
        Assert.True(clock.TryClose(3 * Second, 32, out var seconds));
        Assert.Equal(3, seconds);
        Assert.False(clock.TryClose(3 * Second + 1, 32, out _));
    }

    [Fact]
    public void Clock_HardlyAnyTraffic_ClosesAfterAnHourAndNeverEmpty()
    {
        var clock = new SubWindowClock(0);
        Assert.False(clock.TryClose(3599 * Second, 1, out _));
        Assert.False(clock.TryClose(9000 * Second, 0, out _));
        Assert.True(clock.TryClose(9000 * Second, 1, out var seconds));
        Assert.Equal(60, seconds);
    }

    [Fact]
    public void Clock_AnyJumps_NeverWeighsMoreThanAMinuteOrLessThanNothing() => Gen.Long.Array[1, 50].Sample(times =>
    {
        var clock = new SubWindowClock(0);
        foreach (var time in times)
        {
            clock.TryClose(time, 40, out var seconds);
            Assert.InRange(seconds, 0, 60);
        }
    });

    [Fact]
    public void A_clock_that_jumps_back_and_forth_for_ever_raises_no_alarm()
    {
        // Each jump back pays nothing, each jump forward an hour at most; the evidence is what the rows say.
        var reference = Reference.ExactNormal();
        var budget = new DetectionBudget(200, 10);
        var detector = new MixtureDetector(reference.Model, new() { Threshold = budget.InputThreshold, MeanWeight = 1.6 });
        var clock = new SubWindowClock(0);
        var sampler = reference.Sampler(Law.StandardNormal);
        var counts = new long[reference.Model.Cells];
        var random = new Rng(6);
        for (var i = 0; i < 5000; i++)
        {
            Array.Clear(counts);
            sampler.Add(random, counts, 32);
            var time = i % 2 == 0 ? 4_000_000_000 * Second : -4_000_000_000 * Second;
            if (clock.TryClose(time, 32, out var seconds))
                Assert.Equal(DetectorEvent.None, detector.Update(counts, seconds));
        }
    }
}
