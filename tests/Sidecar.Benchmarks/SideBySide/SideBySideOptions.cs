namespace Sidecar.Benchmarks.SideBySide;

/// <summary>What one side-by-side run measures.</summary>
internal sealed record SideBySideOptions
{
    /// <summary>Minutes: the two protocols with small bodies.</summary>
    public static readonly SideBySideOptions Default = new();

    /// <summary>About two hours: 1 kB and 600 kB each way, both protocols, one to many connections, and idle ones.</summary>
    public static readonly SideBySideOptions Full = new()
    {
        BodyNames = ["v2-80", "v2-54000", "v2-answer-54000", "grpc-240", "grpc-150000"],
        Connections = [1, 16, 256],
        Duration = TimeSpan.FromSeconds(4),
        Rounds = 5,
        Idle = 10_000,
    };

    /// <summary>The sidecar to measure: a program, or a command with its first arguments; null looks for a build in the checkout.</summary>
    public string? Sidecar { get; init; }

    /// <summary>Kinds of body; each is a load of its own with its own tables.</summary>
    public string[] BodyNames { get; init; } = ["v2-80", "grpc-240"];

    /// <summary>Simultaneous keep-alive connections; each count is a measurement of its own.</summary>
    public int[] Connections { get; init; } = [16];

    /// <summary>gRPC calls at a time on each connection, at full speed.</summary>
    public int Streams { get; init; } = 1;

    /// <summary>Requests a second of the measurement at a fixed rate; a twentieth of it for large bodies.</summary>
    public int Rate { get; init; } = 1000;

    /// <summary>Load time of one measurement.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How often every peer takes its turn.</summary>
    public int Rounds { get; init; } = 3;

    /// <summary>Idle connections to hold at the end, or null for none.</summary>
    public int? Idle { get; init; }

    /// <summary>Names of the peers to run; empty runs all.</summary>
    public string[] Peers { get; init; } = [];

    /// <summary>File for the results as JSON, or null.</summary>
    public string? Json { get; init; }

    public static SideBySideOptions Read(Arguments arguments)
    {
        var preset = arguments.Flag("full") ? Full : Default;
        var options = preset with
        {
            Sidecar = arguments.Text("sidecar"),
            BodyNames = arguments.Texts("body") ?? preset.BodyNames,
            Connections = arguments.Counts("connections", preset.Connections),
            Streams = arguments.Count("streams", preset.Streams),
            Rate = arguments.Count("rate", preset.Rate),
            Duration = arguments.Seconds("duration", preset.Duration),
            Rounds = arguments.Count("rounds", preset.Rounds),
            Idle = arguments.Text("idle") is { } idle ? Arguments.PositiveNumber("idle", idle) : preset.Idle,
            Peers = arguments.Texts("peers") ?? [],
            Json = arguments.Text("json"),
        };
        arguments.RejectUnread();
        return options;
    }
}
