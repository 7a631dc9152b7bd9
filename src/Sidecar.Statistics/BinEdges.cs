using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Sidecar.Statistics;

/// <summary>
/// The cells of a numeric feature: far below, below, at most 64 bins between minimum and maximum, above, far above. Far is more than one width
/// of the range beyond its end: no chance but another unit, a sentinel or a broken sensor. Immutable.
/// </summary>
/// <remarks>
/// A cell is (lower edge, upper edge]; the lowest bin also holds the minimum. Edges are float32, and reference and live values meet the same
/// comparison, so a tie can't fall on different sides of an edge. A constant has no width: any other value is far.
/// </remarks>
internal sealed class BinEdges
{
    /// <summary>Cells that are not bins: two on either side.</summary>
    public const int Tails = 4;

    // 63 inner edges and two at either end are 67; 72 are nine 256-bit compares. The rest is +infinity, which no finite value exceeds.
    private const int Padded = 72;
    private readonly float[] _edges = new float[Padded];

    /// <param name="inner">Strictly rising finite edges between the ends, at most 63.</param>
    /// <param name="minimum">The smallest value of the lowest bin.</param>
    /// <param name="maximum">The largest value of the highest bin.</param>
    public BinEdges(ReadOnlySpan<float> inner, float minimum, float maximum)
    {
        (Minimum, Maximum, Bins) = (minimum, maximum, inner.Length + 1);
        _edges.AsSpan().Fill(float.PositiveInfinity);
        // Saturates to an infinity where the range is that wide: then nothing is far.
        var width = maximum - minimum;
        _edges[0] = MathF.BitDecrement(minimum - width);
        _edges[1] = MathF.BitDecrement(minimum); // exceeding it is the same as reaching the minimum
        inner.CopyTo(_edges.AsSpan(2));
        _edges[Bins + 1] = maximum;
        _edges[Bins + 2] = maximum + width;
    }

    /// <summary>Bins between minimum and maximum, 1 … 64.</summary>
    public int Bins { get; }

    public int Cells => Bins + Tails;

    public float Minimum { get; }

    public float Maximum { get; }

    public ReadOnlySpan<float> Inner => _edges.AsSpan(2, Bins - 1);

    /// <summary>The cell of a finite value: the number of edges below it. For NaN the result is meaningless.</summary>
    public int Cell(float value)
    {
        // Comparing all edges beats seven dependent loads of a binary search.
        ref var edges = ref MemoryMarshal.GetArrayDataReference(_edges); // 72 floats, always
        var at = Vector256.Create(value);
        var a = Below(ref edges, at, 0) + Below(ref edges, at, 8) + Below(ref edges, at, 16);
        var b = Below(ref edges, at, 24) + Below(ref edges, at, 32) + Below(ref edges, at, 40);
        var c = Below(ref edges, at, 48) + Below(ref edges, at, 56) + Below(ref edges, at, 64);
        return -Vector256.Sum(a + b + c); // every hit is -1
    }

    /// <summary>Upper edge of a bin, given as its cell.</summary>
    public float Upper(int cell) => _edges[cell];

    /// <summary>Upper edges of all cells but the last, and +∞ beyond.</summary>
    public ReadOnlySpan<float> Upper() => _edges;

    /// <summary>Lower end of a bin, given as its cell: the edge below it, or the minimum.</summary>
    public float Lower(int cell) => cell == 2 ? Minimum : _edges[cell - 1];

    /// <summary>True if the bin can hold one float32 value only.</summary>
    public bool IsPoint(int cell) =>
        cell == 2 ? Upper(2) == Minimum : MathF.BitDecrement(Upper(cell)) == Lower(cell);

    private static Vector256<int> Below(ref float edges, Vector256<float> value, nuint offset) =>
        Vector256.LessThan(Vector256.LoadUnsafe(ref edges, offset), value).AsInt32();
}
