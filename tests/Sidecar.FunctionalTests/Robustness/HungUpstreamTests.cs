using System.Text;
using Sidecar.FunctionalTests.Harness;
using Sidecar.Model;

namespace Sidecar.FunctionalTests.Robustness;

/// <summary>A model server that accepts and then neither reads nor answers.</summary>
public sealed class HungUpstreamTests
{
    private const string Request = "POST /v2/models/toy/infer HTTP/1.1\r\nHost: m\r\nContent-Length: 2\r\n\r\n{}";

    [Fact]
    public async Task A_client_that_gives_up_its_upload_is_let_go_and_counted_as_one_that_left()
    {
        using var upstream = new RawServer(receiveBuffer: 64 * 1024);
        await using var sidecar = await RelayUnderTest.StartAsync(upstream.Port, RelayUnderTest.WithoutMetadata);
        using var client = await RawConnection.ConnectAsync(sidecar.Traffic);
        using var server = await upstream.AcceptAsync();
        await client.SendAsync($"POST {V2.Path} HTTP/1.1\r\nHost: m\r\nContent-Length: {1 << 30}\r\n\r\n");
        await client.SendUntilFullAsync();

        client.Reset();

        await AssertLeftAsync(sidecar);
        // What was on the way may be overtaken by the reset, as on a direct connection; what came is the beginning of what was sent.
        var (bytes, reset) = await server.ReceiveToAnyEndAsync();
        Assert.True(reset);
        Assert.StartsWith($"POST {V2.Path} HTTP/1.1\r\n", Encoding.Latin1.GetString(bytes.AsSpan(0, 100)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_resets_after_it_closed_its_sending_half_is_seen_at_once()
    {
        using var upstream = new RawServer();
        await using var sidecar = await RelayUnderTest.StartAsync(upstream.Port, RelayUnderTest.WithoutMetadata);
        using var client = await RawConnection.ConnectAsync(sidecar.Traffic);
        using var server = await upstream.AcceptAsync();
        await client.SendAsync(Request);
        client.CloseSending();
        Assert.Equal(Request, Encoding.Latin1.GetString(await server.ReceiveToEndAsync()));

        client.Reset();

        await AssertLeftAsync(sidecar);
        await Assert.ThrowsAsync<IOException>(() => server.SendAsync("too late"));
    }

    [Fact]
    public async Task A_server_that_hangs_fails_those_who_give_up_and_serves_those_who_wait_when_it_goes_on()
    {
        const int Each = 10;
        await using var server = await ForeignServer.SlowNginxAsync(http2: false);
        await using var bystanders = new FakeModelServer();
        await using var sidecar = await RelayUnderTest.StartAsync(
            server.EndPoint.Port, options => RelayUnderTest.WithoutMetadata(options) with { Listeners = [RelayUnderTest.Listener("other", bystanders.Port)] });
        using var bystander = await WireClient.ConnectAsync(sidecar.Application.Traffic[1]);
        await Signals.HangAsync(server.Process);
        var clients = new List<RawConnection>();
        try
        {
            for (var i = 0; i < 2 * Each; i++)
            {
                clients.Add(await RawConnection.ConnectAsync(sidecar.Traffic));
                await clients[i].SendAsync(i < Each ? Request : "GET /small.txt HTTP/1.1\r\nHost: m\r\n\r\n");
            }

            await RelayUnderTest.UntilAsync(() => sidecar.Exchanges.Pending == 2 * Each, "all requests are under way");
            clients.Take(Each).ToList().ForEach(client => client.Reset());
            await RelayUnderTest.UntilAsync(() => sidecar.Exchanges.Pending == Each, "those who gave up are counted though the server stands still");
            Assert.Equal(bystanders.Answer, (await bystander.AskAsync(V2.Request(V2.Body()))).Body);
        }
        finally
        {
            await Signals.ResumeAsync(server.Process);
        }

        foreach (var client in clients.Skip(Each))
        {
            Assert.Equal("a small file\n", Encoding.ASCII.GetString((await client.ReceiveResponseAsync()).Body));
            client.Dispose();
        }

        var series = await Series.BalancedAsync(sidecar);
        Assert.Equal(Each, series.Sum("sidecar_inference_duration_seconds_count", ("error_type", "client_aborted")));
        Assert.Equal(Each, series.Sum("sidecar_exchanges_total", ("stage", "skipped"), ("reason", "not_inference")));
        Assert.Equal((2 * Each) + 1, sidecar.Exchanges.Observed);
    }

    private static async Task AssertLeftAsync(RelayUnderTest sidecar)
    {
        await RelayUnderTest.UntilAsync(() => sidecar.Application.Relay[0].Open == 0, "the connection ends though its upstream stands still");
        Assert.Equal(1, sidecar.Application.Relay[0].EndedAs(ConnectionEnd.ClientReset));
        var series = await Series.BalancedAsync(sidecar);
        Assert.Equal(1, series.Sum("sidecar_inference_duration_seconds_count", ("error_type", "client_aborted")));
    }
}
