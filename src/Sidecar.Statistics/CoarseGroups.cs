using Sidecar.Statistics.Detection;

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

    /// <summary>
    /// A model's value cells in at most so many groups, numbered without gaps, and each cell of rows without a value alone: ordered cells by the middle of their mass, categories
    /// alone while there is room, the rest together, unseen alone.
    /// </summary>
    public static byte[] Of(CellModel model, int most)
    {
        var groups = new byte[model.Cells];
        double before = 0;
        int highest = -1, last = -1;
        for (var cell = 0; cell < model.ValueCells; cell++)
        {
            var group = model.Kind == FeatureKind.Numeric
                ? Math.Min(most - 1, (int)((before + model.Shares[cell] / 2) / model.Valued * most))
                : cell == model.ValueCells - 1 ? most - 1 : Math.Min(cell, most - 2);
            if (group != last)
                highest++; // an atom may span what would be several groups
            last = group;
            groups[cell] = (byte)highest;
            before += model.Shares[cell];
        }

        for (var cell = model.ValueCells; cell < model.Cells; cell++)
            groups[cell] = (byte)++highest;
        return groups;
    }
}
