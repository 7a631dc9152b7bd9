using Sidecar.Analysis;
using Sidecar.Model;
using Sidecar.Model.Profiles;
using Sidecar.Statistics.Detection;
using Sidecar.Statistics.Drift;
using Sidecar.Testing;
using static Sidecar.Tests.Analysis.Messages;

namespace Sidecar.Tests.Analysis;

/// <summary>What the analysis does with traffic that is out of the ordinary: nothing throws, nothing grows, and nothing that isn't known is called good.</summary>
public sealed class BadTrafficTests
{
    private const long Second = 1_000_000_000;
    private const long Year = 365 * 86_400 * Second;
    private const int Rows = 32;
    private static readonly ModelIdentity Model = new("m", "1", IdentitySource.Path);
    private static readonly DriftSettings Settings = new(64, 0.1, 1, 200, TimeSpan.FromSeconds(1));
    private readonly Random _random = new(23);
    private readonly List<DriftAlarm> _alarms = [];
    private long _now = 1000 * Second;

    [Fact]
    public void A_flood_of_NaN_is_a_ticket_of_its_own_and_a_page_against_a_given_reference()
    {
        var own = new FeatureWindows(Side.Input, Settings);
        Send(own, 200, Numbers);
        Send(own, 40, Flood);
        Assert.Equal((DriftResult.Ticket, "non_finite"), (own.Latest!.Features[0].Result, own.Latest.Features[0].Cause));

        var given = new FeatureWindows(Side.Input, Settings, [Normal("x")]);
        Send(given, 200, Numbers);
        Assert.Empty(_alarms);
        Send(given, 40, Flood);
        Assert.Equal(("not_a_number", DriftResult.Page), (_alarms[0].Kind, _alarms[0].Result));
    }

    [Fact]
    public void Nothing_but_NaN_teaches_nothing_and_is_never_good()
    {
        var windows = new FeatureWindows(Side.Input, Settings);
        Send(windows, 500, Flood);
        Assert.Null(windows.Latest);
        Assert.Equal(0, windows.Results(DriftResult.Good));
    }

    [Fact]
    public void A_million_values_of_a_feature_of_three_are_a_ticket_and_take_no_memory()
    {
        var windows = new FeatureWindows(Side.Input, Settings);
        Send(windows, 200, () => Texts(_ => $"v{_random.Next(3)}"));
        var next = 0;
        for (var i = 0; i < 31_250; i++)
            windows.Add(Texts(_ => $"new-{next++}"), mayTeach: true);
        var report = windows.TryClose(_now += 2 * Second, Model)!;
        Assert.Equal((1_000_000, DriftResult.Ticket), (next, report.Result));
        Assert.Equal(5, report.Features[0].Histogram.Window.Count); // three values, the others and the unseen: not one cell more
        var message = Texts(_ => $"new-{next++}");
        Assert.Equal(0, Allocated.Least(() => windows.Add(message, mayTeach: true)));
    }

    [Fact]
    public void Texts_that_never_repeat_are_not_judged_by_their_values()
    {
        var next = 0;
        var windows = new FeatureWindows(Side.Input, Settings);
        Send(windows, 400, () => Texts(_ => $"id-{next++}"));
        Assert.Equal(0, windows.Results(DriftResult.Ticket));
        Send(windows, 40, () => Of(Tensor("other", "FP32", "1", "1")));
        Assert.Equal("missing", windows.Latest!.Features.Single().Cause);
    }

    [Theory]
    [InlineData("FP32", "7.5", "7.6")]
    [InlineData("INT64", "7", "8")]
    [InlineData("BYTES", "\"a\"", "\"b\"")]
    [InlineData("BOOL", "true", "false")]
    public void A_constant_column_is_good_while_it_is_constant(string type, string value, string other)
    {
        var windows = new FeatureWindows(Side.Input, Settings);
        Send(windows, 300, () => Of(Tensor("x", type, $"{Rows}", string.Join(',', Enumerable.Repeat(value, Rows)))));
        Assert.Equal(DriftResult.Good, windows.Latest!.Result);
        Assert.Equal(0, windows.Latest.Features[0].Distance);
        Send(windows, 60, () => Of(Tensor("x", type, $"{Rows}", string.Join(',', Enumerable.Repeat(other, Rows)))));
        Assert.Equal(DriftResult.Ticket, windows.Latest.Result);
    }

