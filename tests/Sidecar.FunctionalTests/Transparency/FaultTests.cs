using System.Text;
using Sidecar.FunctionalTests.Harness;
using Sidecar.Model;

namespace Sidecar.FunctionalTests.Transparency;

/// <summary>What goes wrong at one end is what the other end sees: the sidecar makes up no answer and hides no failure.</summary>
public sealed class FaultTests : IAsyncLifetime
{
    private const string Request = "POST /v2/models/m/infer HTTP/1.1\r\nHost: model.test\r\nContent-Length: 4\r\n\r\n{  }";

    private readonly RawServer _upstream = new();
    private RelayUnderTest _sidecar = null!;

    public async ValueTask InitializeAsync() => _sidecar = await RelayUnderTest.StartAsync(_upstream.Port, RelayUnderTest.WithoutMetadata);

    public async ValueTask DisposeAsync()
    {
        await _sidecar.DisposeAsync();
        _upstream.Dispose();
    }

    [Fact]
    public async Task A_refused_upstream_is_a_connection_that_ends_without_a_byte()
    {
        using var dead = new RawServer(listens: false);
        await using var sidecar = await RelayUnderTest.StartAsync(dead.Port);
        for (var i = 0; i < 20; i++)
            await sidecar.AssertRefusedAsync(Encoding.ASCII.GetBytes(Request));

        var totals = await sidecar.SettledAsync();
        Assert.Equal((20, 20), (totals.Observed, totals.Undecodable));
        Assert.Equal(20, await sidecar.CountAsync("undecodable", "upstream_refused"));
        Assert.Equal(20, sidecar.Application.Relay[0].EndedAs(ConnectionEnd.UpstreamRefused));
    }

