using Sidecar.Analysis;
using Sidecar.Model;
using Sidecar.Model.Profiles;
using Sidecar.Statistics.Detection;
using Sidecar.Statistics.Drift;
using static Sidecar.Tests.Analysis.Messages;

namespace Sidecar.Tests.Analysis;

/// <summary>The drift engine over live messages: with a reference that a person gave, and with one of the pod's own.</summary>
public sealed class DriftWatchTests
{
    private const long Second = 1_000_000_000;
    private const int Rows = 32;
    private static readonly ModelIdentity Model = new("m", "1", IdentitySource.Path);
    private readonly Random _random = new(5);
    private readonly List<DriftAlarm> _alarms = [];
    private long _now;

    [Fact]
    public void Against_a_given_reference_a_shift_pages_and_clears()
    {
        var windows = new FeatureWindows(Side.Input, Settings, [Normal("x[0]"), Normal("x[1]"), Normal("elsewhere")]);
        Send(windows, 200, 1, 1);
        Assert.Empty(_alarms);
        Assert.Equal(new DriftNow(DriftResult.Good, 0, 0), windows.Now);

        Send(windows, 100, 1, 100);
        var raised = Assert.Single(_alarms);
        Assert.Equal(("x[1]", "raised", DriftResult.Page, Side.Input), (raised.Feature, raised.State, raised.Result, raised.Side));
        Assert.InRange(raised.When.ToUnixTimeSeconds(), 200, 203);
        Assert.InRange(raised.Began.ToUnixTimeSeconds(), 190, 202); // a few rows before may look like it by chance
        Assert.InRange(raised.Bound, 0.01, raised.Effect);
        Assert.Equal(new DriftNow(DriftResult.Page, 0, 1), windows.Now);

        Send(windows, 400, 1, 1);
        Assert.Equal(("x[1]", "cleared"), (_alarms[^1].Feature, _alarms[^1].State));
        Assert.Equal(DriftResult.Good, windows.Now!.Result);
    }

    [Fact]
    public void A_window_far_from_a_given_reference_is_a_page()
    {
        var windows = new FeatureWindows(Side.Input, Settings, [Normal("x")]);
        Send(windows, 30, 100);
        Assert.Equal(DriftResult.Page, windows.Latest!.Result);
        var histogram = windows.Latest.Features.Single().Histogram;
        Assert.Equal(histogram.Reference.Count, histogram.Window.Count);
        Assert.Equal(histogram.Reference.Count, histogram.Edges.Count + 3);
        Assert.Equal(windows.Latest.Rows, histogram.Window.Sum());
    }

    [Fact]
    public void Columns_and_tensors_that_are_not_in_the_reference_count_for_nothing()
    {
        var windows = new FeatureWindows(Side.Input, Settings, [Normal("x[1]")]);
        Send(windows, 30, 100, 1);
        Assert.Equal(["x[1]"], windows.Latest!.Features.Select(feature => feature.Feature));
        Assert.Equal(DriftResult.Good, windows.Latest.Result);
        Assert.Null(new FeatureWindows(Side.Input, Settings, [Normal("y")]).TryClose(Second, Model));
    }

    [Fact]
    public void A_reference_of_the_pods_own_opens_tickets_only_by_its_windows()
    {
        var windows = new FeatureWindows(Side.Input, Settings);
        Send(windows, 300, 1);
        Assert.Equal(DriftResult.Good, windows.Latest!.Result);
        Send(windows, 100, 100);
        Assert.Equal(DriftResult.Ticket, windows.Latest.Result);
        Assert.Empty(_alarms);
        Assert.Null(windows.Now);
    }

    [Fact]
    public void Minutes_with_traffic_are_counted_by_the_loudest_alarm()
    {
        var state = new ModelState(Model, Settings with { Reference = new ReferenceProfile { Model = "m", Rows = 1, Features = [Normal("x")] } });
        void Minute(double factor, long second)
        {
            for (var i = 0; i < 60; i++)
            {
                state.CountMinute((second + i) * Second);
                state.Inputs.Add(Of(Tensor("x", "FP32", $"{Rows}", Messages.Rows(_random, Rows, factor))), mayTeach: true);
                state.Inputs.EndRows((second + i) * Second, Model);
            }
        }

        Minute(1, 60);
        Minute(1, 120);
        Minute(100, 180);
        state.CountMinute(240 * Second);
        Assert.Equal((2, 1, 0), (state.Minutes(DriftResult.Good), state.Minutes(DriftResult.Page), state.Minutes(DriftResult.Ticket)));
    }

    [Theory]
    [InlineData(null, null, true)]
    [InlineData("m", null, true)]
    [InlineData("m", "1", true)]
    [InlineData("m", "2", false)]
    [InlineData("other", null, false)]
    public void A_profile_is_for_the_model_and_version_that_it_names(string? model, string? version, bool fits)
    {
        var profile = new ReferenceProfile { Model = model, ModelVersion = version, Rows = 1, Features = [Normal("x")] };
        var settings = Settings with { Reference = profile };
        Assert.Equal(fits, settings.Of(Model, Side.Input) is not null);
        Assert.Null(settings.Of(Model, Side.Output));
    }

    private static DriftSettings Settings => new(64, 0.1, 1, 200, TimeSpan.FromSeconds(10));

    /// <summary>A message a second.</summary>
    private void Send(FeatureWindows windows, int messages, params double[] factors)
    {
        for (var i = 0; i < messages; i++, _now += Second)
        {
            windows.Add(Of(Tensor("x", "FP32", $"{Rows},{factors.Length}", Messages.Rows(_random, Rows, factors))), mayTeach: true);
            _alarms.AddRange(windows.EndRows(_now, Model) ?? []);
            windows.TryClose(_now, Model);
        }
    }

    private FeatureReference Normal(string name)
    {
        var learner = new FeatureLearner(name, FeatureSide.Input);
        for (var i = 0; i < 20_000; i++)
            learner.Add(Math.Round(Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble()), 4));
        var feature = learner.Learn(out _)!;
        return feature.With(PhiTable.Independent(feature.Model) with { Windows = 600, Calibrated = true });
    }
}
