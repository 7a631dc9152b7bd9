using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Sidecar.Benchmarks.SideBySide;

/// <summary>What wrk saw.</summary>
/// <param name="Requests">Answered requests.</param>
/// <param name="Seconds">Wall-clock time.</param>
/// <param name="P50">Median latency in microseconds.</param>
/// <param name="P99">99th percentile of the latency in microseconds.</param>
/// <param name="Problem">What went wrong, or null: socket errors, timeouts, answers of 400 and above.</param>
internal sealed record LoadResult(long Requests, double Seconds, double P50, double P99, string? Problem);

/// <summary>The load: wrk on one thread, posting inference requests of varied values over keep-alive connections.</summary>
internal sealed class Load(string wrk, string script, string bodies)
{
    // At most 200 different bodies, fewer of the large ones: wrk holds them all, about 11 bytes a value.
    private const int MostBodies = 200;
    private const int FewestBodies = 8;
    private const int MostValues = 2_000_000;

    // Each request gets an id of its own: a repeated id within seconds would be counted as a retry.
    private const string IdPlace = "00000000000000";

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

    private long _runs;

    /// <summary>Writes the script and the bodies; every run of the harness uses the same values.</summary>
    public static Load Create(string wrk, Workspace workspace, int features) =>
        new(wrk, workspace.Write("load.lua", Script), workspace.Write("bodies.txt", string.Concat(MakeBodies(features).Select(body => body + "\n"))));

    /// <summary>One request as the load sends it.</summary>
    public static string SampleBody(int features) => MakeBodies(features).First();

    public async Task<LoadResult> RunAsync(int port, int connections, TimeSpan duration, CancellationToken stop)
    {
        // Ids of one run start a billion after those of the run before: more than a run can send.
        var firstId = ++_runs * 1_000_000_000;
        using var child = Child.Start(
        [
            wrk, "-t1", $"-c{connections}", $"-d{(int)duration.TotalSeconds}s", "-s", script,
            $"http://127.0.0.1:{port}{NginxConfiguration.InferPath}", "--", bodies, IdPlace, $"{firstId}",
        ]);
        await child.WaitAsync(stop);
        var line = child.LastLines.LastOrDefault(text => text.StartsWith('{'));
        return line is null ? new LoadResult(0, 0, 0, 0, $"wrk {child.Ending()}") : Read(JsonSerializer.Deserialize<WrkSummary>(line)!);
    }

    private static LoadResult Read(WrkSummary summary)
    {
        (string What, long Count)[] errors =
        [
            ("connect errors", summary.Connect), ("read errors", summary.Read), ("write errors", summary.Write),
            ("timeouts", summary.Timeout), ("answers of 400 or above", summary.Status),
        ];
        var problem = string.Join(", ", errors.Where(error => error.Count > 0).Select(error => $"{error.Count} {error.What}"));
        if (summary.Requests == 0)
            problem = $"no request was answered{(problem.Length > 0 ? ": " : "")}{problem}";
        return new(summary.Requests, summary.Microseconds / 1e6, summary.P50, summary.P99, problem.Length > 0 ? problem : null);
    }

    private static IEnumerable<string> MakeBodies(int features)
    {
        var random = new Random(20_240_517);
        for (var i = Math.Clamp(MostValues / features, FewestBodies, MostBodies); i > 0; i--)
        {
            var body = new StringBuilder(128 + (features * 12));
            body.Append(CultureInfo.InvariantCulture, $$"""{"id":"{{IdPlace}}","inputs":[{"name":"x","datatype":"FP32","shape":[1,{{features}}],"data":[""");
            body.AppendJoin(',', Enumerable.Range(0, features).Select(_ => Normal(random).ToString(CultureInfo.InvariantCulture)));
            yield return body.Append("]}]}").ToString();
        }
    }

    // Box–Muller: https://projecteuclid.org/euclid.aoms/1177706645
    private static float Normal(Random random) =>
        (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));

    private sealed record WrkSummary(
        long Requests, long Microseconds, double P50, double P99, long Connect, long Read, long Write, long Timeout, long Status);
}
