namespace Sidecar.Emit.Kafka;

/// <summary>
/// Bounds how fast a backlog is worked off after an outage: so many records a second more than come in, so that brokers that have just come back are not run over. Records that come
/// while there is no backlog are never held up. Used by one thread; <see cref="CameIn"/> by any.
/// </summary>
internal sealed class DrainLimiter(int rate, TimeProvider time)
{
    /// <summary>A record that is older waits in a backlog.</summary>
    public static readonly TimeSpan Fresh = TimeSpan.FromSeconds(10);

    private long _in;
    private long _counted;
    private double _tokens = rate;
    private long _at = time.GetTimestamp();

    /// <summary>An event came in.</summary>
    public void CameIn() => Interlocked.Increment(ref _in);

    /// <summary>Whether a record may be sent now.</summary>
    /// <param name="unixNanos">When it was written down; a clock that went back makes it fresh.</param>
    public bool TryTake(long unixNanos)
    {
        if (time.GetUtcNow().ToUnixTimeMilliseconds() - (unixNanos / 1_000_000) <= Fresh.TotalMilliseconds)
            return true;
        var now = time.GetTimestamp();
        var came = Interlocked.Read(ref _in);
        // What came in since is allowed on top; at most a second's worth is saved up.
        _tokens = Math.Min(rate + (came - _counted), _tokens + (time.GetElapsedTime(_at, now).TotalSeconds * rate) + (came - _counted));
        (_at, _counted) = (now, came);
        if (_tokens < 1)
            return false;
        _tokens--;
        return true;
    }
}
