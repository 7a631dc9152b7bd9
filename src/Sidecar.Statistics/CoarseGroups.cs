namespace Sidecar.Statistics;

/// <summary>Groups cells into at most <see cref="Overdispersion.Groups"/>, few enough that a sub-window of 100 rows fills each.</summary>
internal static class CoarseGroups
{
    /// <summary>Neighbouring cells with about equal reference mass.</summary>
    public static byte[] Contiguous(ReadOnlySpan<long> counts)
    {
        long total = 0, before = 0;
        foreach (var count in counts)
            total += count;
        var groups = new byte[counts.Length];
        for (var cell = 0; cell < counts.Length; cell++)
        {
            // By the middle of the cell's mass, so that an atom lands in one group whole.
            var middle = before + counts[cell] / 2;
            groups[cell] = (byte)Math.Min(Overdispersion.Groups - 1, middle * Overdispersion.Groups / total);
            before += counts[cell];
        }

        return groups;
    }

    /// <summary>The largest cells alone, all the others together; cells come in falling order of reference count.</summary>
    public static byte[] LargestFirst(int cells)
    {
        var groups = new byte[cells];
        for (var cell = 0; cell < cells; cell++)
            groups[cell] = (byte)Math.Min(cell, Overdispersion.Groups - 1);
        return groups;
    }
}
