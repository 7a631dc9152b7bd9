namespace Sidecar.Statistics;

/// <summary>
/// What a numeric feature looked like before serving started: at most 64 bins between quantiles of the reference, and its count and sum per
/// bin. Immutable, safe to share between threads.
/// </summary>
/// <remarks>
/// Cells are numbered in rising order of value: 0 = far below the reference's minimum (by more than its whole range), 1 = below,
/// <see cref="FirstBin"/> … <see cref="LastBin"/> = the bins, then above and far above its maximum. A bin is (lower edge, upper edge], the first
/// one [min, upper edge].
/// </remarks>
public sealed class NumericReference
{
    /// <summary>Bins at most.</summary>
    public const int MaximumBins = 64;

    /// <summary>Finite values that a reference needs: one for every bin.</summary>
    public const int MinimumRows = 64;

    /// <summary>The cell of the lowest bin.</summary>
    public const int FirstBin = 2;

    private readonly long[] _counts;
    private readonly double[] _sums;
    private readonly bool[] _onlyUpperEdge;
    private readonly byte[] _groups;

    internal NumericReference(BinEdges edges, long[] counts, double[] sums, bool[] onlyUpperEdge, double mean, double sigma, in NonFinite apart)
    {
        Edges = edges;
        (_counts, _sums, _onlyUpperEdge) = (counts, sums, onlyUpperEdge);
        (Mean, Sigma) = (mean, sigma);
        Missing = apart.Missing;
        NotANumber = apart.NotANumber;
        PositiveInfinity = apart.PositiveInfinity;
        NegativeInfinity = apart.NegativeInfinity;
        foreach (var count in counts)
            Rows += count;
        _groups = CoarseGroups.Contiguous(_counts);
    }

    /// <summary>Bins between minimum and maximum, 1 … 64.</summary>
    public int Bins => Edges.Bins;

    /// <summary>Bins plus two cells below and two above.</summary>
    public int Cells => Edges.Cells;

    /// <summary>The cell of the highest bin.</summary>
    public int LastBin => Bins + 1;

    /// <summary>Finite values, m of the formulas.</summary>
    public long Rows { get; }

    public long Missing { get; }

    public long NotANumber { get; }

    public long PositiveInfinity { get; }

    public long NegativeInfinity { get; }

    /// <summary>Rows of every kind: finite, non-finite and missing.</summary>
    public long Total => Rows + Missing + NotANumber + PositiveInfinity + NegativeInfinity;

    /// <summary>Smallest value of the bins.</summary>
    public float Minimum => Edges.Minimum;

    /// <summary>Largest value of the bins.</summary>
    public float Maximum => Edges.Maximum;

    public double Mean { get; }

    /// <summary>Standard deviation of the finite values, divisor m; 0 for a constant.</summary>
    public double Sigma { get; }

    /// <summary>The <see cref="Bins"/> − 1 inner edges, rising.</summary>
    public ReadOnlySpan<float> InnerEdges => Edges.Inner;

    /// <summary>Finite reference values per cell, <see cref="Cells"/> long.</summary>
    public ReadOnlySpan<long> Counts => _counts;

    /// <summary>Sum of the finite reference values per cell, <see cref="Cells"/> long.</summary>
    public ReadOnlySpan<double> Sums => _sums;

    internal BinEdges Edges { get; }

    /// <summary>Cell → coarse group (at most <see cref="Overdispersion.Groups"/>), for the estimate of φ.</summary>
    internal ReadOnlySpan<byte> Groups => _groups;

    /// <summary>Learns a reference from all its values; null with fewer than <see cref="MinimumRows"/> finite ones.</summary>
    /// <param name="values">The feature's values in any order; NaN and infinities are counted apart.</param>
    /// <param name="missing">Rows that had no value at all.</param>
    public static NumericReference? Learn(ReadOnlySpan<float> values, long missing = 0) => Learn(values, missing, out _);

