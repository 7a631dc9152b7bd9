using System.Text;
using Sidecar.FunctionalTests.Harness;

namespace Sidecar.FunctionalTests.Robustness;

/// <summary>Whatever a client sends, it sees what it would have seen without the sidecar, which counts it under a closed reason and goes on.</summary>
public sealed class BadInputTests
{
    private const string Error = """{"error":"can't read that"}""";

    [Theory]
    [InlineData("""{"inputs":[{"name":"input",,}]}""", "malformed")]
    [InlineData("""{"inputs":[{"name":"input","datatype":"FP32","shape":[1,4],"data":[1,2""", "truncated")]
    [InlineData("""{"instances":[[1,2,3,4]]}""", "not_inference")]
    [InlineData("""{"inputs":[{"name":"input","datatype":"FP32","shape":[1,4]}]}""", "missing_member")]
    [InlineData("""{"inputs":[{"name":"input","datatype":"FP31","shape":[1,1],"data":[1]}]}""", "unsupported_datatype")]
    [InlineData("""{"inputs":[{"name":"input","datatype":"FP32","shape":[1,4],"data":[1,2,3]}]}""", "shape_mismatch")]
    [InlineData("""{"inputs":[{"name":"input","datatype":"INT32","shape":[1,1],"data":["x"]}]}""", "value_mismatch")]
    public async Task A_body_that_is_no_inference_is_relayed_and_counted_by_what_is_wrong_with_it(string body, string reason)
    {
        await using var server = new FakeModelServer { Script = RefuseAsync };
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port);

        await AssertSameAsync(server, sidecar, client => client.SendAsync(V2.Request(body)));

