using Sidecar.FunctionalTests.Harness;

namespace Sidecar.FunctionalTests.Matrix;

/// <summary>Every HTTP client with every HTTP server: the sidecar between them alters no byte, nobody can tell that it is there, and it tells what they saw.</summary>
public sealed class HttpMatrixTests
{
    private static readonly HttpCase[] Echoes =
    [
        new("GET", "GET", "/echo"),
        new("GET what is not there", "GET", "/nowhere?q=%20%C3%BC&q=*,;:@!$'()+="),
        new("HEAD", "HEAD", "/echo"),
        new("OPTIONS", "OPTIONS", "/echo"),
        new("DELETE", "DELETE", "/status?code=204"),
        new("a short body", "POST", "/echo") { Framing = BodyFraming.ContentLength, BodyLength = 17 },
        new("an empty body", "POST", "/echo") { Framing = BodyFraming.ContentLength, BodyLength = 0 },
        new("a long body", "PUT", "/echo") { Framing = BodyFraming.ContentLength, BodyLength = 1_000_003 },
        new("a chunked body", "POST", "/echo") { Framing = BodyFraming.Chunked, BodyLength = 200_011 },
        new("a chunked answer with a trailer", "POST", "/echo?chunk=999") { Framing = BodyFraming.ContentLength, BodyLength = 10_007 },
        new("chunked both ways", "POST", "/echo?chunk=4001") { Framing = BodyFraming.Chunked, BodyLength = 100_007 },
        new("304", "GET", "/status?code=304"),
        new("500", "POST", "/status?code=500") { Framing = BodyFraming.Chunked, BodyLength = 5 },
        new("100-continue", "POST", "/echo") { Framing = BodyFraming.ContentLength, BodyLength = 70_001, Expect = true },
        new("Connection: close", "POST", "/echo") { Framing = BodyFraming.ContentLength, BodyLength = 50_001, Close = true },
        new("Connection: close, chunked answer", "POST", "/echo?chunk=100") { Framing = BodyFraming.ContentLength, BodyLength = 5_001, Close = true },
        new("long fields", "GET", "/echo") { Headers = [("X-Long", new string('x', 4_000)), ("X-Longer", new string('y', 6_000))] },
        new("many fields", "GET", "/echo") { Headers = [.. Enumerable.Range(0, 60).Select(i => ($"X-Field-{i % 50}", $"value {i % 7}"))] },
        new("the same fields", "GET", "/echo") { Headers = [.. Enumerable.Range(0, 60).Select(i => ($"X-Field-{i % 50}", $"value {i % 7}"))] },
    ];

    private static readonly HttpCase[] Files =
    [
        new("GET", "GET", "/small.txt"),
        new("HEAD", "HEAD", "/large.bin"),
        new("a large file", "GET", "/large.bin"),
        new("a range", "GET", "/large.bin") { Headers = [("Range", "bytes=1000-2999999")] },
        new("a fixed answer", "GET", "/fixed"),
        new("204", "GET", "/nothing"),
        new("302", "GET", "/moved"),
        new("304", "GET", "/small.txt") { Headers = [("If-Modified-Since", "Thu, 01 Jan 2026 00:00:00 GMT")] },
        new("404", "GET", "/nowhere"),
        new("405", "POST", "/small.txt"),
        new("a gzip answer", "GET", "/packed.txt") { Headers = [("Accept-Encoding", "gzip")] },
        // With the file's time, which goes into its tag.
        new("an upload", "PUT", "/put/a") { Framing = BodyFraming.ContentLength, BodyLength = 700_001, Headers = [("Date", "Fri, 02 Jan 2026 00:00:00 GMT")] },
        new("what was uploaded", "GET", "/put/a"),
        new("a chunked upload", "PUT", "/put/b") { Framing = BodyFraming.Chunked, BodyLength = 300_001, Headers = [("Date", "Fri, 02 Jan 2026 00:00:00 GMT")] },
        new("Connection: close", "GET", "/large.bin") { Close = true },
    ];

    public static TheoryData<string, string> Pairs
    {
        get
        {
            var pairs = new TheoryData<string, string>();
            foreach (var client in MatrixClient.All.Keys)
            {
                foreach (var server in new[] { "Kestrel", "nginx", "Node.js" })
                    pairs.Add(client, server);
            }

            pairs.Add("curl, upgrade", "nghttpx");

            return pairs;
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task No_byte_is_altered_and_all_parties_tell_the_same(string clientName, string serverName)
    {
        var client = MatrixClient.All[clientName];
        await using var bench = await MatrixBench.StartAsync(await MatrixServer.StartAsync(serverName, client.Http2));
        var script = ScriptOf(serverName, client);
        var direct = await bench.RunDirectlyAsync(server => client.RunAsync(server, script));
        var relayed = await bench.RunThroughSidecarAsync(server => client.RunAsync(server, script));
        Assert.Equal(script.Count, relayed.AtClient.Count);
        MatrixRun.SameTranscripts(direct, relayed);
        if (!client.Http2 && serverName != "nghttpx")
            SameTalk(direct.Connections, relayed.Connections);
    }

    private static MatrixScript ScriptOf(string server, MatrixClient client)
    {
        var cases = server == "nginx" ? Files : Echoes;
        // No stream of HTTP/2 can ask for its connection to be closed; many can be open at once.
        if (client.Http2)
            cases = [.. cases.Where(request => !request.Close)];
        // A proxy does not pass every interim answer on.
        if (server == "nghttpx")
            cases = [.. cases.Where(request => request is { Close: false, Expect: false })];
        return new MatrixScript(cases, client.Multiplexes ? [.. cases.Concat(cases).Select((request, i) => request with { Name = $"{request.Name}, at once {i}" })] : []);
    }

    /// <summary>HTTP/1.1 has the same bytes in two runs, but for the clock; HTTP/2 compresses the clock's along with others, and orders its frames by time.</summary>
    private static void SameTalk(IReadOnlyList<PassedConnection> direct, IReadOnlyList<PassedConnection> relayed)
    {
        Assert.Equal(direct.Count, relayed.Count);
        foreach (var (one, other) in direct.Zip(relayed))
        {
            Assert.Equal(one.FromClient.Text, other.FromClient.Text);
            Assert.Equal(RecordedConnection.WithoutDates(one.FromServer.Text), RecordedConnection.WithoutDates(other.FromServer.Text));
        }
    }
}
