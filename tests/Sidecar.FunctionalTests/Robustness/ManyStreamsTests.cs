using Sidecar.FunctionalTests.Harness;
using Sidecar.FunctionalTests.Transparency;

namespace Sidecar.FunctionalTests.Robustness;

/// <summary>Thousands of HTTP/2 streams at once.</summary>
[Collection(nameof(Alone))]
public sealed class ManyStreamsTests(ITestOutputHelper output)
{
    private const int Calls = 2_000;

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public async Task Two_thousand_calls_at_once_are_all_answered_and_all_told(int connections)
    {
        await using var server = await CallServer.StartAsync(maxStreams: 4096, holds: true);
        await using var sidecar = await SidecarProcess.StartAsync(server.EndPoint);
        var clients = Enumerable.Range(0, connections).Select(_ => CallServer.Client(sidecar.Traffic)).ToList();
        foreach (var client in clients)
        {
            // So that the connection knows the server's settings before the many come; given up when its answer has begun.
            using var first = await CallServer.CallAsync(client, CallServer.Message);
        }

        var before = sidecar.Resident;
        var calls = await Task.WhenAll(Enumerable.Range(0, Calls).Select(i => CallServer.CallAsync(clients[i % connections], BodyOf(i))));

        // All have begun to be answered, and none is whole.
        await RelayUnderTest.UntilAsync(() => server.Held == Calls + connections, "all are held");
        var series = await sidecar.UntilAsync(now => SidecarProcess.Settled(now) == connections, "those that were given up settle");
        Assert.Equal(connections, series.Sum("sidecar_connections"));
        Assert.Equal(Calls + connections, series.Sum("sidecar_exchanges_total", ("stage", "observed")));
        var each = (sidecar.Resident - before) / Calls;
        output.WriteLine($"{each} bytes each");
        // An open exchange keeps its record; of an unknown service no bodies.
        Assert.InRange(each, 0, 16 * 1024);

        server.Release();
        for (var i = 0; i < Calls; i++)
        {
            Assert.Equal(BodyOf(i), await calls[i].Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
            Assert.Equal("0", calls[i].TrailingHeaders.GetValues("grpc-status").Single());
        }

        series = await sidecar.BalancedAsync(Calls + connections);
        Assert.Equal(connections, series.Sum("sidecar_inference_duration_seconds_count", ("error_type", "client_aborted")));
        Assert.Equal(Calls + connections, series.Sum("sidecar_inference_duration_seconds_count"));
        Assert.Equal(0, series.Sum("sidecar_exchanges_total", ("stage", "opaque")));
        clients.ForEach(client => client.Dispose());
    }

    private static byte[] BodyOf(int call) => [0, 0, 0, 0, 4, .. BitConverter.GetBytes(call)];
}
