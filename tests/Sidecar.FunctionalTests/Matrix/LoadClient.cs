using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Sidecar.FunctionalTests.Harness;

namespace Sidecar.FunctionalTests.Matrix;

/// <summary>One request that a load generator makes over and over.</summary>
/// <param name="BodyLength">0: it is a GET, and else a POST.</param>
internal sealed record Load(string Path, int BodyLength, int Count);

/// <summary>A load generator that makes an exact number of requests on several connections at once.</summary>
internal abstract partial class LoadClient
{
    protected const int Connections = 4;
    protected const string Id = "load";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(20);

    public virtual bool Http2 => false;

    public static LoadClient Of(string name) => name switch
    {
        "wrk" => new Wrk(),
        "h2load, HTTP/1.1" => new H2load(http2: false),
        _ => new H2load(http2: true),
    };

    public async Task<SeenExchanges> RunAsync(IPEndPoint server, Load load)
    {
        using var folder = new TemporaryFolder();
        var body = load.BodyLength > 0 ? folder.File("body", SeededBytes.Of(1, load.BodyLength)) : null;
        return await RunAsync(server, load, folder, body);
    }

    protected abstract Task<SeenExchanges> RunAsync(IPEndPoint server, Load load, TemporaryFolder folder, string? body);

    /// <summary>So many answers of 200; generators tell little else.</summary>
    private static SeenExchanges Seen(long count, long? length) =>
        new([(new SeenExchange(Id, new SeenMessage(), new SeenMessage { Start = "200", Length = length }).Normalised(), count)]);

    /// <summary>wrk stops by time; with a connection to a process, and a script that ends it after an answer, it stops after a number of requests.</summary>
    private sealed partial class Wrk : LoadClient
    {
        private const string Script = """
            local left = tonumber(os.getenv("WRK_REQUESTS"))
            local body = os.getenv("WRK_BODY")
            if body then
              wrk.method = "POST"
              wrk.body = io.open(body, "rb"):read("*a")
            end
            function response()
              left = left - 1
              if left == 0 then
                wrk.thread:stop()
                -- More than once, as it is not listening for the signal yet when it has only just begun.
                os.execute("(while kill -INT $PPID; do sleep 0.1; done) >/dev/null 2>&1 &")
              end
            end
            """;

        protected override async Task<SeenExchanges> RunAsync(IPEndPoint server, Load load, TemporaryFolder folder, string? body)
        {
            Tool.Require("wrk");
            var script = folder.File("stop.lua", System.Text.Encoding.ASCII.GetBytes(Script));
            var outputs = await Task.WhenAll(Enumerable.Range(0, Connections).Select(i => Tool.RunAsync("env",
            [
                $"WRK_REQUESTS={(load.Count + i) / Connections}", .. body is null ? (string[])[] : ["WRK_BODY=" + body],
                "wrk", "--threads", "1", "--connections", "1", "--duration", "1h", "--timeout", "60s", "--script", script,
                "--header", "Host: " + HttpCase.Host, "--header", "X-Request-Id: " + Id, $"http://{server}{load.Path}",
            ], Patience)));
            Assert.All(outputs, output => Assert.DoesNotContain("Socket errors", output, StringComparison.Ordinal));
            Assert.All(outputs, output => Assert.DoesNotContain("Non-2xx", output, StringComparison.Ordinal));
            return Seen(outputs.Sum(output => Number(Requests().Match(output).Groups[1])), length: null);
        }

        [GeneratedRegex(@"(\d+) requests in")]
        private static partial Regex Requests();
    }

    private sealed partial class H2load(bool http2) : LoadClient
    {
        public override bool Http2 => http2;

        protected override async Task<SeenExchanges> RunAsync(IPEndPoint server, Load load, TemporaryFolder folder, string? body)
        {
            Tool.Require("h2load");
            var output = await Tool.RunAsync("h2load",
            [
                .. http2 ? (string[])["-m", "8"] : ["--h1"], .. body is null ? (string[])[] : ["-d", body],
                "-n", load.Count.ToString(CultureInfo.InvariantCulture), "-c", Connections.ToString(CultureInfo.InvariantCulture), "-H", "x-request-id: " + Id,
                $"--connect-to={server}", $"http://{HttpCase.Host}{load.Path}",
            ], Patience);
            var count = Number(Succeeded().Match(output).Groups[1]);
            Assert.Contains($"status codes: {count} 2xx, 0 3xx, 0 4xx, 0 5xx", output, StringComparison.Ordinal);
            Assert.Contains("0 failed, 0 errored, 0 timeout", output, StringComparison.Ordinal);
            var data = Number(Data().Match(output).Groups[1]);
            Assert.Equal(0, data % count);
            return Seen(count, data / count);
        }

        [GeneratedRegex(@" (\d+) succeeded")]
        private static partial Regex Succeeded();

        [GeneratedRegex(@"\((\d+)\) data")]
        private static partial Regex Data();
    }

    private static long Number(Group digits) => long.Parse(digits.ValueSpan, CultureInfo.InvariantCulture);
}
