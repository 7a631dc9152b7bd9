using System.Text.Json;
using Sidecar.Benchmarks.Bodies;

namespace Sidecar.Benchmarks.SideBySide;

/// <summary>wrk on one thread, posting inference requests of varied values over keep-alive connections, as fast as they are answered.</summary>
/// <param name="wrk">The program.</param>
/// <param name="bodies">A file with a request body on each line.</param>
internal sealed class WrkLoad(string wrk, Workspace workspace, string bodies) : ILoad
{
    private const string Script = """
        local head, tail, n, count = {}, {}, 0, 0

        function init(args)
            local place = args[2]
            n = tonumber(args[3])
            for body in io.lines(args[1]) do
                local text = wrk.format("POST", wrk.path, { ["Content-Type"] = "application/json" }, body)
                local first, last = text:find(place, 1, true)
                count = count + 1
                head[count], tail[count] = text:sub(1, first - 1), text:sub(last + 1)
            end
        end

        function request()
            n = n + 1
            local i = n % count + 1
            return head[i] .. string.format("%014d", n) .. tail[i]
        end

        function done(summary, latency)
            io.write(string.format(
                '{"Requests":%d,"Microseconds":%d,"P50":%d,"P99":%d,"Connect":%d,"Read":%d,"Write":%d,"Timeout":%d,"Status":%d}\n',
                summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), summary.errors.connect,
                summary.errors.read, summary.errors.write, summary.errors.timeout, summary.errors.status))
        end
        """;

    private readonly string _script = workspace.Write("load.lua", Script);

    public async Task<LoadResult> RunAsync(int port, int connections, TimeSpan duration, CancellationToken stop)
    {
        using var child = Child.Start(
        [
            wrk, "-t1", $"-c{connections}", $"-d{(int)duration.TotalSeconds}s", "-s", _script,
            $"http://127.0.0.1:{port}{BodyKind.JsonPath}", "--", bodies, V2Json.IdPlace, $"{V2Json.NextRun() * V2Json.IdsPerRun}",
        ]);
        await child.WaitAsync(stop);
        var line = child.LastLines.LastOrDefault(text => text.StartsWith('{'));
        return line is null ? LoadResult.Failure($"wrk {child.Ending()}") : Read(JsonSerializer.Deserialize<WrkSummary>(line)!);
    }

    private static LoadResult Read(WrkSummary summary)
    {
        var problem = LoadResult.Problems(("connect errors", summary.Connect), ("read errors", summary.Read), ("write errors", summary.Write),
            ("timeouts", summary.Timeout), ("answers of 400 or above", summary.Status));
        return summary.Requests == 0
            ? LoadResult.Failure($"no request was answered; {problem}")
            : new(summary.Requests, summary.Microseconds / 1e6, summary.P50, summary.P99, problem);
    }

    private sealed record WrkSummary(
        long Requests, long Microseconds, double P50, double P99, long Connect, long Read, long Write, long Timeout, long Status);
}
