using Microsoft.Extensions.Time.Testing;
using Sidecar.Emit.Kafka;

namespace Sidecar.Tests.Emit.Kafka;

public sealed class DrainLimiterTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    private long Now => _time.GetUtcNow().ToUnixTimeMilliseconds() * 1_000_000;

    private long Old => Now - 11_000_000_000;

    [Fact]
    public void Fresh_records_and_those_of_a_clock_that_went_back_are_never_held_up()
    {
        var limiter = new DrainLimiter(1, _time);
        for (var i = 0; i < 1000; i++)
            Assert.True(limiter.TryTake(i % 2 == 0 ? Now - 9_000_000_000 : Now + 3_600_000_000_000));
    }

    [Fact]
    public void Backlog_is_worked_off_with_the_rate()
    {
        var limiter = new DrainLimiter(100, _time);
        Assert.Equal(100, Take(limiter));
        for (var i = 0; i < 50; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(200));
            Assert.InRange(Take(limiter), 19, 21);
        }
    }

    [Fact]
    public void What_comes_in_is_allowed_on_top()
    {
        var limiter = new DrainLimiter(100, _time);
        Take(limiter);
        var taken = 0;
        for (var i = 0; i < 50; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(200));
            for (var came = 0; came < 60; came++)
                limiter.CameIn();
            taken += Take(limiter);
        }

        Assert.InRange(taken, 3995, 4005); // ten seconds of 100 + 300
    }

    [Fact]
    public void Backlog_shrinks_however_much_comes_in()
    {
        var limiter = new DrainLimiter(100, _time);
        Take(limiter);
        var taken = 0;
        for (var i = 0; i < 50; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(200));
            for (var came = 0; came < 2000; came++)
                limiter.CameIn();
            taken += Take(limiter);
        }

        Assert.InRange(taken, 100_900, 101_100); // ten seconds of 100 + 10,000
    }

    [Fact]
    public void What_came_in_during_an_outage_is_the_backlog_and_not_allowed_at_once()
    {
        var limiter = new DrainLimiter(100, _time);
        for (var i = 0; i < 600_000; i++)
            limiter.CameIn();
        _time.Advance(TimeSpan.FromMinutes(10)); // 1,000 a second
        Assert.InRange(Take(limiter), 1000, 1100);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.InRange(Take(limiter), 99, 101);
    }

    private int Take(DrainLimiter limiter)
    {
        var taken = 0;
        while (limiter.TryTake(Old))
            taken++;
        return taken;
    }
}
