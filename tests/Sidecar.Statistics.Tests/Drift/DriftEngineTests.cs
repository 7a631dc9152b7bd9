using System.Text;
using Sidecar.Statistics.Detection;
using Sidecar.Statistics.Drift;
using Sidecar.Testing;

namespace Sidecar.Statistics.Tests.Drift;

/// <summary>The engine over made rows: what it raises, how loudly, and when it clears; and what no input may do to it.</summary>
public class DriftEngineTests
{
    private const long Second = 1_000_000_000;
    private const int Quiet = 6_400;
    private readonly Random _random = new(11);

    [Fact]
    public void Rows_as_in_the_reference_raise_nothing() => Assert.Empty(Run(Normal(), 200_000, _ => Gauss()).Episodes);

    [Fact]
    public void A_large_shift_pages_and_clears_when_it_is_over()
    {
        var engine = Run(Normal(), 40_000, row => Gauss() + (row is >= 10_000 and < 20_000 ? 1 : 0));
        var episode = Assert.Single(engine.Episodes);
        Assert.Equal((DriftKind.Location, DriftSeverity.Page), (episode.Kind, episode.Severity));
        Assert.InRange(episode.DetectedRow, 10_000, 10_320);
        Assert.InRange(episode.FirstRow, 9_600, 10_320);
        Assert.InRange(episode.ClearedRow, 20_000, 26_000); // experts of small changes forget slowly
        Assert.InRange(episode.Bound, 0.1, episode.Effect);
        Assert.Equal(MonitorState.Quiet, engine.Features[0].State);
    }

    [Fact]
    public void A_small_shift_is_a_ticket_for_ever()
    {
        var engine = Run(Normal(), 60_000, row => Gauss() + (row >= 10_000 ? 0.15 : 0));
        var episode = Assert.Single(engine.Episodes);
        Assert.Equal((DriftSeverity.Ticket, -1), (episode.Severity, episode.ClearedRow));
        Assert.True(engine.IsGood);
        Assert.Equal(MonitorState.Alarmed, engine.Features[0].State);
    }

    [Fact]
    public void A_reference_of_the_pods_own_never_pages() => Assert.Equal(
        DriftSeverity.Ticket, Run(Normal(), 20_000, row => Gauss() + (row >= 10_000 ? 3 : 0), new() { OwnReference = true, UsualSeconds = 1.6 }).Episodes.Single().Severity);

    [Fact]
    public void Missing_values_are_named()
    {
        var engine = Run(Normal(), 20_000, row => row >= 10_000 && row % 20 == 0 ? null : Gauss());
        var episode = Assert.Single(engine.Episodes);
        Assert.Equal((DriftKind.Missing, DriftSeverity.Page, "(missing)"), (episode.Kind, episode.Severity, episode.Where));
        Assert.InRange(episode.Effect, 0.03, 0.07);
    }

    [Fact]
    public void NaN_and_infinity_floods_are_named()
    {
        Assert.Equal(DriftKind.NotANumber, Run(Normal(), 11_000, row => row >= 10_000 ? double.NaN : Gauss()).Episodes.Single().Kind);
        Assert.Equal(DriftKind.Infinite, Run(Normal(), 11_000, row => row >= 10_000 ? double.NegativeInfinity : Gauss()).Episodes.Single().Kind);
    }

    [Fact]
    public void A_million_new_categories_are_one_episode_and_no_memory()
    {
        var learner = new FeatureLearner("c", FeatureSide.Input);
        for (var i = 0; i < 20_000; i++)
            learner.Add(Encoding.UTF8.GetBytes($"c{_random.Next(20)}"));
        var feature = learner.Learn(out _)!;
        var engine = new DriftEngine([feature.With(PhiTable.Independent(feature.Model) with { Calibrated = true })], new() { UsualSeconds = 1.6 }, 0);
        var text = new byte[16];
        var before = 0L;
        for (var row = 0; row < 1_000_000; row++)
        {
            BitConverter.TryWriteBytes(text, row);
            engine.Features[0].Counts.Add(text);
            engine.EndRequest(Time(row));
            if (row == 100_000)
                before = GC.GetAllocatedBytesForCurrentThread();
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2_000_000); // sizing the alarm, now and then
        var episode = Assert.Single(engine.Episodes);
        Assert.Equal((DriftKind.Unseen, DriftSeverity.Page, "(unseen)"), (episode.Kind, episode.Severity, episode.Where));
    }