    /// <inheritdoc cref="Learn(ReadOnlySpan{float}, long)"/>
    public static NumericReference? Learn(ReadOnlySpan<float> values, long missing, out LearnError error)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(missing);
        var learner = new NumericLearner(Math.Max(MinimumRows, values.Length));
        foreach (var value in values)
            learner.Add(value);
        learner.AddMissing(missing);
        return learner.Learn(out error);
    }

    /// <summary>The cell of a finite value, 0 … <see cref="Cells"/> − 1. For NaN the result is meaningless.</summary>
    public int Cell(float value) => Edges.Cell(value);

    /// <summary>
    /// The p-quantile, interpolated within its bin: for display, exact to the bin's width. p outside [0, 1] is taken as the nearer end.
    /// </summary>
    public double Quantile(double p)
    {
        double wanted = Math.Clamp(p, 0, 1) * Rows, before = _counts[0] + _counts[1];
        for (var cell = FirstBin; cell <= LastBin; cell++)
        {
            if (before + _counts[cell] >= wanted && _counts[cell] > 0)
            {
                var part = Math.Max(0, (wanted - before) / _counts[cell]);
                return _onlyUpperEdge[cell] ? Edges.Upper(cell) : Edges.Lower(cell) + part * ((double)Edges.Upper(cell) - Edges.Lower(cell));
            }

            before += _counts[cell];
        }

        return Maximum;
    }

    /// <summary>The reference as plain data.</summary>
    public NumericProfile ToProfile() => new()
    {
        Edges = InnerEdges.ToArray(),
        Minimum = Minimum,
        Maximum = Maximum,
        Counts = [.. _counts],
        Sums = [.. _sums],
        OnlyUpperEdge = [.. _onlyUpperEdge],
        Mean = Mean,
        Sigma = Sigma,
        Missing = Missing,
        NotANumber = NotANumber,
        PositiveInfinity = PositiveInfinity,
        NegativeInfinity = NegativeInfinity,
    };

    /// <summary>Reads a reference back; null and a reason for data that can't be one. Never throws for bad data.</summary>
    public static NumericReference? TryRestore(NumericProfile profile, out ProfileError error)
    {
        error = Check(profile);
        if (error != ProfileError.None)
            return null;
        var apart = new NonFinite
        {
            Missing = profile.Missing,
            NotANumber = profile.NotANumber,
            PositiveInfinity = profile.PositiveInfinity,
            NegativeInfinity = profile.NegativeInfinity,
        };
        var edges = new BinEdges([.. profile.Edges], profile.Minimum, profile.Maximum);
        return new NumericReference(edges, [.. profile.Counts], [.. profile.Sums], [.. profile.OnlyUpperEdge], profile.Mean, profile.Sigma, apart);
    }

    /// <summary>True if every reference value of the cell equals the cell's upper edge.</summary>
    internal bool OnlyUpperEdge(int cell) => _onlyUpperEdge[cell];

    private static ProfileError Check(NumericProfile profile)
    {
        if (profile.Edges is null || profile.Counts is null || profile.Sums is null || profile.OnlyUpperEdge is null
            || profile.Edges.Count >= MaximumBins)
            return ProfileError.Shape;
        var cells = profile.Edges.Count + 1 + BinEdges.Tails;
        if (profile.Counts.Count != cells || profile.Sums.Count != cells || profile.OnlyUpperEdge.Count != cells)
            return ProfileError.Shape;
        if (!float.IsFinite(profile.Minimum) || !float.IsFinite(profile.Maximum) || profile.Minimum > profile.Maximum)
            return ProfileError.Edges;
        var below = float.NegativeInfinity;
        foreach (var edge in profile.Edges)
        {
            if (!float.IsFinite(edge) || edge <= below || edge < profile.Minimum || edge >= profile.Maximum)
                return ProfileError.Edges;
            below = edge;
        }

        // A sum of 2^53 could still be added without a loss; more rows than that are no profile.
        const long Most = 1L << 53;
        long rows = 0;
        foreach (var count in profile.Counts.Concat([profile.Missing, profile.NotANumber, profile.PositiveInfinity, profile.NegativeInfinity]))
        {
            if (count is < 0 or > Most || rows > Most)
                return ProfileError.Counts;
            rows += count;
        }

        if (profile.Counts.Sum() < MinimumRows)
            return ProfileError.Counts;
        return !double.IsFinite(profile.Mean) || !double.IsFinite(profile.Sigma) || profile.Sigma < 0 || !profile.Sums.All(double.IsFinite)
            ? ProfileError.Moments
            : ProfileError.None;
    }
}
