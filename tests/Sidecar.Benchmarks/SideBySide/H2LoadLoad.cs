using System.Globalization;
using System.Text.RegularExpressions;
using Sidecar.Benchmarks.Bodies;

namespace Sidecar.Benchmarks.SideBySide;

/// <summary>h2load on one thread, calling ModelInfer over HTTP/2 without TLS, as fast as it is answered. One message, always the same.</summary>
/// <param name="h2load">The program.</param>
/// <param name="message">A file with the gRPC message.</param>
/// <param name="streams">Calls at a time on each connection.</param>
internal sealed partial class H2LoadLoad(string h2load, Workspace workspace, string message, int streams) : ILoad
{
    // Its summary has a mean only: percentiles come from a line for each request.
    private readonly string _log = Path.Combine(workspace.Folder, "h2load.log");

    public async Task<LoadResult> RunAsync(int port, int connections, TimeSpan duration, CancellationToken stop)
    {
        File.Delete(_log);
        using var child = Child.Start(
        [
            h2load, "-t1", $"-c{connections}", $"-m{streams}", $"-D{(int)duration.TotalSeconds}", "-d", message, $"--log-file={_log}",
            "-H", "content-type: application/grpc", "-H", "te: trailers", $"http://127.0.0.1:{port}{BodyKind.GrpcPath}",
        ]);
        await child.WaitAsync(stop);
        var counts = RequestCounts().Match(string.Join('\n', child.LastLines));
        if (!counts.Success)
            return LoadResult.Failure($"h2load {child.Ending()}");

        long Count(string name) => long.Parse(counts.Groups[name].Value, CultureInfo.InvariantCulture);
        var latencies = await LatenciesAsync(stop);
        var problem = LoadResult.Problems(("failed", Count("failed")), ("errored", Count("errored")), ("timed out", Count("timeout")),
            ("answers of 400 or above", Count("client") + Count("server")));
        return latencies.Length == 0
            ? LoadResult.Failure($"no request was answered; {problem}")
            : new(Count("succeeded"), duration.TotalSeconds, Quantile(latencies, 0.50), Quantile(latencies, 0.99), problem);
    }

    private static double Quantile(double[] sorted, double quantile) => sorted[(int)Math.Ceiling(quantile * sorted.Length) - 1];

    // Tab-separated: start, status, microseconds until the end of the answer.
    private async Task<double[]> LatenciesAsync(CancellationToken stop)
    {
        List<double> latencies = [];
        await foreach (var line in File.ReadLinesAsync(_log, stop))
        {
            if (line.Split('\t') is [_, "200", var microseconds, ..])
                latencies.Add(double.Parse(microseconds, CultureInfo.InvariantCulture));
        }

        latencies.Sort();
        return [.. latencies];
    }

    [GeneratedRegex(@"(?<succeeded>\d+) succeeded, (?<failed>\d+) failed, (?<errored>\d+) errored, (?<timeout>\d+) timeout[\s\S]*?(?<client>\d+) 4xx, (?<server>\d+) 5xx")]
    private static partial Regex RequestCounts();
}
