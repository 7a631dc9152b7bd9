using System.Globalization;

namespace Sidecar.Benchmarks.SideBySide;

/// <summary>What one side-by-side run measures.</summary>
internal sealed record SideBySideOptions
{
    /// <summary>The sidecar to measure: a program, or a command with its first arguments; null looks for a build in the checkout.</summary>
    public string? Sidecar { get; init; }

    /// <summary>Simultaneous keep-alive connections; each count is a measurement of its own.</summary>
    public int[] Connections { get; init; } = [1, 16];

    /// <summary>Load time of one measurement.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>How often every peer takes its turn.</summary>
    public int Rounds { get; init; } = 5;

    /// <summary>FP32 values in a request body (<c>--body v2-N</c>).</summary>
    public int Features { get; init; } = 32;

    /// <summary>Names of the peers to run; empty runs all.</summary>
    public string[] Peers { get; init; } = [];

    /// <summary>File for the results as JSON, or null.</summary>
    public string? Json { get; init; }

    public static SideBySideOptions Read(Arguments arguments)
    {
        var defaults = new SideBySideOptions();
        var options = new SideBySideOptions
        {
            Sidecar = arguments.Text("sidecar"),
            Connections = arguments.Counts("connections", defaults.Connections),
            Duration = arguments.Seconds("duration", defaults.Duration),
            Rounds = arguments.Count("rounds", defaults.Rounds),
            Features = FeaturesOf(arguments.Text("body") ?? "v2-32"),
            Peers = arguments.Text("peers")?.Split(',', StringSplitOptions.TrimEntries) ?? [],
            Json = arguments.Text("json"),
        };
        arguments.RejectUnread();
        return options;
    }

    // 200,000 values are about 2.2 MB of JSON: beyond that the generator's memory is measured, not the proxies.
    private static int FeaturesOf(string body) =>
        body.StartsWith("v2-", StringComparison.Ordinal)
        && int.TryParse(body.AsSpan(3), NumberStyles.None, CultureInfo.InvariantCulture, out var features)
        && features is > 0 and <= 200_000
            ? features
            : throw new UsageException($"--body: '{body}' is not v2-N with N from 1 to 200000");
}
