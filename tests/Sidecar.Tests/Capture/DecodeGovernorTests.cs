using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Sidecar.Capture;
using Sidecar.Testing;

namespace Sidecar.Tests.Capture;

public sealed class DecodeGovernorTests
{
    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData(1.0)]
    [InlineData(0.25)]
    public void Observe_BacklogHalfFull_HalvesOnceAPeriodDownToAThousandth(double configured)
    {
        var governor = new DecodeGovernor(configured, _time);
        var seen = new List<double>();
        for (var i = 0; i < 120; i++)
        {
            _time.Advance(DecodeGovernor.Period / 10);
            governor.Observe(0.5, _time.GetTimestamp());
            if (governor.Rate != seen.LastOrDefault(configured))
                seen.Add(governor.Rate);
        }

        Assert.Equal(Enumerable.Range(1, 10).Select(i => configured / (1 << i)), seen);
        Assert.Equal(configured / 1024, governor.Lowest);
    }

    [Fact]
    public void Observe_BacklogGone_ComesBackInEighths()
    {
        var governor = new DecodeGovernor(1, _time);
        Step(governor, 0.9);
        Step(governor, 0.3); // neither full nor empty: as it is
        Assert.Equal(0.5, governor.Rate);
        Step(governor, 0.1);
        Assert.Equal(0.5625, governor.Rate);
        for (var i = 0; i < 10; i++)
            Step(governor, 0);
        Assert.Equal((1, 0.5), (governor.Rate, governor.Lowest));
        Step(governor, 1);
        Step(governor, 1);
        Assert.Equal((0.25, 0.25), (governor.Rate, governor.Lowest));
    }

    [Fact]
    public void Observe_AfterQuietTime_CatchesUp()
    {
        var governor = new DecodeGovernor(1, _time);
        for (var i = 0; i < 10; i++)
            Step(governor, 1);
        Assert.Equal(1.0 / 1024, governor.Rate);
        _time.Advance(TimeSpan.FromSeconds(5));
        Step(governor, 0);
        Assert.InRange(governor.Rate, 0.3, 0.5); // 51 periods of an eighth each
        _time.Advance(TimeSpan.FromDays(1));
        Step(governor, 0);
        Assert.Equal(1, governor.Rate);
    }

    [Fact]
    public void Observe_AnyBacklogs_StaysBetweenAThousandthAndTheConfiguredRate() =>
        Gen.Select(Gen.Double[0, 1], Gen.Double[0, 1].Array[0, 200]).Sample((configured, backlogs) =>
        {
            var governor = new DecodeGovernor(configured, _time);
            foreach (var backlog in backlogs)
            {
                Step(governor, backlog);
                Assert.InRange(governor.Rate, configured / 1024, configured);
                Assert.InRange(governor.Lowest, configured / 1024, governor.Rate);
            }
        });

    [Fact]
    public void Observe_EveryExchange_AllocatesNothing()
    {
        var governor = new DecodeGovernor(1, _time);
        long now = 0;
        Assert.Equal(0, Allocated.Least(() =>
        {
            for (var i = 0; i < 1000; i++)
                governor.Observe(i % 2, now += TimeSpan.TicksPerSecond);
        }));
    }

    // A fully overloaded analysis: what is given to it each period, what it can do, what waits.
    [Theory]
    [InlineData(2)]
    [InlineData(10)]
    [InlineData(100)]
    public void Overload_OfAnySize_SettlesWithoutAFullQueue(int overload)
    {
        const double Queue = 8192, Work = 0.4; // a millisecond
        var governor = new DecodeGovernor(1, _time);
        double waiting = 0, decoded = 0;
        for (var millisecond = 0; millisecond < 500_000; millisecond++)
        {
            waiting += Work * overload * governor.Rate;
            Assert.InRange(waiting, 0, Queue);
            var done = Math.Min(waiting, Work);
            waiting -= done;
            decoded += millisecond >= 100_000 ? done : 0;
            _time.Advance(TimeSpan.FromMilliseconds(1));
            governor.Observe(waiting / Queue, _time.GetTimestamp());
        }

        // The analysis is never idle for long while there is more than it can do.
        Assert.InRange(decoded / (Work * 400_000), 0.9, 1);
    }

    private void Step(DecodeGovernor governor, double backlog)
    {
        _time.Advance(DecodeGovernor.Period);
        governor.Observe(backlog, _time.GetTimestamp());
    }
}
