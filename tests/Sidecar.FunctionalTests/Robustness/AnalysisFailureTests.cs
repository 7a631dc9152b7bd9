using Microsoft.Extensions.Time.Testing;
using Sidecar.Capture;
using Sidecar.FunctionalTests.Harness;
using Sidecar.Model;
using Sidecar.Telemetry;
using Sidecar.Tests.Emit;

namespace Sidecar.FunctionalTests.Robustness;

/// <summary>An analysis that stalls, fails or may keep nothing: relaying goes on, heads are counted, and what was lost is said.</summary>
public sealed class AnalysisFailureTests
{
    [Fact]
    public async Task A_stalled_analysis_stops_no_request_and_what_it_misses_is_counted()
    {
        const int Missed = 900;
        // One in work and a full queue; all others are counted as heads that the analysis missed.
        var kept = 1 + new CaptureSettings(1, 1).BodyQueue;
        var requests = kept + Missed;
        const long Budget = 64 << 20;
        using var gate = new ManualResetEventSlim();
        using var entered = new ManualResetEventSlim();
        await using var server = new FakeModelServer();
        // Time stands still, so nothing is shed on the way.
        var sidecar = await RelayUnderTest.StartAsync(
            server.Port,
            options => options with { Capture = options.Capture with { Budget = Budget } },
            new SidecarHooks
            {
                Variable = _ => null,
                Time = new FakeTimeProvider(),
                BeforeAnalysis = _ =>
                {
                    entered.Set();
                    gate.Wait();
                },
            });
        try
        {
            using (var client = await WireClient.ConnectAsync(sidecar.Traffic))
            {
                var request = V2.Request(V2.Body());
                Assert.Equal(server.Answer, (await client.AskAsync(request)).Body);
                await RelayUnderTest.UntilAsync(() => entered.IsSet, "the analysis stalls");
                for (var i = 1; i < requests; i++)
                    Assert.Equal(server.Answer, (await client.AskAsync(request)).Body);
            }

            await RelayUnderTest.UntilAsync(
                () => sidecar.Exchanges is { Dropped: Missed, Settled: Missed } now && now.Observed == requests && now.Pending == kept, "every exchange is queued or dropped");
            var series = await Series.ScrapeAsync(sidecar);
            Assert.Equal(Missed, series.Sum("sidecar_exchanges_total", ("stage", "dropped"), ("reason", "queue_full")));
            Assert.Equal(Missed, series.Sum("sidecar_inference_duration_seconds_count"));
            Assert.InRange(series.Sum("sidecar_capture_buffer_usage_bytes"), 1, Budget);

            gate.Set();
            series = await Series.BalancedAsync(sidecar);
            Assert.Equal(requests, series.Sum("sidecar_inference_duration_seconds_count"));
            Assert.Equal(kept, sidecar.Exchanges.Decoded);
            Assert.Equal(0, series.Sum("sidecar_capture_buffer_usage_bytes"));
        }
        finally
        {
            gate.Set();
            await sidecar.DisposeAsync();
        }
    }

