using Microsoft.Extensions.Time.Testing;
using Sidecar.FunctionalTests.Harness;

namespace Sidecar.FunctionalTests.Robustness;

/// <summary>Drift of real traffic through the real relay, in a time that the test owns.</summary>
public sealed class DriftTests
{
    private const string Windows = "sidecar_drift_windows_total";
    private const int RowsInRequest = 32;
    private const int RequestsToLearn = 64;
    private const int RequestsInWindow = 20;

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly Random _random = new(7);

    [Fact]
    public async Task Traffic_that_does_not_change_gives_no_ticket_and_a_unit_error_in_one_feature_gives_one()
    {
        await using var server = new FakeModelServer();
        await using var sidecar = await StartAsync(server);
        using var client = await WireClient.ConnectAsync(sidecar.Traffic);

        await SendAsync(client, RequestsToLearn, 1, 1, 1, 1);
        for (var window = 0; window < 20; window++)
        {
            await SendAsync(client, RequestsInWindow, 1, 1, 1, 1);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        await SendAsync(client, 1, 1, 1, 1, 1); // ends the last window
        var series = await Series.BalancedAsync(sidecar);
        Assert.Equal(20, series.Sum(Windows, ("side", "input")));
        Assert.Equal(20, series.Sum(Windows, ("side", "input"), ("result", "good")));

        await SendAsync(client, RequestsInWindow, 1, 1, 100, 1);
        _time.Advance(TimeSpan.FromSeconds(1));
        await SendAsync(client, 1, 1, 1, 1, 1);

        series = await Series.BalancedAsync(sidecar);
        Assert.Equal(1, series.Sum(Windows, ("side", "input"), ("result", "ticket")));
        Assert.Equal(0, series.Sum(Windows, ("result", "page"))); // a reference of its own making may never wake anybody
        Assert.InRange(Lower(series, "input[2]"), 0.1, 1);
        Assert.InRange(Lower(series, "input[0]"), 0, 0.1);
    }

    [Fact]
    public async Task Too_few_rows_are_said_to_be_insufficient_and_are_kept_for_the_next_look()
    {
        await using var server = new FakeModelServer();
        await using var sidecar = await StartAsync(server);
        using var client = await WireClient.ConnectAsync(sidecar.Traffic);
        await SendAsync(client, RequestsToLearn, 1, 1, 1, 1);

        for (var window = 0; window < 3; window++)
        {
            await SendAsync(client, 1, 1, 1, 1, 1);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        await SendAsync(client, 1, 1, 1, 1, 1);
        var series = await Series.BalancedAsync(sidecar);
        Assert.Equal(3, series.Sum(Windows, ("side", "input"), ("result", "insufficient")));
        Assert.Equal(3, series.Sum(Windows, ("side", "input")));
        Assert.Empty(series.Of("sidecar_drift_distance_ratio", ("side", "input"))); // unknown, and so absent

        await SendAsync(client, RequestsInWindow, 1, 1, 1, 1);
        _time.Advance(TimeSpan.FromSeconds(1));
        await SendAsync(client, 1, 1, 1, 1, 1);
        series = await Series.BalancedAsync(sidecar);
        Assert.Equal(1, series.Sum(Windows, ("side", "input"), ("result", "good")));
    }

    [Fact]
    public async Task An_output_that_always_falls_into_one_class_is_drift_of_the_output()
    {
        await using var server = new FakeModelServer();
        await using var sidecar = await StartAsync(server);
        using var client = await WireClient.ConnectAsync(sidecar.Traffic);
        for (var i = 0; i < RequestsToLearn + RequestsInWindow; i++)
        {
            server.Answer = V2.Answer(data: V2.Rows(_random, RowsInRequest, 1, 1), shape: $"{RowsInRequest},2");
            await SendAsync(client, 1, 1, 1, 1, 1);
        }

        _time.Advance(TimeSpan.FromSeconds(1));
        server.Answer = V2.Answer(data: string.Join(',', Enumerable.Repeat("0.99,0.01", RowsInRequest)), shape: $"{RowsInRequest},2");
        await SendAsync(client, RequestsInWindow, 1, 1, 1, 1);
        _time.Advance(TimeSpan.FromSeconds(1));
        await SendAsync(client, 1, 1, 1, 1, 1);

        var series = await Series.BalancedAsync(sidecar);
        Assert.Equal(1, series.Sum(Windows, ("side", "output"), ("result", "good")));
        Assert.Equal(1, series.Sum(Windows, ("side", "output"), ("result", "ticket")));
        Assert.Equal(0, series.Sum(Windows, ("side", "input"), ("result", "ticket")));
    }

    private static double Lower(Series series, string feature) =>
        Assert.Single(series.Of("sidecar_drift_distance_ratio", ("side", "input"), ("feature", feature), ("bound", "lower"))).Value;

    private Task<RelayUnderTest> StartAsync(FakeModelServer server) => RelayUnderTest.StartAsync(
        server.Port,
        options => options with
        {
            Drift = new() { BurnIn = RequestsToLearn, Window = new() { Every = TimeSpan.FromSeconds(1), MinRows = 200 } },
        },
        new SidecarHooks { Variable = _ => null, Time = _time });

    private async Task SendAsync(WireClient client, int requests, params double[] factors)
    {
        for (var i = 0; i < requests; i++)
            await client.AskAsync(V2.Request(V2.Body(V2.Rows(_random, RowsInRequest, factors), $"{RowsInRequest},{factors.Length}")));
    }
}
