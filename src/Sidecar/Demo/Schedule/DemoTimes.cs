namespace Sidecar.Demo.Schedule;

/// <summary>How long everything may take. Times of day don't occur: everything counts from the demo's start.</summary>
internal sealed record DemoTimes
{
    /// <summary>From one scrape to the next.</summary>
    public required TimeSpan Scrape { get; init; }

    /// <summary>The window of the indicators.</summary>
    public required TimeSpan Window { get; init; }

    /// <summary>The sidecar's windows of drift follow one another, so one that is half bad comes first; half as long, the answer comes as soon.</summary>
    public TimeSpan DriftWindow => Window / 2;

    /// <summary>The second, short window of the detectors.</summary>
    public required TimeSpan ShortWindow { get; init; }

    /// <summary>Before the first break all detectors must have been quiet for so long.</summary>
    public required TimeSpan QuietFor { get; init; }

    /// <summary>Between two breaks they must have been quiet for so long. Shorter: what is left of the last break in the long window can't make
    /// anybody fire, because the short window is clean.</summary>
    public TimeSpan QuietAgainFor => QuietFor / 2;

    /// <summary>By then there must be quiet for the first time.</summary>
    public required TimeSpan LearnBy { get; init; }

    /// <summary>When the demo ends at the latest; null: never.</summary>
    public required TimeSpan? Total { get; init; }

    /// <summary>How long a break may stay undetected, and recovery after it may take, when there is no total to divide.</summary>
    public TimeSpan Unhurried { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>The times for a demo of this length; null cycles.</summary>
    public static DemoTimes For(TimeSpan? total)
    {
        // 60 s: windows of 3 s, quiet by 27 s at the latest, and with quiet after 12 s some 9 s for each of five breaks and its recovery.
        var window = TimeSpan.FromSeconds(total is { } length ? Math.Clamp(length.TotalSeconds / 20, 2, 10) : 4);
        return new DemoTimes
        {
            Scrape = TimeSpan.FromMilliseconds(500),
            Window = window,
            ShortWindow = TimeSpan.FromSeconds(1),
            QuietFor = window,
            LearnBy = total * 0.45 ?? TimeSpan.FromMinutes(2),
            Total = total,
        };
    }

    /// <summary>Requests to learn the reference from: a fifteenth of the time, or five seconds, and never so few that the reference is mostly noise.</summary>
    /// <param name="rate">Requests a second.</param>
    public int LearnAfter(int rate) => Math.Max(500, (int)(rate * (Total?.TotalSeconds / 15 ?? 5)));

    /// <summary>
    /// When a break that begins now must be detected, and when recovery from it ends: an equal share of what is left for each break that is still to
    /// come, two thirds of it for the detection. The last break needs no recovery.
    /// </summary>
    /// <param name="now">Since the demo's start.</param>
    /// <param name="breaksLeft">With this one.</param>
    public (TimeSpan DetectBy, TimeSpan RecoverBy) Deadlines(TimeSpan now, int breaksLeft)
    {
        if (Total is not { } total)
            return (now + Unhurried, now + 2 * Unhurried);
        var share = (total - now) / breaksLeft;
        return breaksLeft == 1 ? (total, total) : (now + share * 2 / 3, now + share);
    }
}