    [Fact]
    public void One_row_a_request_is_judged_once_there_are_rows_enough()
    {
        var windows = new FeatureWindows(Side.Input, Settings with { BurnIn = 2_000 });
        Send(windows, 2_000, One);
        for (var i = 0; i < 199; i++)
        {
            // A row a window: 199 windows that can say nothing, and say so.
            windows.Add(One(), mayTeach: true);
            Assert.Null(windows.TryClose(_now += 2 * Second, Model));
        }

        Assert.Equal(199, windows.Results(DriftResult.Insufficient));
        windows.Add(One(), mayTeach: true);
        Assert.Equal((200, DriftResult.Good), windows.TryClose(_now += 2 * Second, Model) is { } report ? (report.Rows, report.Result) : default);
    }

    [Theory]
    [InlineData(Year)]
    [InlineData(-Year)]
    [InlineData(100 * Year)]
    [InlineData(-40 * Year)]
    public void A_clock_that_jumps_raises_no_alarm_and_stops_no_window(long jump)
    {
        var windows = new FeatureWindows(Side.Input, Settings, [Normal("x")]);
        _now = 56 * Year;
        Send(windows, 100, Numbers);
        var before = windows.Results(DriftResult.Good);
        _now += jump;
        Send(windows, 100, Numbers);
        _now -= jump;
        Send(windows, 100, Numbers);
        Assert.Empty(_alarms);
        Assert.InRange(windows.Results(DriftResult.Good) - before, 15, 30); // a window is seven messages of a fifth of a second at least
        Assert.Equal(0, windows.Results(DriftResult.Page));
        Send(windows, 100, () => Numbers(5));
        Assert.Equal(DriftResult.Page, _alarms[0].Result); // and it still sees
    }

    [Fact]
    public void A_clock_that_jumps_to_and_fro_counts_minutes_that_had_traffic_only()
    {
        var state = new ModelState(Model, Settings);
        foreach (var when in (long[])[60 * Second, 61 * Second, 60 * Second + Year, 62 * Second, 63 * Second, 120 * Second])
            state.CountMinute(when);
        Assert.Equal(3, Enum.GetValues<DriftResult>().Sum(state.Minutes));
    }

    [Fact]
    public void A_profile_of_another_model_or_version_leaves_the_pod_to_its_own_reference()
    {
        foreach (var profile in (ReferenceProfile[])[new() { Model = "other", Rows = 1, Features = [Normal("x")] }, new() { Model = "m", ModelVersion = "2", Rows = 1, Features = [Normal("x")] }])
        {
            var state = new ModelState(Model, Settings with { Reference = profile });
            Send(state.Inputs, 300, Numbers);
            Assert.Equal(DriftResult.Good, state.Inputs.Latest!.Result);
            Send(state.Inputs, 60, () => Numbers(9));
            Assert.Equal(DriftResult.Ticket, state.Inputs.Latest.Result); // its own can't page
            Assert.Null(state.Inputs.Now);
        }
    }

    /// <summary>Five messages a second.</summary>
    private void Send(FeatureWindows windows, int messages, Func<Tensors.TensorMessage> next)
    {
        for (var i = 0; i < messages; i++, _now += Second / 5)
        {
            windows.Add(next(), mayTeach: true);
            _alarms.AddRange(windows.EndRows(_now, Model) ?? []);
            windows.TryClose(_now, Model);
        }
    }

    private Tensors.TensorMessage Numbers() => Numbers(1);

    private Tensors.TensorMessage Numbers(double factor) => Of(Tensor("x", "FP32", $"{Rows}", Messages.Rows(_random, Rows, factor)));

    private Tensors.TensorMessage One() => Of(Tensor("x", "FP32", "1", Messages.Rows(_random, 1, 1)));

    private static Tensors.TensorMessage Flood() => Of(Tensor("x", "FP32", $"{Rows}", string.Join(',', Enumerable.Repeat("null", Rows))));

    private static Tensors.TensorMessage Texts(Func<int, string> text) =>
        Of(Tensor("t", "BYTES", $"{Rows}", string.Join(',', Enumerable.Range(0, Rows).Select(row => $"\"{text(row)}\""))));

    private FeatureReference Normal(string name)
    {
        var learner = new FeatureLearner(name, FeatureSide.Input);
        for (var i = 0; i < 20_000; i++)
            learner.Add(Math.Round(Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble()), 4));
        var feature = learner.Learn(out _)!;
        return feature.With(PhiTable.Independent(feature.Model) with { Windows = 600, Calibrated = true });
    }
}
