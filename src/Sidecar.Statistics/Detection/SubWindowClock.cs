namespace Sidecar.Statistics.Detection;

/// <summary>
/// Says when a sub-window closes and what it weighs. One closes at the first request that ends with at least 32 rows and a second gone, or with any
/// rows and an hour gone.
/// </summary>
/// <remarks>
/// 32 rows are what the detector's delays were measured with; the second keeps its cost flat at high rates. The weight is the seconds since the last
/// close, as event time tells them: at most a minute, and nothing where the clock went back. Both only lower the evidence, so a clock that jumps can't
/// raise an alarm, and a few rows after a long silence don't carry the budget of all of it.
/// </remarks>
/// <param name="start">Event time in Unix nanoseconds at which counting begins.</param>
public struct SubWindowClock(long start)
{
    /// <summary>Rows from which a sub-window may close.</summary>
    public const long MinimumRows = 32;

    private const double NanosPerSecond = 1e9;
    private const double LongestSeconds = 3600;
    private const double MostWeight = 60;
    private long _last = start;

    /// <summary>Closes the sub-window if it is time.</summary>
    /// <param name="unixNanos">Event time of the request's end.</param>
    /// <param name="rows">Rows that the sub-window holds.</param>
    /// <param name="seconds">What it weighs, 0 … 60.</param>
    public bool TryClose(long unixNanos, long rows, out double seconds)
    {
        // As doubles, because the difference of two absurd times need not fit a long.
        seconds = Math.Min(LongestSeconds, ((double)unixNanos - _last) / NanosPerSecond);
        if (seconds < 0)
        {
            // The clock went back: the time already paid for must not be paid again.
            _last = unixNanos;
            seconds = 0;
            return rows >= MinimumRows;
        }

        if (rows < 1 || (rows < MinimumRows || seconds < 1) && seconds < LongestSeconds)
            return false;
        _last = unixNanos;
        seconds = Math.Min(seconds, MostWeight);
        return true;
    }
}