    [Fact]
    public void Any_other_value_of_a_constant_is_found() => Assert.Equal(DriftKind.Unseen, Run(Learned(_ => 7), 20_000, row => row >= 10_000 && row % 10 == 0 ? 8 : 7).Episodes.Single().Kind);

    [Fact]
    public void Without_phi_the_first_rows_calibrate_and_are_not_alarmed_on()
    {
        var engine = new DriftEngine([Normal().With((PhiTable?)null)], new() { CalibrationRows = 3_200, UsualSeconds = 1.6 }, 0);
        for (var row = 0; row < 3_199; row++)
        {
            engine.Features[0].Counts.Add(Gauss() + (row < 1_000 ? 5 : 0));
            engine.EndRequest(Time(row));
            Assert.Equal(MonitorState.Uncalibrated, engine.Features[0].State);
        }

        for (var row = 3_199; row < 3_300; row++)
        {
            engine.Features[0].Counts.Add(Gauss());
            engine.EndRequest(Time(row));
        }

        Assert.Equal(MonitorState.Quiet, engine.Features[0].State);
        Assert.True(engine.Features[0].Phi.Typical(engine.Features[0].Reference.Model) > 2, "the shift in the first rows is dependence");
    }

    [Fact]
    public void A_clock_that_jumps_raises_nothing()
    {
        var feature = Normal();
        var engine = new DriftEngine([feature], new() { UsualSeconds = 1.6 }, 0);
        for (var row = 0; row < 100_000; row++)
        {
            engine.Features[0].Counts.Add(Gauss());
            engine.EndRequest(row % 1000 == 0 ? _random.NextInt64() : row % 777 == 0 ? long.MinValue : Time(row));
        }

        Assert.Empty(engine.Episodes);
    }

    [Fact]
    public void One_row_an_hour_is_judged_too()
    {
        var engine = new DriftEngine([Normal()], new() { UsualSeconds = 3600, Replicas = 1000 }, 0); // one alarm a month would be one in 720 rows
        for (var row = 0; row < 4_000; row++)
        {
            engine.Features[0].Counts.Add(Gauss() + (row >= 2_000 ? 2 : 0));
            engine.EndRequest(row * 3600 * Second);
        }

        Assert.InRange(Assert.Single(engine.Episodes).DetectedRow, 2_000, 2_100);
    }

    [Fact]
    public void Replicas_share_the_allowed_alarms()
    {
        long Delay(int replicas)
        {
            var random = new Random(3);
            double Next() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            return Run(Normal(), 30_000, row => Next() + (row >= 10_000 ? 0.3 : 0), new() { Replicas = replicas, UsualSeconds = 1.6 }).Episodes.Single().DetectedRow;
        }

        Assert.True(Delay(10_000) > Delay(1));
    }

    [Fact]
    public void Rows_allocate_nothing()
    {
        var engine = new DriftEngine([Normal()], new() { UsualSeconds = 1.6 }, 0);
        var row = 0;
        void Some(int rows)
        {
            for (var end = row + rows; row < end; row++)
            {
                engine.Features[0].Counts.Add(Gauss());
                engine.EndRequest(Time(row));
            }
        }

        Some(10_000);
        Assert.Equal(0, Allocated.Least(() => Some(10_000)));
    }

    private static long Time(long row) => row * Second / 20;

    private static DriftEngine Run(FeatureReference feature, int rows, Func<int, double?> value, DriftPolicy? policy = null)
    {
        var engine = new DriftEngine([feature], policy ?? new() { UsualSeconds = 1.6 }, 0);
        for (var row = 0; row < rows; row++)
        {
            if (value(row) is { } number)
                engine.Features[0].Counts.Add(number);
            else
                engine.Features[0].Counts.AddMissing();
            engine.EndRequest(Time(row));
        }

        return engine;
    }

    private FeatureReference Normal() => Learned(_ => Gauss());

    private static FeatureReference Learned(Func<int, double> value)
    {
        var learner = new FeatureLearner("x", FeatureSide.Input);
        for (var i = 0; i < 50_000; i++)
            learner.Add(value(i));
        var feature = learner.Learn(out _)!;
        return feature.With(PhiTable.Independent(feature.Model) with { Calibrated = true, Windows = Quiet });
    }

    private double Gauss() => Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());
}
