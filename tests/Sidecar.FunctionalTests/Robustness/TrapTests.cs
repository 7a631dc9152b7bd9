using System.Net;
using System.Net.Sockets;
using Sidecar.FunctionalTests.Harness;

namespace Sidecar.FunctionalTests.Robustness;

/// <summary>The trap of a single event loop: whatever else hangs in the process, the relay does not.</summary>
public sealed class TrapTests
{
    [Fact]
    public async Task Traffic_flows_while_the_scrape_the_export_and_the_metadata_all_hang()
    {
        const int Exchanges = 2000;
        using var release = new ManualResetEventSlim();
        var released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var answered = 0;
        await using var server = new FakeModelServer();
        server.Script = async exchange =>
        {
            if (!exchange.IsMetadata)
                return false;
            await released.Task;
            Interlocked.Increment(ref answered);
            return false;
        };
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        silent.Listen();
        var exported = silent.AcceptAsync(TestContext.Current.CancellationToken).AsTask();
        var sidecar = await RelayUnderTest.StartAsync(server.Port, hooks: new SidecarHooks
        {
            Variable = name => name switch
            {
                "OTEL_EXPORTER_OTLP_ENDPOINT" => $"http://127.0.0.1:{((IPEndPoint)silent.LocalEndPoint!).Port}",
                "OTEL_EXPORTER_OTLP_PROTOCOL" => "http/protobuf",
                "OTEL_EXPORTER_OTLP_TIMEOUT" => "60000",
                "OTEL_METRIC_EXPORT_INTERVAL" => "50",
                _ => null,
            },
            AdminMiddleware = next => context =>
            {
                if (context.Request.Path == "/metrics")
                    release.Wait(); // a thread, not only a request
                return next(context);
            },
        });
        try
        {
            using var client = await WireClient.ConnectAsync(sidecar.Traffic);
            var request = V2.Request(V2.Body());
            await client.AskAsync(request);

            // All three are hanging before the traffic is counted.
            var scrape = sidecar.MetricsAsync();
            using var export = await exported;
            await RelayUnderTest.UntilAsync(() => server.Requests.Any(line => line.StartsWith("GET /v2/models/", StringComparison.Ordinal)), "the metadata is asked for");

            for (var i = 0; i < Exchanges; i++)
                Assert.Equal(server.Answer, (await client.AskAsync(request)).Body);

            Assert.False(scrape.IsCompleted);
            Assert.Equal(0, Volatile.Read(ref answered));
            Assert.Equal(0, export.Available == 0 ? 1 : 0); // it was sent a batch, and nobody has read it

            // The analysis was not held up either.
            await RelayUnderTest.UntilAsync(() => sidecar.Exchanges.Decoded == Exchanges + 1, "every exchange is decoded");
            Assert.False(scrape.IsCompleted);
            release.Set();
            Assert.Contains("sidecar_exchanges_total", await scrape, StringComparison.Ordinal);
        }
        finally
        {
            release.Set();
            released.SetResult();
            silent.Dispose();
            await sidecar.DisposeAsync();
        }
    }
}
