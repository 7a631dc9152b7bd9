namespace Sidecar.FunctionalTests.Matrix;

/// <summary>Every client of gRPC with every server of it, in all kinds of calls, as <see cref="HttpMatrixTests"/>.</summary>
public sealed class GrpcMatrixTests
{
    private static readonly GrpcCase[] Calls =
    [
        new("unary", "Unary"),
        new("unary, empty", "Unary") { Lengths = [0] },
        new("unary, long", "Unary") { Lengths = [300_001] },
        new("unary with metadata", "Unary") { Metadata = [("x-text", "of the client"), ("x-bytes-bin", "AP+ABw=="), ("x-bytes-bin", "AQ==")], Deadline = 60_000 },
        new("unary that fails late", "Unary") { Metadata = [("x-fail", "9"), ("x-fail-text", "not so: 50 % of it")] },
        new("unary that is refused", "Unary") { Metadata = [("x-refuse", "3"), ("x-fail-text", "no")] },
        new("unary of a method that is not there", "Missing"),
        new("client streaming", "Collect") { Lengths = [.. Enumerable.Range(1, 40).Select(i => i * i * 7)] },
        new("client streaming without a message", "Collect") { Lengths = [] },
        new("client streaming that fails", "Collect") { Lengths = [10, 20], Metadata = [("x-fail", "8")] },
        new("server streaming", "Repeat") { Lengths = [3_001], Metadata = [("x-count", "50")], Deadline = 60_000 },
        new("server streaming without a message", "Repeat") { Metadata = [("x-count", "0")] },
        new("server streaming that fails", "Repeat") { Metadata = [("x-count", "2"), ("x-fail", "13"), ("x-fail-text", "after all")] },
        new("a talk", "Talk") { Lengths = [.. Enumerable.Range(0, 30).Select(i => 10_000 / (i + 1))] },
        new("a talk that fails", "Talk") { Lengths = [1, 2, 3], Metadata = [("x-fail", "5")] },
    ];

    public static TheoryData<string, string, bool> Pairs
    {
        get
        {
            var pairs = new TheoryData<string, string, bool>();
            foreach (var client in new[] { "grpc-dotnet", "grpc-js" })
            {
                foreach (var server in new[] { "Kestrel", "grpc-js", "nginx" })
                {
                    pairs.Add(client, server, false);
                    pairs.Add(client, server, true);
                }
            }

            return pairs;
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task No_byte_is_altered_and_all_parties_tell_the_same(string clientName, string serverName, bool gzip)
    {
        var client = GrpcClient.Of(clientName, gzip);
        // .NET compresses an empty message to nothing, which is no gzip, and which other libraries refuse.
        GrpcCase[] calls = [.. Calls.Where(call => !gzip || call.Lengths.Sum() > 0)];
        var script = new GrpcScript(calls, [.. calls.Concat(calls).Concat(calls).Select((call, i) => call with { Name = $"{call.Name}, at once {i}" })]);
        await using var backend = await GrpcDotnetMatrixServer.StartAsync(gzip);
        await using var bench = await MatrixBench.StartAsync(serverName switch
        {
            "Kestrel" => await GrpcDotnetMatrixServer.StartAsync(gzip),
            "nginx" => await NginxMatrixServer.StartAsync(http2: true, $"location / {{ grpc_pass grpc://{backend.EndPoint}; }}"),
            _ => await NodeMatrixServer.StartAsync("grpc-server.mjs", gzip ? "gzip" : "plain"),
        });
        var direct = await bench.RunDirectlyAsync(server => client.RunAsync(server, script));
        var relayed = await bench.RunThroughSidecarAsync(server => client.RunAsync(server, script));
        Assert.Equal(script.Count, relayed.AtClient.Count);
        MatrixRun.SameTranscripts(direct, relayed);
    }

    [Theory]
    [InlineData("grpc-dotnet", "Kestrel")]
    [InlineData("grpc-dotnet", "grpc-js")]
    [InlineData("grpc-js", "Kestrel")]
    [InlineData("grpc-js", "grpc-js")]
    public async Task A_call_that_its_client_cancels_is_told_as_that(string clientName, string serverName)
    {
        // The call after it keeps the connection open until the reset is out.
        GrpcCase[] calls =
        [
            new("a talk that is cancelled", "Talk") { Lengths = [10, 20, 30, 40], CancelAfter = 2, Metadata = [("x-hold", "until it is cancelled")] },
            new("one more", "Unary"),
        ];
        await using var bench = await MatrixBench.StartAsync(serverName == "Kestrel"
            ? await GrpcDotnetMatrixServer.StartAsync(gzip: false)
            : await NodeMatrixServer.StartAsync("grpc-server.mjs", "plain"));
        var (atClient, observed, _) = await bench.ObserveAsync(server => GrpcClient.Of(clientName, gzip: false).RunAsync(server, new GrpcScript(calls, [])));
        var told = atClient.Exchanges.Single(exchange => exchange.Id == calls[0].Name);
        var seen = observed.Exchanges.Single(exchange => exchange.Id == calls[0].Name);
        Assert.Contains("grpc-status: 1", told.Response.SomeFields!);
        Assert.Equal("200 ClientReset", seen.Response.Start);
        Assert.False(seen.Response.Ended);
        // What went through until then is told too; a message may have been on its way.
        Assert.Equal(told.Response.Messages!.Take(2), seen.Response.Messages!.Take(2));
        Assert.Equal(told.Request.Messages!.Take(2), seen.Request.Messages!.Take(2));
    }
}
