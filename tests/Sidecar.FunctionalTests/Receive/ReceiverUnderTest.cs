using Sidecar.Configuration;
using Sidecar.FunctionalTests.Harness;
using Sidecar.Tests.Emit;

namespace Sidecar.FunctionalTests.Receive;

/// <summary>A sidecar that takes the application's telemetry on free ports, and what its log says.</summary>
internal sealed class ReceiverUnderTest : IAsyncDisposable
{
    private readonly FakeModelServer _server;
    private readonly HttpClient _client = new() { Timeout = RelayUnderTest.Patience };

    private ReceiverUnderTest(FakeModelServer server, RelayUnderTest sidecar, LogLines logs) => (_server, Sidecar, Logs) = (server, sidecar, logs);

    public RelayUnderTest Sidecar { get; }

    public LogLines Logs { get; }

    public Uri Http => new($"http://{Sidecar.Application.ReceiverHttp}");

    public Uri Grpc => new($"http://{Sidecar.Application.ReceiverGrpc}");

    /// <param name="behind">Where it sends things on.</param>
    public static async Task<ReceiverUnderTest> StartAsync(string behind, TimeProvider? time = null)
    {
        var server = new FakeModelServer();
        var logs = new LogLines();
        var port = new EndPointSetting("127.0.0.1", 0);
        var sidecar = await RelayUnderTest.StartAsync(
            server.Port,
            options => options with { OtlpReceiver = new OtlpReceiverOptions { Http = port, Grpc = port, ForwardTo = new Uri(behind) } },
            new SidecarHooks { Variable = _ => null, Logs = logs, Time = time ?? TimeProvider.System });
        return new ReceiverUnderTest(server, sidecar, logs);
    }

    /// <summary>Sends a body as an exporter over HTTP would.</summary>
    public async Task<HttpResponseMessage> PostAsync(string path, byte[] body, string type = "application/x-protobuf", string? coding = null, Action<HttpRequestMessage>? also = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Http, path)) { Content = new ByteArrayContent(body) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        if (coding is not null)
            request.Content.Headers.TryAddWithoutValidation("Content-Encoding", coding);
        also?.Invoke(request);
        return await _client.SendAsync(request);
    }

    /// <summary>How many requests were counted so.</summary>
    public async Task<double> CountAsync(string result, string? reason = null, string signal = "traces")
    {
        var series = await Series.ScrapeAsync(Sidecar);
        return reason is null
            ? series.Sum("sidecar_received_requests_total", ("signal", signal), ("result", result))
            : series.Sum("sidecar_received_requests_total", ("signal", signal), ("result", result), ("reason", reason));
    }

    /// <summary>Whatever becomes of telemetry, the pod is ready and its requests are relayed.</summary>
    public async Task AssertServesAsync()
    {
        using var ready = await _client.GetAsync(new Uri($"http://{Sidecar.Health}/readyz"));
        Assert.Equal(System.Net.HttpStatusCode.OK, ready.StatusCode);
        using var client = await WireClient.ConnectAsync(Sidecar.Traffic);
        Assert.Equal(_server.Answer, (await client.AskAsync(V2.Request(V2.Body()))).Body);
        await Series.BalancedAsync(Sidecar);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await Sidecar.DisposeAsync();
        await _server.DisposeAsync();
    }
}
