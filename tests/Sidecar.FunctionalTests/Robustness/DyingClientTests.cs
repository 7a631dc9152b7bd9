using System.Text;
using Sidecar.FunctionalTests.Harness;
using Sidecar.Wire.Tests;

namespace Sidecar.FunctionalTests.Robustness;

/// <summary>Clients that die, reset or half-close: the server sees that, and it is no failure of the server's.</summary>
public sealed class DyingClientTests
{
    [Theory]
    [InlineData("--http1.1")]
    [InlineData("--http2-prior-knowledge")]
    public async Task Clients_that_are_killed_in_their_downloads_are_counted_as_ones_that_left(string version)
    {
        const int Clients = 5;
        await using var server = await ForeignServer.SlowNginxAsync(http2: version != "--http1.1");
        await using var sidecar = await RelayUnderTest.StartAsync(server.EndPoint.Port, RelayUnderTest.WithoutMetadata);
        var clients = Enumerable.Range(0, Clients).Select(_ => Tool.Start(
            "curl", ["--silent", "--noproxy", "*", version, "--output", "/dev/null", "--data", "x", $"http://{sidecar.Traffic}/large.bin"])).ToList();
        try
        {
            await RelayUnderTest.UntilAsync(() => sidecar.Exchanges.Pending == Clients, "all are in the middle");
            foreach (var client in clients)
                await Signals.KillAsync(client);

            await RelayUnderTest.UntilAsync(() => sidecar.Application.Relay[0].Open == 0, "their connections end");
            var series = await Series.BalancedAsync(sidecar);
            Assert.Equal(Clients, series.Sum("sidecar_inference_duration_seconds_count", ("error_type", "client_aborted")));
            Assert.Equal(Clients, series.Sum("sidecar_inference_duration_seconds_count"));
            Assert.Equal(Clients, sidecar.Exchanges.Observed);
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }
    }

    [Fact]
    public async Task A_connection_that_is_lost_before_the_sidecar_ends_every_call_on_it()
    {
        const int Calls = 20;
        await using var server = await CallServer.StartAsync(holds: true);
        await using var sidecar = await RelayUnderTest.StartAsync(server.EndPoint.Port, RelayUnderTest.WithoutMetadata);
        await using var hop = new FaultyHop(sidecar.Traffic);
        using var client = CallServer.Client(hop.EndPoint);
        using var bystander = CallServer.Client(sidecar.Traffic);
        var steady = await CallServer.CallAsync(bystander, CallServer.Message);
        var calls = await Task.WhenAll(Enumerable.Range(0, Calls).Select(_ => CallServer.CallAsync(client, CallServer.Message)));

        await hop.ResetFarAsync();
        await RelayUnderTest.UntilAsync(() => sidecar.Exchanges.Pending == 1, "the calls of the lost connection end");

        server.Release();
        Assert.Equal(CallServer.Message, await steady.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        var series = await Series.BalancedAsync(sidecar);
        Assert.Equal(Calls, series.Sum("sidecar_inference_duration_seconds_count", ("error_type", "client_aborted")));
        Assert.Equal(Calls + 1, series.Sum("sidecar_inference_duration_seconds_count"));
        Array.ForEach(calls, call => call.Dispose());
    }

    [Fact]
    public async Task An_http2_connection_that_its_client_closed_half_still_brings_the_answers_to_its_calls()
    {
        const int Calls = 20;
        using var upstream = new RawServer();
        await using var sidecar = await RelayUnderTest.StartAsync(upstream.Port, RelayUnderTest.WithoutMetadata);
        using var client = await RawConnection.ConnectAsync(sidecar.Traffic);
        using var server = await upstream.AcceptAsync();
        var (fromClient, fromServer) = (new H2(new Random(1)), new H2(new Random(2)));
        var asked = H2.Preface + H2.Text(
            [H2.Settings(), .. Enumerable.Range(0, Calls).SelectMany(i => (byte[][])[fromClient.Request(1 + (2 * i), "/test.Model/Call", end: false, "content-type: application/grpc"), H2.Data(1 + (2 * i), "\0\0\0\0\u0001x", end: true)])]);
        var answered = H2.Text(
            [H2.Settings(), .. Enumerable.Range(0, Calls).SelectMany(i => (byte[][])[fromServer.Headers(1 + (2 * i), false, ":status: 200\ncontent-type: application/grpc"), H2.Data(1 + (2 * i), "\0\0\0\0\u0001y"), fromServer.Headers(1 + (2 * i), true, "grpc-status: 0")])]);

        await client.SendAsync(asked);
        client.CloseSending();
        Assert.Equal(asked, Encoding.Latin1.GetString(await server.ReceiveToEndAsync()));
        await server.SendAsync(answered);
        server.Dispose();

        Assert.Equal(answered, Encoding.Latin1.GetString(await client.ReceiveToEndAsync()));
        var series = await Series.BalancedAsync(sidecar);
        Assert.Equal(Calls, series.Sum("sidecar_inference_duration_seconds_count"));
        Assert.DoesNotContain(series.Of("sidecar_inference_duration_seconds_count"), sample => sample.Label("error_type") is { Length: > 0 });
    }
}
