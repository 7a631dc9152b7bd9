using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Sidecar.Statistics;

/// <summary>Why a reference could not be learned.</summary>
public enum LearnError : byte
{
    None,

    /// <summary>Fewer usable rows than <see cref="NumericReference.MinimumRows"/> or <see cref="CategoricalReference.MinimumRows"/>.</summary>
    TooFewRows,
}

/// <summary>
/// What a numeric feature looked like before serving started: at most 64 bins between quantiles of the reference, and its count and sum per
/// bin. Immutable, safe to share between threads.
/// </summary>
/// <remarks>
/// Cells are numbered 0 = below the reference's minimum, 1 … <see cref="Bins"/> = the bins in rising order, <see cref="Bins"/> + 1 = above its
/// maximum. A bin is (lower edge, upper edge], the first one [min, upper edge]. Edges are float32 values and every count is taken from the
/// float32 values with the same comparison that live rows use, so a tie can't fall on different sides of an edge.
/// </remarks>
public sealed class NumericReference
{
    /// <summary>Bins at most; 63 edges fit eight 256-bit compares.</summary>
    public const int MaximumBins = 64;

    /// <summary>Finite values that a reference needs: one for every bin.</summary>
    public const int MinimumRows = 64;

    // Padded with +infinity, which no finite value exceeds, so that Bin needs neither a length nor a branch.
    private readonly float[] _edges = new float[MaximumBins];
    private readonly long[] _counts;
    private readonly double[] _sums;
    private readonly bool[] _onlyUpperEdge;
    private readonly byte[] _groups;

    private NumericReference(float[] sorted, NonFinite apart)
    {
        var edges = QuantileEdges.Choose(sorted, MaximumBins);
        _edges.AsSpan().Fill(float.PositiveInfinity);
        edges.CopyTo(_edges, 0);
        Bins = edges.Length + 1;
        Minimum = sorted[0];
        Maximum = sorted[^1];
        Rows = sorted.Length;
        Missing = apart.Missing;
        NotANumber = apart.NotANumber;
        PositiveInfinity = apart.PositiveInfinity;
        NegativeInfinity = apart.NegativeInfinity;
        _counts = new long[Cells];
        _sums = new double[Cells];
        _onlyUpperEdge = new bool[Cells];
        _onlyUpperEdge.AsSpan().Fill(true);
        (Mean, Sigma) = Count(sorted);
        _groups = CoarseGroups.Contiguous(_counts);
    }

    /// <summary>Bins between minimum and maximum, 1 … 64.</summary>
    public int Bins { get; }

    /// <summary>Bins plus the cells below and above.</summary>
    public int Cells => Bins + 2;

    /// <summary>Finite values, m of the formulas.</summary>
    public long Rows { get; }

    public long Missing { get; }

    public long NotANumber { get; }

    public long PositiveInfinity { get; }

    public long NegativeInfinity { get; }

    /// <summary>Rows of every kind: finite, non-finite and missing.</summary>
    public long Total => Rows + Missing + NotANumber + PositiveInfinity + NegativeInfinity;

    public float Minimum { get; }

    public float Maximum { get; }

    public double Mean { get; }

    /// <summary>Standard deviation of the finite values, divisor m; 0 for a constant.</summary>
    public double Sigma { get; }

    /// <summary>The <see cref="Bins"/> − 1 inner edges, rising.</summary>
    public ReadOnlySpan<float> Edges => _edges.AsSpan(0, Bins - 1);

    /// <summary>Finite reference values per cell, <see cref="Cells"/> long; the outer two are 0 by construction.</summary>
    public ReadOnlySpan<long> Counts => _counts;

    /// <summary>Sum of the finite reference values per cell, <see cref="Cells"/> long.</summary>
    public ReadOnlySpan<double> Sums => _sums;

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
        var finite = new float[values.Length];
        var apart = new NonFinite { Missing = missing };
        var length = 0;
        foreach (var value in values)
        {
            if (float.IsFinite(value))
                finite[length++] = value + 0f; // -0 becomes +0: the two compare equal, so they must be one value
            else
                apart.Add(value);
        }

        error = length < MinimumRows ? LearnError.TooFewRows : LearnError.None;
        if (error != LearnError.None)
            return null;
        Array.Resize(ref finite, length);
        Array.Sort(finite);
        return new NumericReference(finite, apart);
    }

    /// <summary>The cell of a finite value, 0 … <see cref="Bins"/> + 1. For NaN the result is meaningless.</summary>
    public int Bin(float value)
    {
        // The number of edges below the value is its bin. Comparing all 64 beats six dependent loads of a binary search.
        ref var edges = ref MemoryMarshal.GetArrayDataReference(_edges); // 64 floats, always
        var at = Vector256.Create(value);
        var a = Below(ref edges, at, 0) + Below(ref edges, at, 8);
        var b = Below(ref edges, at, 16) + Below(ref edges, at, 24);
        var c = Below(ref edges, at, 32) + Below(ref edges, at, 40);
        var d = Below(ref edges, at, 48) + Below(ref edges, at, 56);
        var cell = 1 - Vector256.Sum(a + b + (c + d)); // every hit is -1
        cell = value < Minimum ? 0 : cell;
        return value > Maximum ? Bins + 1 : cell;
    }

    /// <summary>Upper edge of a bin, 1 … <see cref="Bins"/>.</summary>
    internal float UpperEdge(int bin) => bin == Bins ? Maximum : _edges[bin - 1];

    /// <summary>Lower end of a bin: the edge below it, or the minimum.</summary>
    internal float LowerEdge(int bin) => bin == 1 ? Minimum : _edges[bin - 2];

    /// <summary>True if the bin can hold one float32 value only.</summary>
    internal bool IsPoint(int bin) =>
        bin == 1 ? UpperEdge(1) == Minimum : MathF.BitDecrement(UpperEdge(bin)) == LowerEdge(bin);

    /// <summary>True if every reference value of the bin equals the bin's upper edge.</summary>
    internal bool OnlyUpperEdge(int bin) => _onlyUpperEdge[bin];

    private static Vector256<int> Below(ref float edges, Vector256<float> value, nuint offset) =>
        Vector256.LessThan(Vector256.LoadUnsafe(ref edges, offset), value).AsInt32();

    private (double Mean, double Sigma) Count(float[] sorted)
    {
        double mean = 0, squares = 0;
        long rows = 0;
        foreach (var value in sorted)
        {
            var cell = Bin(value);
            _counts[cell]++;
            _sums[cell] += value;
            _onlyUpperEdge[cell] &= value == UpperEdge(cell);
            var delta = value - mean; // Welford, in double
            mean += delta / ++rows;
            squares += delta * (value - mean);
        }

        return (mean, Math.Sqrt(squares / rows));
    }
}
