namespace Sidecar.Model;

/// <summary>Where a worker, between two pieces of work, lets another thread have its core. Used by one thread.</summary>
/// <remarks>
/// Work is found every 10 ms, so it comes in bursts of milliseconds, and the kernel lets a burst finish its slice before the relay, the
/// client or the model that wakes up on the same core. Neither a lower priority (nice 19) nor a longer slice changes that on Linux 6.18; sched_yield does.
/// </remarks>
internal struct YieldPoint(TimeProvider time)
{
    private static readonly TimeSpan Every = TimeSpan.FromMicroseconds(100);
    private long _since = time.GetTimestamp();

    /// <summary>Yields if 100 µs have passed since it last did.</summary>
    public void Pass()
    {
        if (time.GetElapsedTime(_since) < Every)
            return;
        Thread.Yield();
        _since = time.GetTimestamp();
    }
}