    [Fact]
    public async Task An_upstream_that_comes_back_is_reached_again()
    {
        using var upstream = new RawServer(listens: false);
        await using var sidecar = await RelayUnderTest.StartAsync(upstream.Port, RelayUnderTest.WithoutMetadata);
        await sidecar.AssertRefusedAsync(Encoding.ASCII.GetBytes(Request));

        upstream.Listen();
        using var client = await RawConnection.ConnectAsync(sidecar.Traffic);
        using var server = await upstream.AcceptAsync();
        await client.SendAsync(Request);
        Assert.Equal(Request, await server.ReceiveThroughAsync("{  }"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_upstream_that_dies_in_its_answer_is_seen_after_the_same_bytes(bool reset)
    {
        using var client = await RawConnection.ConnectAsync(_sidecar.Traffic);
        using var server = await _upstream.AcceptAsync();
        await client.SendAsync(Request);
        await server.ReceiveThroughAsync("{  }");
        const string Part = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nonly the start";
        await server.SendAsync(Part);
        Assert.Equal(Part, Encoding.Latin1.GetString(await client.ReceiveAsync(Part.Length)));
        if (reset)
            server.Reset();
        else
            server.CloseSending();

        var (bytes, wasReset) = await client.ReceiveToAnyEndAsync();
        Assert.Equal((0, reset), (bytes.Length, wasReset));
        client.Dispose();
        await RelayUnderTest.UntilAsync(() => _sidecar.Application.Relay[0] is { Accepted: 1, Open: 0 }, "the connection ends");
        Assert.Equal(1, (await _sidecar.SettledAsync()).Observed);
        Assert.Equal(reset ? 1 : 0, _sidecar.Application.Relay[0].EndedAs(ConnectionEnd.UpstreamReset));
    }

    [Fact]
    public async Task Bytes_that_an_upstream_sent_just_before_its_reset_arrive()
    {
        for (var i = 0; i < 50; i++)
        {
            using var client = await RawConnection.ConnectAsync(_sidecar.Traffic);
            using var server = await _upstream.AcceptAsync();
            var answer = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + new string('x', 1000 * i);
            await server.SendAsync(answer);
            server.Reset();
            var (bytes, reset) = await client.ReceiveToAnyEndAsync();
            Assert.True(reset);
            Assert.Equal(answer, Encoding.Latin1.GetString(bytes));
        }

        // It had accepted, however soon its reset came.
        await RelayUnderTest.UntilAsync(() => _sidecar.Application.Relay[0].Open == 0, "the connections end");
        Assert.Equal(50, _sidecar.Application.Relay[0].EndedAs(ConnectionEnd.UpstreamReset));
        Assert.Equal(0, (await _sidecar.SettledAsync()).Undecodable);
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH_10.0\r\n", "SSH-2.0-client\r\n", "unknown_protocol")]
    [InlineData("220 ready\r\n", null, "unknown_protocol")]
    [InlineData("220 ready\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "unknown_protocol")]
    [InlineData("\0\0\0\u0004\0\0\0\0\0", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0", null)]
    public async Task A_server_that_speaks_first_is_relayed_and_counted_by_what_its_client_says(string greeting, string? answer, string? reason)
    {
        using var client = await RawConnection.ConnectAsync(_sidecar.Traffic);
        using var server = await _upstream.AcceptAsync();
        await server.SendAsync(greeting);
        Assert.Equal(greeting, Encoding.Latin1.GetString(await client.ReceiveAsync(greeting.Length)));
        if (answer is not null)
        {
            await client.SendAsync(answer);
            Assert.Equal(answer, Encoding.Latin1.GetString(await server.ReceiveAsync(answer.Length)));
        }

        client.Dispose();
        server.Dispose();
        await RelayUnderTest.UntilAsync(() => _sidecar.Application.Relay[0].Open == 0, "the connection ends");
        // A server of HTTP/2 may send its settings on accept.
        Assert.Equal(reason is null ? 0 : 1, (await _sidecar.SettledAsync()).Opaque);
        if (reason is not null)
            Assert.Equal(1, await _sidecar.CountAsync("opaque", reason));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_that_leaves_in_its_upload_is_seen_by_the_upstream(bool reset)
    {
        using var client = await RawConnection.ConnectAsync(_sidecar.Traffic);
        using var server = await _upstream.AcceptAsync();
        const string Part = "POST /v2/models/m/infer HTTP/1.1\r\nHost: model.test\r\nContent-Length: 1000\r\n\r\n{\"inputs\":";
        await client.SendAsync(Part);
        Assert.Equal(Part, Encoding.Latin1.GetString(await server.ReceiveAsync(Part.Length)));
        if (reset)
            client.Reset();
        else
            client.Dispose();

        var (bytes, wasReset) = await server.ReceiveToAnyEndAsync();
        Assert.Equal((0, reset), (bytes.Length, wasReset));
        server.Dispose();
        var totals = await _sidecar.SettledAsync();
        Assert.Equal((1, 0, 0), (totals.Observed, totals.Decoded, totals.Dropped));
    }

    [Fact]
    public async Task A_client_that_closed_its_sending_half_still_gets_its_answer()
    {
        using var client = await RawConnection.ConnectAsync(_sidecar.Traffic);
        using var server = await _upstream.AcceptAsync();
        await client.SendAsync(Request);
        client.CloseSending();
        Assert.Equal(Request, Encoding.Latin1.GetString(await server.ReceiveToEndAsync()));
        var answer = "HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + new string('x', 300_000);
        var sending = server.SendAsync(answer);
        Assert.Equal(answer, Encoding.Latin1.GetString(await client.ReceiveAsync(answer.Length)));
        await sending;
        server.Dispose();
        Assert.Empty(await client.ReceiveToEndAsync());
        await RelayUnderTest.UntilAsync(() => _sidecar.Application.Relay[0].EndedAs(ConnectionEnd.Closed) == 1, "the connection closes in order");
    }

    [Fact]
    public async Task An_upstream_that_closed_its_sending_half_still_gets_the_rest_of_the_request()
    {
        using var client = await RawConnection.ConnectAsync(_sidecar.Traffic);
        using var server = await _upstream.AcceptAsync();
        await server.SendAsync("HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\nno");
        server.CloseSending();
        Assert.EndsWith("no", Encoding.Latin1.GetString(await client.ReceiveToEndAsync()), StringComparison.Ordinal);
        await client.SendAsync(Request);
        Assert.Equal(Request, await server.ReceiveThroughAsync("{  }"));
    }

    [Fact]
    public async Task One_broken_connection_does_not_touch_the_others()
    {
        using var steady = await RawConnection.ConnectAsync(_sidecar.Traffic);
        using var steadyServer = await _upstream.AcceptAsync();
        for (var i = 0; i < 20; i++)
        {
            using var client = await RawConnection.ConnectAsync(_sidecar.Traffic);
            using var server = await _upstream.AcceptAsync();
            await client.SendAsync(Request);
            (i % 2 == 0 ? client : server).Reset();

            await steady.SendAsync(Request);
            await steadyServer.ReceiveThroughAsync("{  }");
            await steadyServer.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
            Assert.Equal("{}", Encoding.ASCII.GetString((await steady.ReceiveResponseAsync()).Body));
        }
    }
}