        await AssertGoesOnAsync(server, sidecar, "undecodable", reason);
    }

    [Fact]
    public async Task An_answer_that_is_no_inference_is_relayed_and_counted_as_undecodable()
    {
        await using var server = new FakeModelServer { Answer = "<html>" };
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port);
        using var client = await WireClient.ConnectAsync(sidecar.Traffic);

        Assert.Equal("<html>", (await client.AskAsync(V2.Request(V2.Body()))).Body);

        server.Answer = V2.Answer();
        await AssertGoesOnAsync(server, sidecar, "undecodable", "malformed");
    }

    [Fact]
    public async Task A_length_longer_than_the_body_ends_the_exchange_when_the_client_does()
    {
        await using var server = new FakeModelServer();
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port);
        var body = V2.Body();

        await AssertSameAsync(server, sidecar, async client =>
        {
            await client.SendAsync(V2.Request(body, length: body.Length + 50));
            client.Finish();
        });

        var series = await AssertGoesOnAsync(server, sidecar, "undecodable", "truncated");
        Assert.Equal(1, series.Sum("sidecar_inference_duration_seconds_count", ("error_type", "client_aborted")));
    }

    [Fact]
    public async Task A_length_shorter_than_the_body_loses_the_connection_to_us_and_not_to_the_client()
    {
        await using var server = new FakeModelServer { Script = RefuseAndCloseAsync };
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port);
        var body = V2.Body();

        await AssertSameAsync(server, sidecar, client => client.SendAsync(V2.Request(body, length: body.Length - 20)));

        // The exchange whose end can't be told any more, and the rest of the connection.
        server.Script = null;
        var series = await AssertGoesOnAsync(server, sidecar, "opaque", "malformed_request", count: 2);
        Assert.Equal(1, series.Sum("sidecar_inference_duration_seconds_count"));
    }

    [Fact]
    public async Task A_client_that_resets_in_the_middle_of_its_body_is_counted_as_one_that_left()
    {
        await using var server = new FakeModelServer();
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port);
        var body = V2.Body();
        var client = await WireClient.ConnectAsync(sidecar.Traffic);

        await client.SendAsync(V2.Request(body, length: body.Length + 50));
        await RelayUnderTest.UntilAsync(() => !server.Requests.IsEmpty, "the server sees the request");
        client.Reset();

        var series = await AssertGoesOnAsync(server, sidecar, "undecodable", "truncated");
        Assert.Equal(1, series.Sum("sidecar_inference_duration_seconds_count", ("error_type", "client_aborted")));
    }

    [Fact]
    public async Task A_body_over_the_cap_passes_whole_and_is_not_kept()
    {
        // 1 GiB only where somebody has the time.
        var length = Environment.GetEnvironmentVariable("SIDECAR_TESTS_FULL") == "1" ? 1L << 30 : 32L << 20;
        await using var server = new FakeModelServer();
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port, options => options with { Capture = options.Capture with { MaxBody = 1 << 20, Budget = 4 << 20 } });
        using var client = await WireClient.ConnectAsync(sidecar.Traffic);
        var piece = new byte[256 * 1024];
        Array.Fill(piece, (byte)' ');
        var most = 0.0;

        await client.SendAsync(Encoding.ASCII.GetBytes($"POST {V2.Path} HTTP/1.1\r\nHost: model\r\nContent-Length: {length}\r\n\r\n"));
        for (long sent = 0; sent < length; sent += piece.Length)
        {
            await client.SendAsync(piece);
            if (sent % (8 << 20) == 0)
                most = Math.Max(most, (await Series.ScrapeAsync(sidecar)).Sum("sidecar_capture_buffer_usage_bytes"));
        }

        Assert.Equal(200, (await client.ReadAsync()).Head.Status);
        Assert.Equal(length, Interlocked.Read(ref server.BodyBytes));
        Assert.InRange(most, 0, 4 << 20);
        var series = await AssertGoesOnAsync(server, sidecar, "undecodable", "too_large");
        Assert.Equal(0, series.Sum("sidecar_capture_buffer_usage_bytes"));
    }

    [Fact]
    public async Task A_body_that_is_not_of_its_coding_is_relayed_and_counted_as_one_that_cannot_be_read()
    {
        await using var server = new FakeModelServer();
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port);
        using var client = await WireClient.ConnectAsync(sidecar.Traffic);

        Assert.Equal(200, (await client.AskAsync(V2.Request("\u001f\u008b...", fields: "Content-Encoding: gzip\r\n"))).Head.Status);

        await AssertGoesOnAsync(server, sidecar, "undecodable", "malformed");
    }

    [Fact]
    public async Task A_path_that_no_protocol_has_counts_for_success_and_latency_of_an_unknown_model()
    {
        await using var server = new FakeModelServer();
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port);
        using var client = await WireClient.ConnectAsync(sidecar.Traffic);

        Assert.Equal(200, (await client.AskAsync(V2.Request("""{"age":40}""", path: "/score"))).Head.Status);

        var series = await AssertGoesOnAsync(server, sidecar, "undecodable", "unknown_route");
        Assert.Equal(1, series.Sum("sidecar_inference_duration_seconds_count", ("model", "_unknown"), ("protocol", "unknown")));
    }

    private static async Task<bool> RefuseAsync(FakeExchange exchange)
    {
        if (!exchange.IsInference || exchange.Head.Fields.ContainsKey("x-good"))
            return false;
        await exchange.ReadBodyAsync();
        await exchange.AnswerAsync(400, Error);
        return true;
    }

    private static async Task<bool> RefuseAndCloseAsync(FakeExchange exchange)
    {
        await exchange.ReadBodyAsync();
        await exchange.AnswerAsync(400, Error, "Connection: close\r\n");
        exchange.Close();
        return true;
    }

    /// <summary>The same conversation with the server itself and through the sidecar: all bytes and the way it ends are the same.</summary>
    private static async Task AssertSameAsync(FakeModelServer server, RelayUnderTest sidecar, Func<WireClient, Task> send)
    {
        var seen = new List<WireClient.Seen>();
        foreach (var address in new[] { server.EndPoint, sidecar.Traffic })
        {
            using var client = await WireClient.ConnectAsync(address);
            await send(client);
            if (server.Script == RefuseAsync)
            {
                var (head, body) = await client.ReadAsync();
                seen.Add(new WireClient.Seen($"{head.First} {body}", false));
            }
            else
            {
                seen.Add(await client.ReadToEndAsync());
            }
        }

        Assert.Equal(seen[0], seen[1]);
    }

    /// <summary>The next request is served and decoded, the one before is counted where it belongs, and the book balances.</summary>
    private static async Task<Series> AssertGoesOnAsync(FakeModelServer server, RelayUnderTest sidecar, string stage, string reason, int count = 1)
    {
        using var client = await WireClient.ConnectAsync(sidecar.Traffic);
        Assert.Equal(server.Answer, (await client.AskAsync(V2.Request(V2.Body(), fields: "X-Good: yes\r\n"))).Body);
        await RelayUnderTest.UntilAsync(() => sidecar.Exchanges.Decoded == 1, "the good request is decoded");
        var series = await Series.BalancedAsync(sidecar);
        Assert.Equal(count, series.Sum("sidecar_exchanges_total", ("stage", stage), ("reason", reason)));
        Assert.Equal(count + 1, sidecar.Exchanges.Observed);
        return series;
    }
}
