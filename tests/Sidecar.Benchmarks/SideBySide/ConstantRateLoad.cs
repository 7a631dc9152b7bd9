using System.Globalization;
using System.Text.Json;
using Sidecar.Benchmarks.Bodies;
using Sidecar.Benchmarks.ConstantRate;

namespace Sidecar.Benchmarks.SideBySide;

/// <summary>The verb <c>constant-rate</c> of this program as a load.</summary>
/// <param name="bodies">A file with a request body on each line; not for gRPC.</param>
internal sealed class ConstantRateLoad(BodyKind body, string bodies, int rate) : ILoad
{
    public async Task<LoadResult> RunAsync(int port, int connections, TimeSpan duration, CancellationToken stop)
    {
        using var child = Child.Start(
        [
            .. OwnProgram.Command("constant-rate"), "--target", $"127.0.0.1:{port}", "--body", body.Name, "--bodies", bodies,
            "--run", $"{V2Json.NextRun()}", "--connections", $"{connections}", "--rate", $"{rate}", "--duration", $"{(int)duration.TotalSeconds}s",
        ]);
        await child.WaitAsync(stop);
        var line = child.LastLines.LastOrDefault(text => text.StartsWith('{'));
        if (line is null)
            return LoadResult.Failure($"constant-rate {child.Ending()}");
        var summary = JsonSerializer.Deserialize<RateSummary>(line)!;
        var problem = summary.Failed == 0 ? null
            : string.Create(CultureInfo.InvariantCulture, $"{summary.Failed} of {summary.Due} requests failed, the first: {summary.FirstFailure}");
        return new(summary.Answered, summary.Seconds, summary.P50, summary.P99, problem);
    }
}
