namespace Sidecar.Statistics;

/// <summary>Live and reference counts over the same cells, whatever the kind of feature.</summary>
internal readonly ref struct Cells
{
    private readonly NumericCounts? _numeric;
    private readonly CategoricalCounts? _categorical;
    private readonly ReadOnlySpan<long> _reference;

    public Cells(NumericCounts live)
    {
        _numeric = live;
        _reference = live.Reference.Counts;
        (LiveRows, ReferenceRows) = (live.Rows, live.Reference.Rows);
    }

    public Cells(CategoricalCounts live)
    {
        _categorical = live;
        _reference = live.Reference.Counts;
        (LiveRows, ReferenceRows) = (live.Rows, live.Reference.Rows);
    }

    public int Count => _reference.Length;

    public double LiveRows { get; }

    public double ReferenceRows { get; }

    public long Live(int cell) => _numeric?.Count(cell) ?? _categorical!.Count(cell);

    public long Reference(int cell) => _reference[cell];

    /// <summary>Live proportion of a cell.</summary>
    public double P(int cell) => Live(cell) / LiveRows;

    /// <summary>Reference proportion of a cell.</summary>
    public double Q(int cell) => _reference[cell] / ReferenceRows;
}

/// <summary>The formulas behind <see cref="Distances"/>; NaN for an empty window.</summary>
internal static class CellDistances
{
    public static double JensenShannon(in Cells cells)
    {
        double divergence = 0;
        for (var cell = 0; cell < cells.Count; cell++)
        {
            double p = cells.P(cell), q = cells.Q(cell), mean = (p + q) / 2;
            divergence += Term(p, mean) + Term(q, mean);
        }

        return Bounded(Math.Sqrt(Math.Max(0, divergence) / 2));
    }

    public static double Hellinger(in Cells cells)
    {
        double sum = 0;
        for (var cell = 0; cell < cells.Count; cell++)
        {
            var difference = Math.Sqrt(cells.P(cell)) - Math.Sqrt(cells.Q(cell));
            sum += difference * difference;
        }

        return Bounded(Math.Sqrt(sum / 2));
    }

    public static double TotalVariation(in Cells cells)
    {
        double sum = 0;
        for (var cell = 0; cell < cells.Count; cell++)
            sum += Math.Abs(cells.P(cell) - cells.Q(cell));
        return Bounded(sum / 2);
    }

    public static double LInfinity(in Cells cells)
    {
        double largest = 0;
        for (var cell = 0; cell < cells.Count; cell++)
            largest = Math.Max(largest, Math.Abs(cells.P(cell) - cells.Q(cell)));
        return Bounded(largest);
    }

    public static double PopulationStability(in Cells cells)
    {
        if (cells.LiveRows == 0)
            return double.NaN;
        double sum = 0, half = cells.Count / 2.0;
        for (var cell = 0; cell < cells.Count; cell++)
        {
            var p = (cells.Live(cell) + 0.5) / (cells.LiveRows + half);
            var q = (cells.Reference(cell) + 0.5) / (cells.ReferenceRows + half);
            sum += (p - q) * Math.Log(p / q);
        }

        return sum;
    }

    public static double DebiasedPopulationStability(in Cells cells, double phi)
    {
        var used = 0;
        for (var cell = 0; cell < cells.Count; cell++)
            used += cells.Live(cell) + cells.Reference(cell) > 0 ? 1 : 0;
        return PopulationStability(cells) - (used - 1) * phi * (1 / cells.LiveRows + 1 / cells.ReferenceRows);
    }

    private static double Term(double part, double mean) => part == 0 ? 0 : part * Math.Log2(part / mean);

    // Rounding may exceed 1 in the last digit; NaN passes.
    private static double Bounded(double distance) => Math.Min(1, distance);
}
