namespace Sidecar.Demo;

/// <summary>What a person may choose about <c>sidecar demo</c>.</summary>
public sealed record DemoArguments
{
    /// <summary>The shortest run that leaves each break the time to be found and to be forgotten again.</summary>
    public static readonly TimeSpan ShortestRun = TimeSpan.FromSeconds(45);

    /// <summary>How long the demo may take at most; null cycles through the breaks until it is cancelled.</summary>
    public TimeSpan? ForDuration { get; init; }

    /// <summary>Lines instead of a live table; chosen anyway when the output is a pipe, or CI or NO_COLOR is set.</summary>
    public bool Plain { get; init; }

    /// <summary>Decides which rows are replayed in which order.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Requests a second that the load generator aims at.</summary>
    public int Rate { get; init; } = 300;

    /// <summary>Every argument that is not allowed, with its value and what is; empty when all are.</summary>
    public IReadOnlyList<string> Errors()
    {
        var errors = new List<string>();
        if (ForDuration is { } duration && (duration < ShortestRun || duration > TimeSpan.FromHours(24)))
            errors.Add($"--for: {duration} is not allowed; from {ShortestRun.TotalSeconds:0}s to 24h");
        if (Rate is < 50 or > 2000)
            errors.Add($"--rate: {Rate} is not allowed; from 50 to 2000 requests a second");
        return errors;
    }
}
