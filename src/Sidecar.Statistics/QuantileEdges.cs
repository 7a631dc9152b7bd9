namespace Sidecar.Statistics;

/// <summary>
/// Chooses bin edges from sorted reference values so that the largest bin is as small as the budget of bins allows, with the atom rule: a value
/// that holds more than 1/64 of the rows gets a bin of its own.
/// </summary>
/// <remarks>
/// The certificate of the KS distance is as wide as the largest bin that mixes values, hence the objective. An atom's bin (v⁻, v] starts at the
/// float before v where reference values lie between it and the atom before. Where none do, that gap costs a bin that is empty in the
/// reference; gaps get the bins that are left over, heaviest atom first. What is left then makes the other bins smaller.
/// </remarks>
internal static class QuantileEdges
{
    /// <summary>Inner edges, strictly rising, at most <paramref name="bins"/> − 1.</summary>
    public static float[] Choose(ReadOnlySpan<float> sorted, int bins)
    {
        var (values, counts) = Distinct(sorted);
        var atom = sorted.Length / bins;
        var capacity = Capacity(counts, atom, sorted.Length, bins, atom, out var used);
        if (used > bins)
        {
            // More atoms with loose values between them than bins: own bins only for values above the capacity, which ends at 1/32 or so.
            capacity = Capacity(counts, atom, sorted.Length, bins, null, out used);
            atom = capacity;
        }

        var gaps = Gaps(values, counts, atom, bins - used);
        capacity = Capacity(counts, 1, capacity, bins - gaps.Count, atom, out _);
        return Edges(values, counts, capacity, atom, gaps);
    }

    private static (List<float> Values, List<int> Counts) Distinct(ReadOnlySpan<float> sorted)
    {
        var values = new List<float>();
        var counts = new List<int>();
        foreach (var value in sorted)
        {
            if (values.Count > 0 && values[^1] == value)
                counts[^1]++;
            else
            {
                values.Add(value);
                counts.Add(1);
            }
        }

        return (values, counts);
    }

    /// <summary>
    /// The smallest rows-per-bin from low to high that needs no more than <paramref name="bins"/>; atoms are the values above
    /// <paramref name="atom"/> rows, by default above the capacity itself.
    /// </summary>
    private static int Capacity(List<int> counts, int low, int high, int bins, int? atom, out int used)
    {
        while (low < high)
        {
            var middle = low + (high - low) / 2;
            if (Bins(counts, middle, atom ?? middle) <= bins)
                high = middle;
            else
                low = middle + 1;
        }

        used = Bins(counts, low, atom ?? low);
        return low;
    }

    private static int Bins(List<int> counts, int capacity, int atom)
    {
        int bins = 0, run = 0;
        foreach (var count in counts)
        {
            if (count > atom)
            {
                bins += run > 0 ? 2 : 1;
                run = 0;
            }
            else if (run > 0 && run + count > capacity)
            {
                bins++;
                run = count;
            }
            else
                run += count;
        }

        return run > 0 ? bins + 1 : bins;
    }

    /// <summary>Atoms (by index) that follow another atom directly and get the space between as a bin of its own.</summary>
    private static HashSet<int> Gaps(List<float> values, List<int> counts, int atom, int spare)
    {
        return Enumerable.Range(1, counts.Count - 1)
            .Where(i => counts[i] > atom && counts[i - 1] > atom && MathF.BitDecrement(values[i]) > values[i - 1])
            .OrderByDescending(i => counts[i]).ThenBy(i => i)
            .Take(spare)
            .ToHashSet();
    }

    private static float[] Edges(List<float> values, List<int> counts, int capacity, int atom, HashSet<int> gaps)
    {
        var edges = new List<float>();
        var run = 0;
        for (var i = 0; i < counts.Count; i++)
        {
            if (counts[i] > atom)
            {
                if (run > 0 || gaps.Contains(i))
                    edges.Add(MathF.BitDecrement(values[i]));
                edges.Add(values[i]);
                run = 0;
            }
            else if (run > 0 && run + counts[i] > capacity)
            {
                edges.Add(values[i - 1]);
                run = counts[i];
            }
            else
                run += counts[i];
        }

        if (edges.Count > 0 && edges[^1] == values[^1])
            edges.RemoveAt(edges.Count - 1); // the maximum closes the last bin by itself
        return [.. edges];
    }
}
