using Sidecar.FunctionalTests.Harness;

namespace Sidecar.FunctionalTests.Matrix;

/// <summary>What the other tests of this folder find nothing with would find something.</summary>
public sealed class RecorderTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_byte_that_is_altered_between_two_recorders_is_noticed(bool altered)
    {
        await using var server = await KestrelServer.StartAsync();
        await using var far = new PassThrough(server.EndPoint);
        await using var relay = new PassThrough(far.EndPoint) { Tamper = altered ? bytes => bytes.Span[^1] ^= 1 : null };
        await using var near = new PassThrough(relay.EndPoint);
        using (var client = await RawConnection.ConnectAsync(near.EndPoint))
        {
            await client.SendAsync("POST /echo HTTP/1.1\r\nHost: model.test\r\nContent-Length: 5\r\n\r\nhello");
            await client.ReceiveResponseAsync();
        }

        var (one, other) = (await near.TakeAsync(), await far.TakeAsync());
        Assert.Equal(altered, Record.Exception(() => MatrixBench.SameBytes(one, other)) is not null);
        Assert.Equal(one.Single().FromClient.ToString(), other.Single().FromClient.ToString());
    }

    [Fact]
    public async Task What_a_peer_that_resets_sent_before_reaches_both_recorders()
    {
        using var server = new RawServer();
        await using var far = new PassThrough(server.EndPoint, keepBytes: true);
        await using var near = new PassThrough(far.EndPoint, keepBytes: true);
        using var client = await RawConnection.ConnectAsync(near.EndPoint);
        using var upstream = await server.AcceptAsync();
        await client.SendAsync("the request");
        await upstream.ReceiveThroughAsync("the request");
        client.Reset();
        await upstream.SendAsync("an answer that nobody takes");
        upstream.CloseSending();
        var (one, other) = (await near.TakeAsync(), await far.TakeAsync());
        MatrixBench.SameBytes(one, other);
        Assert.Equal(("the request", "an answer that nobody takes"), (one.Single().FromClient.Text, one.Single().FromServer.Text));
    }

    [Fact]
    public void Parties_that_tell_different_things_are_noticed_where_both_can_know()
    {
        var told = new SeenExchange("1", new SeenMessage { Start = "GET / HTTP/1.1" }, new SeenMessage { Start = "200", Fields = ["a: b"], Length = 3 }).Normalised();
        Assert.Null(Difference(told, told));
        Assert.Null(Difference(told, told with { Response = told.Response with { Hash = "only one party knows" } }));
        Assert.NotNull(Difference(told, told with { Request = told.Request with { Start = "GET /a HTTP/1.1" } }));
        Assert.NotNull(Difference(told, told with { Response = told.Response with { Fields = ["a: c"] } }));
        Assert.NotNull(Difference(told, told with { Response = told.Response with { Length = 4 } }));
        Assert.NotNull(Difference(told, told with { Response = told.Response with { Ended = false } }));
        Assert.NotNull(Difference(told with { Response = new SeenMessage { SomeFields = ["a: c"] } }, told));

        static Exception? Difference(SeenExchange one, SeenExchange other)
        {
            var (its, ours) = (new SeenExchanges([one]), new SeenExchanges([other]));
            return Record.Exception(() => SeenExchanges.Same("one", its.KnownTo(ours), "the other", ours.KnownTo(its)));
        }
    }
}
