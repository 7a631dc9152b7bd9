using System.Numerics;
using System.Runtime.InteropServices;

namespace Sidecar.Analysis;

/// <summary>Counts values that are no numbers; finite data cost one pass without branches, at the speed of memory.</summary>
internal static class NonFinite
{
    public static void Count<T>(ReadOnlySpan<T> values, out int nan, out int infinite)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        nan = infinite = 0;
        if (AreAllFinite(values))
            return;
        foreach (var value in values)
        {
            if (T.IsNaN(value))
                nan++;
            else if (T.IsInfinity(value))
                infinite++;
        }
    }

    /// <summary>x - x is 0 for finite x and NaN for the others, and NaN survives a sum: clean data need no look at single values.</summary>
    private static bool AreAllFinite<T>(ReadOnlySpan<T> values)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var vectors = MemoryMarshal.Cast<T, Vector<T>>(values);
        // Four sums, so that an addition needn't wait for the one before.
        var (a, b, c, d) = (Vector<T>.Zero, Vector<T>.Zero, Vector<T>.Zero, Vector<T>.Zero);
        var i = 0;
        for (; i + 4 <= vectors.Length; i += 4)
        {
            a += vectors[i] - vectors[i];
            b += vectors[i + 1] - vectors[i + 1];
            c += vectors[i + 2] - vectors[i + 2];
            d += vectors[i + 3] - vectors[i + 3];
        }

        for (; i < vectors.Length; i++)
            a += vectors[i] - vectors[i];
        var rest = T.Zero;
        foreach (var value in values[(vectors.Length * Vector<T>.Count)..])
            rest += value - value;
        return !T.IsNaN(rest) && Vector.EqualsAll(a + b + c + d, Vector<T>.Zero);
    }
}
