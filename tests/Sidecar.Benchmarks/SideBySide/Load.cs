namespace Sidecar.Benchmarks.SideBySide;

/// <summary>What the load generator saw.</summary>
/// <param name="Requests">Answered requests.</param>
/// <param name="Seconds">Wall-clock time.</param>
/// <param name="P50">Median latency in microseconds.</param>
/// <param name="P99">99th percentile of the latency in microseconds.</param>
/// <param name="Problem">What went wrong, or null: errors, timeouts, answers of 400 and above.</param>
internal sealed record LoadResult(long Requests, double Seconds, double P50, double P99, string? Problem)
{
    public static LoadResult Failure(string problem) => new(0, 0, 0, 0, problem);

    /// <summary>The errors that were counted, in words; null if there are none.</summary>
    public static string? Problems(params ReadOnlySpan<(string What, long Count)> errors)
    {
        List<string> found = [];
        foreach (var (what, count) in errors)
        {
            if (count > 0)
                found.Add($"{count} {what}");
        }

        return found.Count == 0 ? null : string.Join(", ", found);
    }
}

/// <summary>Sends requests to a port for a while; one run at a time.</summary>
internal interface ILoad
{
    Task<LoadResult> RunAsync(int port, int connections, TimeSpan duration, CancellationToken stop);
}
