using System.Net.WebSockets;
using System.Text;
using Sidecar.FunctionalTests.Harness;

namespace Sidecar.FunctionalTests.Transparency;

/// <summary>Three clients against ASP.NET Core's server: every byte of both ends, with the sidecar between and without.</summary>
public sealed class KestrelTests : IAsyncLifetime
{
    private static readonly HttpCase[] Cases =
    [
        new("GET", "GET", "/echo"),
        new("GET what is not there", "GET", "/nowhere"),
        new("HEAD", "HEAD", "/echo"),
        new("OPTIONS", "OPTIONS", "/echo"),
        new("DELETE", "DELETE", "/status?code=204"),
        new("a short body", "POST", "/echo") { Framing = BodyFraming.ContentLength, BodyLength = 17 },
        new("an empty body", "POST", "/echo") { Framing = BodyFraming.ContentLength, BodyLength = 0 },
        new("a long body", "PUT", "/echo") { Framing = BodyFraming.ContentLength, BodyLength = 1_000_003 },
        new("a chunked body", "POST", "/echo") { Framing = BodyFraming.Chunked, BodyLength = 20_011 },
        new("a chunked answer with a trailer", "POST", "/echo?chunk=999") { Framing = BodyFraming.ContentLength, BodyLength = 10_007 },
        new("chunked both ways", "POST", "/echo?chunk=4001") { Framing = BodyFraming.Chunked, BodyLength = 300_007 },
        new("204", "POST", "/status?code=204") { Framing = BodyFraming.ContentLength, BodyLength = 5 },
        new("304", "GET", "/status?code=304"),
        new("500", "POST", "/status?code=500") { Framing = BodyFraming.Chunked, BodyLength = 5 },
        new("100-continue", "POST", "/echo") { Framing = BodyFraming.ContentLength, BodyLength = 70_001, Expect = true },
        new("100-continue, chunked", "POST", "/echo") { Framing = BodyFraming.Chunked, BodyLength = 3_001, Expect = true },
        new("Connection: close", "POST", "/echo") { Framing = BodyFraming.ContentLength, BodyLength = 50_001, Close = true },
        new("Connection: close, chunked answer", "POST", "/echo?chunk=100") { Framing = BodyFraming.ContentLength, BodyLength = 5_001, Close = true },
        new("HTTP/1.0", "GET", "/echo") { Http10 = true },
        new("HTTP/1.0 with a body", "POST", "/echo?chunk=100") { Framing = BodyFraming.ContentLength, BodyLength = 2_001, Http10 = true },
        new("long heads", "GET", "/echo") { Headers = [("X-Long", new string('x', 6_000)), ("X-Longer", new string('y', 7_000))] },
    ];

    private KestrelServer _server = null!;
    private RelayUnderTest _sidecar = null!;

    public static TheoryData<string, string> Matrix => TranscriptCheck.Matrix(Cases);

    public async ValueTask InitializeAsync()
    {
        _server = await KestrelServer.StartAsync(record: true);
        _sidecar = await RelayUnderTest.StartAsync(_server.EndPoint.Port);
    }

