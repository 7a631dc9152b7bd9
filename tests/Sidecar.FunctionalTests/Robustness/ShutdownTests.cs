using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Sidecar.Configuration;
using Sidecar.FunctionalTests.Harness;

namespace Sidecar.FunctionalTests.Robustness;

/// <summary>What SIGTERM starts: not ready, still accepting, then relaying until idle or the deadline. In a time that the test owns.</summary>
public sealed class ShutdownTests : IDisposable
{
    private static readonly TimeSpan KeepAccepting = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly string _folder = Directory.CreateTempSubdirectory("sidecar-shutdown-").FullName;
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Draining_says_so_accepts_for_a_while_finishes_what_runs_and_closes_what_is_idle()
    {
        await using var server = SlowServer();
        await using var sidecar = await StartAsync(server);
        using var idle = await WireClient.ConnectAsync(sidecar.Traffic);
        await idle.AskAsync(V2.Request(V2.Body()));
        using var running = await WireClient.ConnectAsync(sidecar.Traffic);
        await running.SendAsync(V2.Request(V2.Body(), fields: "X-Slow: yes\r\n"));
        await RelayUnderTest.UntilAsync(() => server.Requests.Count(line => line.StartsWith("POST", StringComparison.Ordinal)) == 2, "the server has the slow request");
        Assert.Equal((HttpStatusCode.OK, "ready\n"), await ReadinessAsync(sidecar));

        var stop = sidecar.Application.StopAsync(KeepAccepting, Deadline);

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "draining\n"), await ReadinessAsync(sidecar));
        using (var late = await WireClient.ConnectAsync(sidecar.Traffic))
            Assert.Equal(server.Answer, (await late.AskAsync(V2.Request(V2.Body()))).Body);
        Assert.Equal(server.Answer, (await idle.AskAsync(V2.Request(V2.Body()))).Body);

        _time.Advance(KeepAccepting);
        Assert.Equal(new WireClient.Seen("", false), await idle.ReadToEndAsync());
        Assert.False(stop.IsCompleted);

        _release.SetResult();
        Assert.Equal(server.Answer, (await running.ReadAsync()).Body);
        Assert.Equal(new WireClient.Seen("", false), await running.ReadToEndAsync());
        await FinishAsync(stop);
        await Assert.ThrowsAsync<SocketException>(() => WireClient.ConnectAsync(sidecar.Traffic));
        Assert.Equal((4, 4, 0), (sidecar.Exchanges.Observed, sidecar.Exchanges.Decoded, sidecar.Exchanges.Pending));
        Assert.Equal(0, Closing().GetProperty("connectionsCut").GetInt32());
    }

    [Fact]
    public async Task What_still_runs_at_the_deadline_is_cut_and_counted()
    {
        await using var server = SlowServer();
        await using var sidecar = await StartAsync(server);
        using var running = await WireClient.ConnectAsync(sidecar.Traffic);
        await running.SendAsync(V2.Request(V2.Body(), fields: "X-Slow: yes\r\n"));
        await RelayUnderTest.UntilAsync(() => server.Requests.Any(line => line.StartsWith("POST", StringComparison.Ordinal)), "the server has the slow request");

        var stop = sidecar.Application.StopAsync(KeepAccepting, Deadline);
        await FinishAsync(stop);

        Assert.True((await running.ReadToEndAsync()).Reset);
        Assert.InRange(_time.GetUtcNow() - _time.Start, Deadline, Deadline + TimeSpan.FromSeconds(5));
        Assert.Equal((1, 0), (sidecar.Exchanges.Observed, sidecar.Exchanges.Pending));
        Assert.Equal(1, Closing().GetProperty("connectionsCut").GetInt32());
        Assert.Equal("shutdown", Events().First(line => Type(line) == "io.sidecar.exchange.v1").GetProperty("data").GetProperty("errorType").GetString());
        _release.SetResult();
    }

    [Fact]
    public async Task The_last_event_says_that_the_source_is_closed_and_no_number_is_missing_before_it()
    {
        const int Requests = 50;
        await using var server = SlowServer();
        await using var sidecar = await StartAsync(server);
        using (var client = await WireClient.ConnectAsync(sidecar.Traffic))
        {
            for (var i = 0; i < Requests; i++)
                await client.AskAsync(V2.Request(V2.Body()));
        }

        await FinishAsync(sidecar.Application.StopAsync(TimeSpan.Zero, Deadline));

        var lines = Events();
        Assert.Equal(Enumerable.Range(1, lines.Count), lines.Select(line => int.Parse(line.GetProperty("sequence").GetString()!, CultureInfo.InvariantCulture)));
        Assert.Equal(Requests, lines.Count(line => Type(line) == "io.sidecar.exchange.v1"));
        Assert.Equal(Requests, Closing().GetProperty("exchangesObserved").GetInt32());
        Assert.Equal(0, Closing().GetProperty("exchangesDropped").GetInt32());
        Assert.Single(lines, line => Type(line) == "io.sidecar.audit.closed.v1");
    }

    private static string? Type(JsonElement line) => line.GetProperty("type").GetString();

    private static async Task<(HttpStatusCode Status, string Text)> ReadinessAsync(RelayUnderTest sidecar)
    {
        using var client = new HttpClient { Timeout = RelayUnderTest.Patience };
        using var answer = await client.GetAsync(new Uri($"http://{sidecar.Health}/readyz"));
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>Lets the test's time run, at a pace that the threads of the sidecar can follow, until the stop is over.</summary>
    private async Task FinishAsync(Task stop)
    {
        await RelayUnderTest.UntilAsync(
            () =>
            {
                // As far as the deadline is due: what comes after it is to have the time that it takes.
                if (_time.GetUtcNow() - _time.Start < Deadline + TimeSpan.FromSeconds(1))
                    _time.Advance(TimeSpan.FromMilliseconds(250));
                return stop.IsCompleted;
            },
            "the sidecar stops");
        await stop;
    }

    private FakeModelServer SlowServer() => new()
    {
        Script = async exchange =>
        {
            if (exchange.Head.Fields.ContainsKey("x-slow"))
            {
                await exchange.ReadBodyAsync();
                await _release.Task;
                await exchange.AnswerAsync(200, V2.Answer());
                return true;
            }

            return false;
        },
    };

    private Task<RelayUnderTest> StartAsync(FakeModelServer server) => RelayUnderTest.StartAsync(
        server.Port,
        options => options with
        {
            Contract = new() { FetchMetadata = false },
            Events = new() { Sink = EventSink.Jsonl, Rate = 1, Jsonl = new() { Path = Path.Combine(_folder, "events.jsonl") } },
        },
        new SidecarHooks { Variable = _ => null, Time = _time });

    private List<JsonElement> Events() => [.. File.ReadLines(Path.Combine(_folder, "events.jsonl")).Select(line => JsonDocument.Parse(line).RootElement)];

    private JsonElement Closing()
    {
        var last = Events()[^1];
        Assert.Equal("io.sidecar.audit.closed.v1", Type(last));
        return last.GetProperty("data");
    }
}
