using Sidecar.FunctionalTests.Harness;

namespace Sidecar.FunctionalTests.Robustness;

/// <summary>What is no inference passes, is counted as what it is, and enters no success or latency figure.</summary>
public sealed class SkippedTests
{
    [Fact]
    public async Task Probes_and_reads_are_skipped_and_enter_no_service_level()
    {
        await using var server = new FakeModelServer();
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port);
        using var client = await WireClient.ConnectAsync(sidecar.Traffic);

        foreach (var request in new[]
        {
            "GET /v2/health/ready HTTP/1.1\r\nHost: m\r\nUser-Agent: kube-probe/1.33\r\n\r\n",
            "POST /v2/models/toy/infer HTTP/1.1\r\nHost: m\r\nUser-Agent: kube-probe/1.33\r\nContent-Length: 2\r\n\r\n{}",
            "GET / HTTP/1.1\r\nHost: m\r\nK-Network-Probe: probe\r\n\r\n",
        })
        {
            await client.SendAsync(request);
            Assert.Equal(200, (await client.ReadAsync()).Head.Status);
        }

        foreach (var request in new[]
        {
            "GET /metrics HTTP/1.1\r\nHost: m\r\n\r\n",
            "GET /v2/models/toy/infer HTTP/1.1\r\nHost: m\r\n\r\n",
            "POST /v2/repository/models/toy/load HTTP/1.1\r\nHost: m\r\nContent-Length: 2\r\n\r\n{}",
        })
        {
            await client.SendAsync(request);
            Assert.Equal(200, (await client.ReadAsync()).Head.Status);
        }

        var series = await Series.BalancedAsync(sidecar);
        Assert.Equal(3, series.Sum("sidecar_exchanges_total", ("stage", "skipped"), ("reason", "probe")));
        Assert.Equal(3, series.Sum("sidecar_exchanges_total", ("stage", "skipped"), ("reason", "not_inference")));
        Assert.Empty(series.Of("sidecar_inference_duration_seconds_count"));
        Assert.Empty(series.Of("sidecar_upstream_duration_seconds_count"));
    }

    [Fact]
    public async Task Http2_without_a_stream_passes_byte_for_byte_and_is_no_exchange()
    {
        const string Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
        const string Settings = "\0\0\0\u0004\0\0\0\0\0";
        await using var server = new FakeModelServer();
        server.Script = async exchange =>
        {
            if (exchange.Head.Method != "PRI")
                return false;
            await exchange.SendAsync(Settings);
            exchange.Close();
            return true;
        };
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port);

        using (var client = await WireClient.ConnectAsync(sidecar.Traffic))
        {
            await client.SendAsync(Preface + Settings);
            Assert.Equal(Settings, (await client.ReadToEndAsync()).Bytes);
        }

        using var next = await WireClient.ConnectAsync(sidecar.Traffic);
        Assert.Equal(server.Answer, (await next.AskAsync(V2.Request(V2.Body()))).Body);
        var series = await Series.BalancedAsync(sidecar);
        Assert.Equal(0, series.Sum("sidecar_exchanges_total", ("stage", "opaque")));
        Assert.Equal(1, sidecar.Exchanges.Observed);
    }

    [Fact]
    public async Task What_decode_rate_leaves_out_is_skipped_and_counts_for_success_and_latency()
    {
        await using var server = new FakeModelServer();
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port, options => options with { Capture = options.Capture with { DecodeRate = 0 } });
        using var client = await WireClient.ConnectAsync(sidecar.Traffic);

        for (var i = 0; i < 10; i++)
            Assert.Equal(server.Answer, (await client.AskAsync(V2.Request(V2.Body()))).Body);

        var series = await Series.BalancedAsync(sidecar);
        Assert.Equal(10, series.Sum("sidecar_exchanges_total", ("stage", "skipped"), ("reason", "sampled")));
        Assert.Equal(10, series.Sum("sidecar_inference_duration_seconds_count", ("model", "toy")));
    }
}