    public async ValueTask DisposeAsync()
    {
        await _sidecar.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Matrix))]
    public async Task Both_ends_see_the_bytes_that_they_see_without_the_sidecar(string client, string name)
    {
        if (client == "curl")
            Tool.Require("curl");
        var request = Cases.Single(request => request.Name == name);
        var direct = await HttpTestClient.Of(client).RunAsync(_server.EndPoint, request);
        var directServer = await _server.TakeTranscriptsAsync();
        var relayed = await HttpTestClient.Of(client).RunAsync(_sidecar.Traffic, request);
        var relayedServer = await _server.TakeTranscriptsAsync();

        TranscriptCheck.Same(direct, relayed);
        TranscriptCheck.Same(
            new ClientTranscript([.. directServer.Select(connection => (connection.Received, connection.Sent))]),
            new ClientTranscript([.. relayedServer.Select(connection => (connection.Received, connection.Sent))]));
        var totals = await _sidecar.SettledAsync();
        Assert.Equal((request.Times, 0), (totals.Observed, totals.Dropped + totals.Opaque));

        // What one end sent is what the other received, dates and all. curl does not show what it sent.
        if (client == "curl")
            return;
        foreach (var (near, far) in relayed.Connections.Zip(relayedServer))
        {
            Assert.Equal(near.Sent, far.Received);
            Assert.Equal(far.Sent, near.Received);
        }
    }

    [Fact]
    public async Task An_answer_that_comes_before_the_request_ends_is_not_held_back()
    {
        using var client = await RawConnection.ConnectAsync(_sidecar.Traffic);
        await client.SendAsync("POST /early HTTP/1.1\r\nHost: model.test\r\nContent-Length: 10000\r\n\r\nstart");
        var (head, body) = await client.ReceiveResponseAsync();
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", head, StringComparison.Ordinal);
        Assert.Equal("too early", Encoding.ASCII.GetString(body));

        // The rest of the request still goes through, and so does the next request.
        await client.SendAsync(new byte[10_000 - "start".Length]);
        await client.SendAsync("GET /echo HTTP/1.1\r\nHost: model.test\r\nConnection: close\r\n\r\n");
        var (next, _) = await client.ReceiveResponseAsync();
        Assert.Contains("X-Saw: GET HTTP/1.1", next, StringComparison.Ordinal);
        await client.ReceiveToEndAsync();
        var totals = await _sidecar.SettledAsync();
        Assert.Equal((2, 0), (totals.Observed, totals.Opaque));
    }

    [Fact]
    public async Task A_refusal_of_the_body_reaches_a_client_that_waits_for_100_continue()
    {
        using var client = await RawConnection.ConnectAsync(_sidecar.Traffic);
        await client.SendAsync("POST /early HTTP/1.1\r\nHost: model.test\r\nContent-Length: 10000\r\nExpect: 100-continue\r\n\r\n");
        var (head, _) = await client.ReceiveResponseAsync();
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pipelined_requests_are_answered_in_order()
    {
        using var client = await RawConnection.ConnectAsync(_sidecar.Traffic);
        await client.SendAsync(string.Concat(Enumerable.Range(0, 10).Select(i => $"POST /echo HTTP/1.1\r\nHost: model.test\r\nContent-Length: 1\r\n\r\n{i}")));
        for (var i = 0; i < 10; i++)
            Assert.Equal($"{i}", Encoding.ASCII.GetString((await client.ReceiveResponseAsync()).Body));
        client.Dispose();
        Assert.Equal(10, (await _sidecar.SettledAsync()).Observed);
    }

    [Fact]
    public async Task Server_sent_events_arrive_one_by_one_as_they_are_made()
    {
        using var handler = DotnetHttpClient.HandlerTo(_sidecar.Traffic);
        using var client = new HttpClient(handler) { Timeout = RelayUnderTest.Patience };
        using var response = await client.GetAsync(new Uri("http://model.test/events"), HttpCompletionOption.ResponseHeadersRead);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync());
        for (var i = 0; i < 10; i++)
        {
            // The server makes the next event only when this one was seen.
            Assert.Equal($"data: {i}", await lines.ReadLineAsync());
            Assert.Equal("", await lines.ReadLineAsync());
            _server.EventSeen.Release();
        }

        Assert.Null(await lines.ReadLineAsync());
    }

    [Fact]
    public async Task A_WebSocket_speaks_through_the_sidecar_and_counts_as_upgraded()
    {
        using var handler = DotnetHttpClient.HandlerTo(_sidecar.Traffic);
        using var invoker = new HttpMessageInvoker(handler);
        using (var socket = new ClientWebSocket())
        {
            using var patience = new CancellationTokenSource(RelayUnderTest.Patience);
            await socket.ConnectAsync(new Uri("ws://model.test/socket"), invoker, patience.Token);
            foreach (var length in new[] { 0, 1, 125, 126, 65_535, 65_536, 1_000_001 })
            {
                var message = SeededBytes.Of((ulong)length, length);
                await socket.SendAsync(message, WebSocketMessageType.Binary, endOfMessage: true, patience.Token);
                Assert.Equal(message, await ReceiveAsync(socket, patience.Token));
            }

            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", patience.Token);
            Assert.Equal((WebSocketCloseStatus.NormalClosure, "done"), (socket.CloseStatus, socket.CloseStatusDescription));
        }

        await _server.TakeTranscriptsAsync();
        var totals = await _sidecar.SettledAsync();
        Assert.Equal((2, 1, 0), (totals.Observed, totals.Opaque, totals.Dropped));
        Assert.Equal(1, await _sidecar.CountAsync("opaque", "upgraded"));
    }

    [Fact]
    public async Task Two_listeners_relay_to_their_own_upstreams()
    {
        using var first = new RawServer();
        using var second = new RawServer();
        await using var sidecar = await RelayUnderTest.StartAsync(first.Port, options => options with
        {
            Listeners = [RelayUnderTest.Listener("second", second.Port)],
        });
        using var toFirst = await RawConnection.ConnectAsync(sidecar.Application.Traffic[0]);
        using var toSecond = await RawConnection.ConnectAsync(sidecar.Application.Traffic[1]);
        using var atFirst = await first.AcceptAsync();
        using var atSecond = await second.AcceptAsync();
        foreach (var (client, server, name) in new[] { (toFirst, atFirst, "one"), (toSecond, atSecond, "two") })
        {
            await client.SendAsync($"GET /{name} HTTP/1.1\r\n\r\n");
            await server.ReceiveThroughAsync($"GET /{name} HTTP/1.1\r\n\r\n");
            await server.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{name}");
            Assert.Equal(name, Encoding.ASCII.GetString((await client.ReceiveResponseAsync()).Body));
        }

        Assert.Equal(2, (await sidecar.SettledAsync()).Observed);
        Assert.Equal(["default", "second"], sidecar.Application.Relay.Select(listener => listener.Listener));
        Assert.All(sidecar.Application.Relay, listener => Assert.Equal(1, listener.Accepted));
    }

    private static async Task<byte[]> ReceiveAsync(ClientWebSocket socket, CancellationToken cancellation)
    {
        var message = new List<byte>();
        var buffer = new byte[10_000];
        ValueWebSocketReceiveResult received;
        do
        {
            received = await socket.ReceiveAsync(buffer.AsMemory(), cancellation);
            message.AddRange(buffer.AsSpan(0, received.Count));
        }
        while (!received.EndOfMessage);
        return [.. message];
    }
}
