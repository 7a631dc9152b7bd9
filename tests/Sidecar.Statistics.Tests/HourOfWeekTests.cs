using Sidecar.Simulations;
using Sidecar.Statistics.Detection;

namespace Sidecar.Statistics.Tests;

public class HourOfWeekTests
{
    private const long Hour = 3_600_000_000_000;
    private static readonly Reference Normal = Reference.ExactNormal();

    [Theory]
    [InlineData(0, 0)]
    [InlineData(167, 167)]
    [InlineData(168, 0)]
    [InlineData(-1, 167)]
    [InlineData(-168, 0)]
    public void Slot_AnyHour_IsItsPlaceInTheWeek(long hour, int slot)
    {
        Assert.Equal(slot, HourOfWeek.Slot(hour * Hour));
        Assert.Equal(slot, HourOfWeek.Slot(hour * Hour + Hour - 1));
    }

    [Fact]
    public void SlotDependence_AFeatureThatFollowsTheClock_IsCertainAndAnotherIsNot()
    {
        Assert.InRange(Learn(weeks: 6, daily: 0.5, seed: 1).SlotDependence(), 0, 1e-3);
        // Uniform p-values: one in a hundred below .01.
        Assert.True(Learn(weeks: 6, daily: 0, seed: 2).SlotDependence() > 0.01);
        // A wave that follows days of weather and not the clock.
        Assert.True(Learn(weeks: 6, daily: 0, seed: 3, weather: 0.5).SlotDependence() > 0.01);
        Assert.True(double.IsNaN(Learn(weeks: 3, daily: 0.5, seed: 1).SlotDependence()));
    }

    [Fact]
    public void Model_OfASlot_IsTheLawOfThatHourAndAMixtureIsBetween()
    {
        var hours = Learn(weeks: 20, daily: 1, seed: 4);
        double Mean(CellModel model)
        {
            double mean = 0;
            for (var cell = 0; cell < model.ValueCells; cell++)
                mean += model.Shares[cell] / model.Valued * Normal.Model.Score(0)[cell];
            return mean;
        }

        CellModel morning = hours.Model(6), evening = hours.Model(18);
        Assert.InRange(Mean(morning), 0.7, 1.05);
        Assert.InRange(Mean(evening), -1.05, -0.7);
        var weights = new double[HourOfWeek.Slots];
        (weights[6], weights[18]) = (300, 100);
        Assert.Equal((3 * Mean(morning) + Mean(evening)) / 4, Mean(hours.Mixture(weights)), 1e-3);
        Assert.InRange(morning.Rows, 500, 5000);

        var detector = new MixtureDetector(Normal.Model, new() { Threshold = 1e8 });
        detector.Rebase(morning);
        Assert.Same(morning, detector.Model);
    }

    [Fact]
    public void Daily_wave_alarms_against_a_pooled_reference_and_not_against_its_slots()
    {
        var hours = Learn(weeks: 30, daily: 0.3, seed: 5);
        CellModel[] slots = [.. Enumerable.Range(0, HourOfWeek.Slots).Select(slot => hours.Model(slot))];
        MixtureDetector pooled = new(Normal.Model, new() { Threshold = 1e8 }), seasonal = new(Normal.Model, new() { Threshold = 1e8 });
        var random = new Rng(77);
        int alarmsPooled = 0, alarmsSeasonal = 0;
        var counts = new long[Normal.Model.Cells];
        for (var hour = 0; hour < 168; hour++)
        {
            seasonal.Rebase(slots[hour]);
            var sampler = Normal.Sampler(Wave(hour, 0.3));
            for (var window = 0; window < 20; window++)
            {
                Array.Clear(counts);
                sampler.Add(random, counts, 32);
                alarmsPooled += pooled.Update(counts) == DetectorEvent.Raised ? 1 : 0;
                alarmsSeasonal += seasonal.Update(counts) == DetectorEvent.Raised ? 1 : 0;
            }
        }

        Assert.True(alarmsPooled > 0);
        Assert.Equal(0, alarmsSeasonal);
    }

    [Fact]
    public void TryRestore_ItsOwnCounts_GivesTheSameNulls()
    {
        var hours = Learn(weeks: 4, daily: 0.5, seed: 1);
        var restored = HourOfWeek.TryRestore(hours.Counts, Normal.Model)!;
        Assert.Equal(hours.Model(9).Shares, restored.Model(9).Shares);
        Assert.Null(HourOfWeek.TryRestore(hours.Counts[1..], Normal.Model));
        Assert.Null(HourOfWeek.TryRestore(hours.Counts.ToArray().Select(count => -count).ToArray(), Normal.Model));
    }

    [Fact]
    public void Add_AClockThatGoesBack_CountsWithTheHourAtHand()
    {
        var hours = new HourOfWeek(Normal.Model);
        long[] first = new long[Normal.Model.Cells], second = new long[Normal.Model.Cells];
        (first[30], second[31]) = (5, 7);
        hours.Add(10 * Hour, first);
        hours.Add(3 * Hour, second);
        hours.Complete();
        Assert.Equal((5L, 7L), (hours.Counts[10 * first.Length + 30], hours.Counts[10 * first.Length + 31]));
        Assert.Equal(12, hours.Counts.ToArray().Sum());
    }

    private static Law Wave(int hour, double size) => Law.Gaussian(size * Math.Sin(2 * Math.PI * hour / 24), 1);

    private static HourOfWeek Learn(int weeks, double daily, ulong seed, double weather = 0)
    {
        var random = new Rng(seed);
        var hours = new HourOfWeek(Normal.Model);
        var counts = new long[Normal.Model.Cells];
        double state = 0;
        for (var hour = 0; hour < weeks * 168; hour++)
        {
            state = hour % 30 == 0 ? weather * random.Normal() : state;
            Array.Clear(counts);
            Normal.Sampler(Law.Gaussian(daily * Math.Sin(2 * Math.PI * (hour % 24) / 24) + state, 1)).Add(random, counts, 60);
            hours.Add(hour * Hour, counts);
        }

        hours.Complete();
        return hours;
    }
}
