using System.Net;
using System.Text;
using Sidecar.FunctionalTests.Harness;

namespace Sidecar.FunctionalTests.Robustness;

/// <summary>A model server that dies in the middle of its answers: its clients see that, and others nothing.</summary>
public sealed class DyingUpstreamTests
{
    private const int Clients = 6;
    private const string Request = "POST /large.bin HTTP/1.1\r\nHost: m\r\nContent-Length: 1\r\n\r\n1";

    [Fact]
    public async Task A_server_that_is_killed_in_its_answers_is_seen_as_without_the_sidecar()
    {
        List<(bool IsBeginning, bool Reset)> direct;
        await using (var server = await ForeignServer.SlowNginxAsync(http2: false))
            direct = await KilledAsync(server.EndPoint, server);
        await using var bystanders = new FakeModelServer();
        await using var dying = await ForeignServer.SlowNginxAsync(http2: false);
        await using var sidecar = await RelayAsync(dying, bystanders);
        using var bystander = await WireClient.ConnectAsync(sidecar.Application.Traffic[1]);
        await AskAsync(bystander, bystanders);

        var relayed = await KilledAsync(sidecar.Traffic, dying);

        Assert.Equal(direct, relayed);
        Assert.All(relayed, seen => Assert.Equal((true, false), seen));
        await AskAsync(bystander, bystanders);
        await sidecar.AssertRefusedAsync(Encoding.ASCII.GetBytes(Request));
        var series = await Series.BalancedAsync(sidecar);
        Assert.Equal(Clients, series.Sum("sidecar_inference_duration_seconds_count", ("error_type", "upstream_aborted")));
        Assert.Equal(1, series.Sum("sidecar_inference_duration_seconds_count", ("error_type", "connection_refused")));
        Assert.Equal(Clients + 1 + 2, sidecar.Exchanges.Observed);
    }

    [Fact]
    public async Task A_server_that_is_killed_in_the_answers_of_an_http2_connection_fails_each_of_its_calls()
    {
        await using var bystanders = new FakeModelServer();
        await using var dying = await ForeignServer.SlowNginxAsync(http2: true);
        await using var sidecar = await RelayAsync(dying, bystanders);
        using var bystander = await WireClient.ConnectAsync(sidecar.Application.Traffic[1]);
        using var client = CallServer.Client(sidecar.Traffic);
        var expected = await File.ReadAllBytesAsync(Path.Combine(dying.Folder.Path, "large.bin"), TestContext.Current.CancellationToken);
        var answers = new List<Stream>();
        for (var i = 0; i < Clients; i++)
        {
            var answer = await CallServer.CallAsync(client, [1], "/large.bin");
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            answers.Add(await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
            Assert.Equal(expected[0], answers[^1].ReadByte());
        }

        Assert.Equal(1, sidecar.Application.Relay[0].Accepted);
        await Signals.KillAsync(dying.Process);

        foreach (var answer in answers)
        {
            using var got = new MemoryStream();
            await Assert.ThrowsAnyAsync<IOException>(() => answer.CopyToAsync(got, TestContext.Current.CancellationToken));
            Assert.True(expected.AsSpan(1).StartsWith(got.ToArray()), "what came before is the beginning of the answer");
        }

        await AskAsync(bystander, bystanders);
        var series = await Series.BalancedAsync(sidecar);
        // The system closes a dead process's sockets in order, but for those with bytes that it had not read: a window update may be on its way.
        Assert.Equal(Clients, series.Sum("sidecar_inference_duration_seconds_count", ("error_type", "upstream_aborted"))
            + series.Sum("sidecar_inference_duration_seconds_count", ("error_type", "upstream_reset")));
        Assert.Equal(Clients + 1, sidecar.Exchanges.Observed);
    }

    [Theory]
    [InlineData(false, "upstream_reset")]
    [InlineData(true, "upstream_aborted")]
    public async Task A_connection_that_is_lost_behind_the_sidecar_fails_every_call_on_it(bool inOrder, string errorType)
    {
        const int Calls = 20;
        await using var server = await CallServer.StartAsync(holds: true);
        await using var hop = new FaultyHop(server.EndPoint);
        await using var sidecar = await RelayUnderTest.StartAsync(hop.EndPoint.Port, RelayUnderTest.WithoutMetadata);
        using var client = CallServer.Client(sidecar.Traffic);
        var calls = await Task.WhenAll(Enumerable.Range(0, Calls).Select(_ => CallServer.CallAsync(client, CallServer.Message)));

        if (inOrder)
            hop.FinishNear();
        else
            await hop.ResetNearAsync();

        foreach (var call in calls)
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => call.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        server.Release();
        var series = await Series.BalancedAsync(sidecar);
        Assert.Equal(Calls, series.Sum("sidecar_inference_duration_seconds_count", ("error_type", errorType)));
        Assert.Equal(Calls, sidecar.Exchanges.Observed);
        await AnsweredAsync(client); // by a new connection
    }

    /// <summary>Kills a server whose answers are all on their way; says whether what came was their beginning, and how the connections ended.</summary>
    private static async Task<List<(bool IsBeginning, bool Reset)>> KilledAsync(IPEndPoint address, ForeignServer server)
    {
        var expected = await File.ReadAllBytesAsync(Path.Combine(server.Folder.Path, "large.bin"));
        var clients = new List<RawConnection>();
        for (var i = 0; i < Clients; i++)
        {
            clients.Add(await RawConnection.ConnectAsync(address));
            await clients[i].SendAsync(Request);
            Assert.StartsWith("HTTP/1.1 200", await clients[i].ReceiveThroughAsync("\r\n\r\n"), StringComparison.Ordinal);
        }

        await Signals.KillAsync(server.Process);

        var seen = new List<(bool, bool)>();
        foreach (var client in clients)
        {
            var (bytes, reset) = await client.ReceiveToAnyEndAsync();
            seen.Add((bytes.Length < expected.Length && expected.AsSpan().StartsWith(bytes), reset));
            client.Dispose();
        }

        return seen;
    }

    private static async Task AskAsync(WireClient bystander, FakeModelServer server) =>
        Assert.Equal(server.Answer, (await bystander.AskAsync(V2.Request(V2.Body()))).Body);

    private static async Task AnsweredAsync(HttpClient client)
    {
        using var answer = await CallServer.CallAsync(client, CallServer.Message);
        Assert.Equal(CallServer.Message, await answer.Content.ReadAsByteArrayAsync());
        Assert.Equal("0", answer.TrailingHeaders.GetValues("grpc-status").Single());
    }

    /// <summary>In front of a server that dies, and of another one by a second listener.</summary>
    private static Task<RelayUnderTest> RelayAsync(ForeignServer dying, FakeModelServer bystanders) => RelayUnderTest.StartAsync(
        dying.EndPoint.Port, options => RelayUnderTest.WithoutMetadata(options) with { Listeners = [RelayUnderTest.Listener("other", bystanders.Port)] });
}
