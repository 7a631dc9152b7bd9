using System.Globalization;
using System.Text;
using Sidecar.FunctionalTests.Harness;
using Sidecar.FunctionalTests.Transparency;
using Sidecar.Wire.Tests;

namespace Sidecar.FunctionalTests.Robustness;

/// <summary>Peers that are slow, for ever or byte by byte, alone and in crowds: others don't wait for them, and they cost what is stated.</summary>
[Collection(nameof(Alone))]
public sealed class SlowPeersTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task Exchanges_that_drip_by_the_byte_are_told_as_if_they_came_at_once(bool client, bool server)
    {
        await using var model = new FakeModelServer();
        await using var calls = await CallServer.StartAsync();
        await using var modelHop = new FaultyHop(model.EndPoint, server ? 1 : int.MaxValue);
        await using var callsHop = new FaultyHop(calls.EndPoint, server ? 1 : int.MaxValue);
        await using var sidecar = await RelayUnderTest.StartAsync(
            modelHop.EndPoint.Port, options => RelayUnderTest.WithoutMetadata(options) with { Listeners = [RelayUnderTest.Listener("grpc", callsHop.EndPoint.Port)] });
        await using var toModel = new FaultyHop(sidecar.Application.Traffic[0], client ? 1 : int.MaxValue);
        await using var toCalls = new FaultyHop(sidecar.Application.Traffic[1], client ? 1 : int.MaxValue);
        using var raw = await WireClient.ConnectAsync(toModel.EndPoint);
        using var grpc = CallServer.Client(toCalls.EndPoint);

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(model.Answer, (await raw.AskAsync(V2.Request(V2.Body()))).Body);
            using var answer = await CallServer.CallAsync(grpc, CallServer.Message);
            Assert.Equal(CallServer.Message, await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
            Assert.Equal("0", answer.TrailingHeaders.GetValues("grpc-status").Single());
        }

        var series = await Series.BalancedAsync(sidecar);
        Assert.Equal(3, sidecar.Exchanges.Decoded);
        Assert.Equal(3, series.Sum("sidecar_exchanges_total", ("stage", "undecodable"), ("reason", "unknown_route")));
        Assert.Equal(6, series.Sum("sidecar_inference_duration_seconds_count"));
        Assert.DoesNotContain(series.Of("sidecar_inference_duration_seconds_count"), sample => sample.Label("error_type") is { Length: > 0 });
    }

    [Fact]
    public async Task A_crowd_that_never_reads_costs_one_buffer_each_and_holds_nobody_up()
    {
        const int Crowd = 400;
        const string Request = "POST /score HTTP/1.1\r\nHost: m\r\nContent-Length: 1\r\n\r\n1";
        using var upstream = new SinkServer { Answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}" };
        // Small buffers of the system, so that it is soon the sidecar's turn to keep what nobody reads.
        await using var sidecar = await SidecarProcess.StartAsync(upstream.EndPoint, ("SIDECAR__RELAY__SOCKETBUFFERS", "16KiB"));
        using var bystander = await RawConnection.ConnectAsync(sidecar.Traffic);
        await AskAsync(bystander);
        (upstream.Answer, upstream.Floods) = ("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n", true);
        var before = sidecar.Resident;
        var crowd = new List<RawConnection>();
        for (var i = 0; i < Crowd; i++)
        {
            crowd.Add(await RawConnection.ConnectAsync(sidecar.Traffic, receiveBuffer: 4096));
            await crowd[i].SendAsync(Request);
        }

        await RelayUnderTest.UntilAsync(() => upstream.Accepted == Crowd + 1, "the server has them all");
        await StandsStillAsync(sidecar, "sidecar_relay_io_bytes_total", atLeast: Crowd * 16 * 1024);
        (upstream.Answer, upstream.Floods) = ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", false);
        using var late = await RawConnection.ConnectAsync(sidecar.Traffic);
        await AskAsync(late);
        var grown = sidecar.Resident - before;
        output.WriteLine($"{grown / 1024} KiB, {grown / Crowd} bytes each");
        // 64 KiB are kept for a destination that doesn't read, and what the collector has not yet given back.
        Assert.InRange(grown, 1, (Crowd * 72 * 1024) + (32 << 20));

        crowd.ForEach(client => client.Reset());
        var series = await sidecar.BalancedAsync(Crowd + 2);
        Assert.Equal(Crowd, series.Sum("sidecar_inference_duration_seconds_count", ("error_type", "client_aborted")));

        async Task AskAsync(RawConnection connection)
        {
            await connection.SendAsync(Request);
            Assert.Equal("{}", Encoding.ASCII.GetString((await connection.ReceiveResponseAsync()).Body));
        }
    }

    [Theory]
    [InlineData("POST /v2/models/toy/infer HTTP/1.1\r\nHost: m\r\nX-Endless: ", 'x')]
    [InlineData(H2.Preface + "\0\0\0\u0004\0\0\0\0\0" + "\0\u00FA\0\u0001\u0004\0\0\0\u0001", '\u0082')] // a header block of 64,000 bytes is announced
    public async Task A_crowd_whose_heads_never_end_costs_little_and_holds_nobody_up(string beginning, char endless)
    {
        const int Crowd = 2_000;
        const int Drops = 20;
        using var upstream = new SinkServer();
        await using var sidecar = await SidecarProcess.StartAsync(upstream.EndPoint);
        var crowd = new List<RawConnection> { await RawConnection.ConnectAsync(sidecar.Traffic) };
        await crowd[0].SendAsync(beginning);
        await RelayUnderTest.UntilAsync(() => upstream.Received == beginning.Length, "the first has gone all the way");
        var before = sidecar.Resident;
        while (crowd.Count < Crowd)
        {
            crowd.Add(await RawConnection.ConnectAsync(sidecar.Traffic));
            await crowd[^1].SendAsync(beginning);
        }

        for (var drop = 0; drop < Drops; drop++)
        {
            foreach (var client in crowd)
                await client.SendAsync(endless.ToString());
        }

        // The server has what was sent, to the byte: a head that doesn't end is as good as any.
        await RelayUnderTest.UntilAsync(() => upstream.Received == (long)Crowd * (beginning.Length + Drops), "every byte reaches the server");
        var grown = sidecar.Resident - before;
        output.WriteLine($"{grown / Crowd} bytes each");
        Assert.InRange(grown, 1, (Crowd * 4 * 1024) + (8 << 20)); // the system may give memory in pages of 2 MiB

        // One more, which the server answers, in the middle of the crowd.
        upstream.Answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
        using (var bystander = await RawConnection.ConnectAsync(sidecar.Traffic))
        {
            await bystander.SendAsync(V2.Request(V2.Body()));
            Assert.Equal("{}", Encoding.ASCII.GetString((await bystander.ReceiveResponseAsync()).Body));
        }

        crowd.ForEach(client => client.Reset());
        await sidecar.UntilAsync(series => series.Sum("sidecar_connections") == 0, "the crowd is gone");
        await sidecar.BalancedAsync(1); // what never became a request is no exchange
    }

    private static async Task StandsStillAsync(SidecarProcess sidecar, string counter, double atLeast)
    {
        var (last, same) = (-1.0, 0);
        await sidecar.UntilAsync(
            series =>
            {
                var now = series.Sum(counter);
                (last, same) = (now, now == last ? same + 1 : 0);
                return now >= atLeast && same >= 10;
            },
            string.Create(CultureInfo.InvariantCulture, $"{counter} stands still above {atLeast}"));
    }
}
