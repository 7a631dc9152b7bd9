using Microsoft.Extensions.Time.Testing;
using Sidecar.FunctionalTests.Harness;
using Sidecar.Model;

namespace Sidecar.FunctionalTests.Robustness;

/// <summary>Connections on which nothing moves.</summary>
public sealed class IdleTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Idle_connection_is_closed_in_order_and_one_with_an_exchange_is_left_alone()
    {
        using var upstream = new RawServer();
        await using var sidecar = await StartAsync(upstream, TimeSpan.FromSeconds(60));
        using var idle = await RawConnection.ConnectAsync(sidecar.Traffic);
        using var idleServer = await upstream.AcceptAsync();
        await CrossAsync(idle, idleServer, "GET / HTTP/1.1\r\nHost: m\r\n\r\n");
        await CrossAsync(idleServer, idle, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        using var busy = await RawConnection.ConnectAsync(sidecar.Traffic);
        using var busyServer = await upstream.AcceptAsync();
        await CrossAsync(busy, busyServer, "GET / HTTP/1.1\r\nHost: m\r\n\r\n");

        _time.Advance(TimeSpan.FromSeconds(61));

        Assert.Equal((0, false), Told(await idle.ReceiveToAnyEndAsync()));
        Assert.Equal((0, false), Told(await idleServer.ReceiveToAnyEndAsync()));
        await CrossAsync(busyServer, busy, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await RelayUnderTest.UntilAsync(() => sidecar.Application.Relay[0].EndedAs(ConnectionEnd.IdleTimeout) == 1, "it is counted");
        Assert.Equal(1, sidecar.Application.Relay[0].Open);
        _time.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal((0, false), Told(await busy.ReceiveToAnyEndAsync()));
    }

    [Fact]
    public async Task Without_a_timeout_no_connection_is_closed()
    {
        using var upstream = new RawServer();
        await using var sidecar = await StartAsync(upstream, TimeSpan.Zero);
        using var client = await RawConnection.ConnectAsync(sidecar.Traffic);
        using var server = await upstream.AcceptAsync();
        _time.Advance(TimeSpan.FromDays(1));
        await CrossAsync(client, server, "GET / HTTP/1.1\r\nHost: m\r\n\r\n");
        Assert.Equal(1, sidecar.Application.Relay[0].Open);
    }

    private Task<RelayUnderTest> StartAsync(RawServer upstream, TimeSpan idleTimeout) => RelayUnderTest.StartAsync(
        upstream.Port,
        options => RelayUnderTest.WithoutMetadata(options) with { Relay = options.Relay with { IdleTimeout = idleTimeout, SocketBuffers = 128 * 1024 } },
        new SidecarHooks { Variable = _ => null, Time = _time });

    private static async Task CrossAsync(RawConnection from, RawConnection to, string text)
    {
        await from.SendAsync(text);
        Assert.Equal(text, System.Text.Encoding.Latin1.GetString(await to.ReceiveAsync(text.Length)));
    }

    private static (int Length, bool Reset) Told((byte[] Bytes, bool Reset) end) => (end.Bytes.Length, end.Reset);
}
