namespace Sidecar.Benchmarks.ConstantRate;

/// <summary>When each request is due, in ticks of the stopwatch after the start.</summary>
internal sealed class RateSchedule(long frequency, int rate, TimeSpan duration, TimeSpan patience)
{
    public long Frequency => frequency;

    public int Total { get; } = Math.Max(1, (int)(rate * duration.TotalSeconds));

    /// <summary>When latencies begin to count: a quarter of a second, or of a shorter run, after the start.</summary>
    public long MeasuredFrom { get; } = (long)(Math.Min(1, duration.TotalSeconds) / 4 * frequency);

    /// <summary>When to give up on what isn't answered.</summary>
    public long End => Due(Total) + (long)(patience.TotalSeconds * frequency);

    public long Due(int request) => (long)((Int128)request * frequency / rate);
}