    [Fact]
    public async Task An_analysis_that_is_behind_gets_a_smaller_share_and_the_whole_again_when_it_keeps_up()
    {
        using var gate = new ManualResetEventSlim();
        var time = new FakeTimeProvider();
        var log = new LogLines();
        await using var server = new FakeModelServer();
        var sidecar = await RelayUnderTest.StartAsync(
            server.Port,
            hooks: new SidecarHooks { Variable = _ => null, Time = time, Logs = log, BeforeAnalysis = _ => gate.Wait() });
        try
        {
            using var client = await WireClient.ConnectAsync(sidecar.Traffic);
            var request = V2.Request(V2.Body());
            var asked = 0;
            async Task AskAsync()
            {
                time.Advance(TimeSpan.FromMilliseconds(1)); // a thousand a second
                Assert.Equal(server.Answer, (await client.AskAsync(request)).Body);
                asked++;
            }

            for (var i = 0; i < 8000; i++)
                await AskAsync();
            var series = await Series.ScrapeAsync(sidecar);
            var shed = series.Sum("sidecar_exchanges_total", ("stage", "skipped"), ("reason", "shed"));
            Assert.InRange(shed, 2000, 8000 - 4096);
            Assert.Equal(0, sidecar.Exchanges.Dropped);
            Assert.InRange(series.Sum("sidecar_sampling_ratio", ("stage", "decode")), 0.0009, 0.1);
            await RelayUnderTest.UntilAsync(() => log.Ids.Contains(EventIds.Shedding), "it says so");

            gate.Set();
            while ((await Series.ScrapeAsync(sidecar)).Sum("sidecar_sampling_ratio", ("stage", "decode")) < 1)
            {
                Assert.InRange(asked, 0, 20_000);
                for (var i = 0; i < 100; i++)
                    await AskAsync();
                await sidecar.SettledAsync();
            }

            await RelayUnderTest.UntilAsync(() => log.Ids.Contains(EventIds.KeepsUp), "it says so");
            Assert.Single(log.Ids, EventIds.Shedding);
            series = await Series.BalancedAsync(sidecar);
            Assert.Equal(asked, sidecar.Exchanges.Decoded + series.Sum("sidecar_exchanges_total", ("reason", "shed")));
            Assert.Equal(asked, series.Sum("sidecar_inference_duration_seconds_count"));
        }
        finally
        {
            gate.Set();
            await sidecar.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_failing_analysis_drops_what_it_failed_on_and_still_counts_its_head()
    {
        var calls = 0;
        await using var server = new FakeModelServer();
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port, hooks: new SidecarHooks
        {
            Variable = _ => null,
            BeforeAnalysis = _ =>
            {
                if (calls++ % 2 == 0)
                    throw new InvalidOperationException("a bug");
            },
        });
        using var client = await WireClient.ConnectAsync(sidecar.Traffic);

        for (var i = 0; i < 20; i++)
            Assert.Equal(server.Answer, (await client.AskAsync(V2.Request(V2.Body()))).Body);

        var series = await Series.BalancedAsync(sidecar);
        Assert.Equal(10, series.Sum("sidecar_exchanges_total", ("stage", "dropped"), ("reason", "analysis_failed")));
        Assert.Equal(10, sidecar.Exchanges.Decoded);
        Assert.Equal(20, series.Sum("sidecar_inference_duration_seconds_count"));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(2048, 0)] // one body fits, its answer does not
    [InlineData(4096, 1)] // one exchange fits
    public async Task Without_budget_for_bodies_exchanges_go_on_as_heads(long budget, int kept)
    {
        using var gate = new ManualResetEventSlim();
        await using var server = new FakeModelServer();
        var sidecar = await RelayUnderTest.StartAsync(
            server.Port,
            options => options with { Capture = options.Capture with { Budget = budget } },
            new SidecarHooks { Variable = _ => null, Time = new FakeTimeProvider(), BeforeAnalysis = _ => gate.Wait() });
        try
        {
            using var client = await WireClient.ConnectAsync(sidecar.Traffic);
            for (var i = 0; i < 10; i++)
                Assert.Equal(server.Answer, (await client.AskAsync(V2.Request(V2.Body()))).Body);

            Assert.InRange((await Series.ScrapeAsync(sidecar)).Sum("sidecar_capture_buffer_usage_bytes"), 0, budget);
            gate.Set();
            var series = await Series.BalancedAsync(sidecar);
            Assert.Equal(10 - kept, series.Sum("sidecar_exchanges_total", ("stage", "dropped"), ("reason", "capture_budget")));
            Assert.Equal(kept, sidecar.Exchanges.Decoded);
            Assert.Equal(10, series.Sum("sidecar_inference_duration_seconds_count"));
        }
        finally
        {
            gate.Set();
            await sidecar.DisposeAsync();
        }
    }

    [Theory]
    [InlineData(Call.Open, 1, 1, 0)]
    [InlineData(Call.Client, 1, 1, 0)] // before any exchange began
    [InlineData(Call.Client, 3, 3, 0)]
    [InlineData(Call.Upstream, 3, 3, 1)] // with an exchange open, which is lost
    public async Task A_failing_observer_leaves_its_connection_alone(Call call, int at, int firstUnwatched, int lost)
    {
        const int Requests = 6;
        await using var server = new FakeModelServer();
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port, hooks: new SidecarHooks { Variable = _ => null, Taps = inner => new FailingSource(inner, call, at) });

        using (var client = await WireClient.ConnectAsync(sidecar.Traffic))
        {
            for (var i = 0; i < Requests; i++)
            {
                server.Answer = V2.Answer(data: $"{i},{i}");
                Assert.Equal(server.Answer, (await client.AskAsync(V2.Request(V2.Body()))).Body);
            }
        }

        using var next = await WireClient.ConnectAsync(sidecar.Traffic);
        Assert.Equal(server.Answer, (await next.AskAsync(V2.Request(V2.Body()))).Body);
        await RelayUnderTest.UntilAsync(() => sidecar.Exchanges.Decoded == firstUnwatched, "connections made later are watched");
        var series = await Series.BalancedAsync(sidecar);
        Assert.Equal(1, series.Sum("sidecar_exchanges_total", ("stage", "opaque"), ("reason", "observer_failed")));
        Assert.Equal(lost, series.Sum("sidecar_exchanges_total", ("stage", "dropped"), ("reason", "observer_failed")));
        Assert.Equal(firstUnwatched, sidecar.Exchanges.Decoded); // those before, and the one on the next connection
    }

    public enum Call
    {
        Open,
        Client,
        Upstream,
    }

    /// <summary>Fails on the n-th call of one kind on the first connection.</summary>
    private sealed class FailingSource(IConnectionTapSource inner, Call call, int at) : IConnectionTapSource
    {
        private int _opened;

        public IConnectionTap? Open(int thread, int listener)
        {
            if (_opened++ > 0)
                return inner.Open(thread, listener);
            return call == Call.Open ? throw new InvalidOperationException("a bug") : new FailingTap(inner.Open(thread, listener)!, call, at);
        }

        public void TapFailed(int listener, IConnectionTap? tap, Exception failure) => inner.TapFailed(listener, (tap as FailingTap)?.Inner, failure);
    }

    private sealed class FailingTap(IConnectionTap inner, Call call, int at) : IConnectionTap
    {
        private int _calls;

        public IConnectionTap Inner => inner;

        public bool IsBusy => inner.IsBusy;

        public void OnClientBytes(ReadOnlySpan<byte> bytes, long timestamp)
        {
            Count(Call.Client);
            inner.OnClientBytes(bytes, timestamp);
        }

        public void OnUpstreamBytes(ReadOnlySpan<byte> bytes, long timestamp)
        {
            Count(Call.Upstream);
            inner.OnUpstreamBytes(bytes, timestamp);
        }

        public void OnClientStalled(long timestamp) => inner.OnClientStalled(timestamp);

        public void OnClientResumed(long timestamp) => inner.OnClientResumed(timestamp);

        public void OnClientClosed(long timestamp) => inner.OnClientClosed(timestamp);

        public void OnUpstreamClosed(long timestamp) => inner.OnUpstreamClosed(timestamp);

        public void OnEnded(ConnectionEnd end, long timestamp) => inner.OnEnded(end, timestamp);

        private void Count(Call which)
        {
            if (which == call && ++_calls == at)
                throw new InvalidOperationException("a bug");
        }
    }
}
