using Sidecar.FunctionalTests.Transparency;

namespace Sidecar.FunctionalTests.Matrix;

/// <summary>
/// Load generators with every HTTP server: many exchanges and many bytes, and none of them altered, lost or wrongly told. A million exchanges and
/// 10 GB when asked for (SIDECAR_TESTS_FULL=1), else a fiftieth.
/// </summary>
[Collection(nameof(Alone))]
public sealed class LoadMatrixTests(ITestOutputHelper output)
{
    private const int Exchanges = 20_000;
    private const long Bytes = 200_000_000;

    private static readonly int Times = Environment.GetEnvironmentVariable("SIDECAR_TESTS_FULL") == "1" ? 50 : 1;
    private static readonly string[] Clients = ["wrk", "h2load, HTTP/1.1", "h2load, HTTP/2"];
    private static readonly string[] Servers = ["Kestrel", "nginx", "Node.js"];

    public static TheoryData<string, string> Pairs => [.. Clients.SelectMany(client => Servers, (client, server) => (client, server))];

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task No_byte_is_altered_and_all_parties_tell_the_same(string clientName, string serverName)
    {
        var client = LoadClient.Of(clientName);
        await using var bench = await MatrixBench.StartAsync(await MatrixServer.StartAsync(serverName, client.Http2), keepBytes: false);
        foreach (var load in Loads(serverName))
        {
            var direct = await bench.RunDirectlyAsync(server => client.RunAsync(server, load));
            var relayed = await bench.RunThroughSidecarAsync(server => client.RunAsync(server, load));
            Assert.Equal(load.Count, relayed.AtClient.Count);
            MatrixRun.SameTranscripts(direct, relayed);
            if (Times > 1)
                await bench.RunThroughSidecarAsync(server => client.RunAsync(server, load with { Count = (Times - 1) * load.Count }));
        }

        output.WriteLine($"{bench.Exchanges} exchanges, {bench.Bytes} bytes");
        var pairs = Clients.Length * Servers.Length;
        Assert.True(bench.Exchanges >= (long)Times * Exchanges / pairs, "too few exchanges to come to the total");
        Assert.True(bench.Bytes >= Times * Bytes / pairs, "too few bytes to come to the total");
    }

    // A share of the exchanges that are short, and one of the bytes in exchanges that are long.
    private static Load[] Loads(string server) => server == "nginx"
        ? [new("/small.txt", 0, 2_240), new("/large.bin", 0, 8)]
        : [new("/echo", 0, 1_000), new("/echo", 1_000, 1_240), new("/echo?chunk=30000", 100_000, 120)];
}
