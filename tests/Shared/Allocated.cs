namespace Sidecar.Testing;

/// <summary>What a round of work allocates on this thread.</summary>
internal static class Allocated
{
    /// <summary>
    /// The least of some rounds: a collection that another test causes during a round may take idle arrays out of shared pools, and ends
    /// this thread's allocation area early, whose unused rest then counts as allocated.
    /// </summary>
    public static long Least(Action round, int rounds = 3)
    {
        var least = long.MaxValue;
        for (var i = 0; i < rounds; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            round();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
