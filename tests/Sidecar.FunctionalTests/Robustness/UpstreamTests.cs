using Sidecar.FunctionalTests.Harness;

namespace Sidecar.FunctionalTests.Robustness;

/// <summary>A model server that is down, resets, or answers too early: the client sees it as it is.</summary>
public sealed class UpstreamTests
{
    [Fact]
    public async Task A_refused_connection_becomes_a_reset_and_counts_as_a_failure_of_an_unknown_model()
    {
        await using var server = new FakeModelServer(listening: false);
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port);

        for (var i = 0; i < 3; i++)
        {
            var client = await WireClient.TryConnectAsync(sidecar.Traffic);
            Assert.Equal(new WireClient.Seen("", true), client is null ? new("", true) : await client.ReadToEndAsync());
            client?.Dispose();
        }

        server.Listen();
        await AskWellAsync(server, sidecar);
        var series = await Series.BalancedAsync(sidecar);
        Assert.Equal(3, series.Sum("sidecar_exchanges_total", ("stage", "undecodable"), ("reason", "upstream_refused")));
        Assert.Equal(3, series.Sum("sidecar_inference_duration_seconds_count", ("error_type", "connection_refused"), ("model", "_unknown")));
        Assert.Equal(1, sidecar.Exchanges.Decoded);
    }

    [Fact]
    public async Task A_reset_before_the_answer_reaches_the_client_as_a_reset()
    {
        await using var server = new FakeModelServer();
        server.Script = async exchange =>
        {
            if (exchange.Head.Fields.ContainsKey("x-good"))
                return false;
            await exchange.ReadBodyAsync();
            exchange.Reset();
            return true;
        };
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port);

        Assert.Equal(new WireClient.Seen("", true), await SeenAsync(server, sidecar));

        await AskWellAsync(server, sidecar);
        var series = await Series.BalancedAsync(sidecar);
        Assert.Equal(1, series.Sum("sidecar_inference_duration_seconds_count", ("error_type", "upstream_reset")));
        Assert.Equal(2, sidecar.Exchanges.Decoded); // its request was whole, and there was no answer to decode
    }

    [Fact]
    public async Task A_reset_in_the_middle_of_the_answer_reaches_the_client_after_the_bytes_before_it()
    {
        const string Start = "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"outputs\":[";
        await using var server = new FakeModelServer();
        server.Script = async exchange =>
        {
            if (exchange.Head.Fields.ContainsKey("x-good"))
                return false;
            await exchange.ReadBodyAsync();
            await exchange.SendAsync(Start);
            exchange.Reset();
            return true;
        };
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port);

        Assert.Equal(new WireClient.Seen(Start, true), await SeenAsync(server, sidecar));

        await AskWellAsync(server, sidecar);
        var series = await Series.BalancedAsync(sidecar);
        Assert.Equal(1, series.Sum("sidecar_inference_duration_seconds_count", ("error_type", "upstream_reset")));
        Assert.Equal(1, series.Sum("sidecar_exchanges_total", ("stage", "undecodable"), ("reason", "truncated")));
    }

    [Fact]
    public async Task A_close_in_the_middle_of_a_chunked_answer_is_an_answer_that_failed()
    {
        const string Start = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nc\r\n{\"outputs\":[\r\n";
        await using var server = new FakeModelServer();
        server.Script = async exchange =>
        {
            if (exchange.Head.Fields.ContainsKey("x-good"))
                return false;
            await exchange.ReadBodyAsync();
            await exchange.SendAsync(Start);
            exchange.Close();
            return true;
        };
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port);

        Assert.Equal(new WireClient.Seen(Start, false), await SeenAsync(server, sidecar));

        await AskWellAsync(server, sidecar);
        var series = await Series.BalancedAsync(sidecar);
        Assert.Equal(1, series.Sum("sidecar_inference_duration_seconds_count", ("error_type", "upstream_aborted")));
    }

    [Fact]
    public async Task An_answer_before_the_request_ends_reaches_a_client_that_is_still_sending()
    {
        await using var server = new FakeModelServer();
        server.Script = async exchange =>
        {
            if (exchange.Head.Fields.ContainsKey("x-good"))
                return false;
            await exchange.AnswerAsync(413, "");
            await exchange.ReadBodyAsync();
            return true;
        };
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port);
        using var client = await WireClient.ConnectAsync(sidecar.Traffic);
        var request = V2.Request(V2.Body());

        await client.SendAsync(request.AsMemory(0, request.Length - 10));
        Assert.Equal(413, (await client.ReadAsync()).Head.Status);
        await client.SendAsync(request.AsMemory(request.Length - 10));
        await AskWellAsync(server, sidecar, client); // on the same connection

        var series = await Series.BalancedAsync(sidecar);
        Assert.Equal(2, sidecar.Exchanges.Decoded);
        Assert.Equal(1, series.Sum("sidecar_inference_duration_seconds_count", ("error_type", "413")));
        // How long the server took can't be told when it answered before it had the request.
        Assert.Equal(1, series.Sum("sidecar_upstream_duration_seconds_count"));
    }

    [Fact]
    public async Task An_answer_before_the_request_ends_that_closes_too_reaches_the_client()
    {
        await using var server = new FakeModelServer();
        server.Script = async exchange =>
        {
            if (exchange.Head.Fields.ContainsKey("x-good"))
                return false;
            await exchange.AnswerAsync(413, "", "Connection: close\r\n");
            exchange.Close();
            return true;
        };
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port);

        foreach (var address in new[] { server.EndPoint, sidecar.Traffic })
        {
            using var client = await WireClient.ConnectAsync(address);
            await client.SendAsync(V2.Request(V2.Body(), length: 100_000));
            Assert.StartsWith("HTTP/1.1 413", (await client.ReadToEndAsync()).Bytes, StringComparison.Ordinal);
        }

        await AskWellAsync(server, sidecar);
        var series = await Series.BalancedAsync(sidecar);
        Assert.Equal(1, series.Sum("sidecar_inference_duration_seconds_count", ("error_type", "413")));
        Assert.Equal(1, series.Sum("sidecar_exchanges_total", ("stage", "undecodable"), ("reason", "truncated")));
    }

    /// <summary>What a client sees through the sidecar, which must be what it sees without.</summary>
    private static async Task<WireClient.Seen> SeenAsync(FakeModelServer server, RelayUnderTest sidecar)
    {
        var seen = new List<WireClient.Seen>();
        foreach (var address in new[] { server.EndPoint, sidecar.Traffic })
        {
            using var client = await WireClient.ConnectAsync(address);
            await client.SendAsync(V2.Request(V2.Body()));
            seen.Add(await client.ReadToEndAsync());
        }

        Assert.Equal(seen[0], seen[1]);
        return seen[1];
    }

    private static async Task AskWellAsync(FakeModelServer server, RelayUnderTest sidecar, WireClient? on = null)
    {
        using var own = on is null ? await WireClient.ConnectAsync(sidecar.Traffic) : null;
        Assert.Equal(server.Answer, (await (on ?? own!).AskAsync(V2.Request(V2.Body(), fields: "X-Good: yes\r\n"))).Body);
    }
}
