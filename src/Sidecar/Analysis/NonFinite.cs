using System.Numerics;

namespace Sidecar.Analysis;

/// <summary>Counts values that are no numbers; finite data cost one pass without branches.</summary>
internal static class NonFinite
{
    public static void Count<T>(ReadOnlySpan<T> values, out int nan, out int infinite)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        nan = infinite = 0;
        // x - x is 0 for finite x and NaN for the others, and NaN survives a sum: clean data need no look at single values.
        var sum = T.Zero;
        foreach (var value in values)
            sum += value - value;
        if (!T.IsNaN(sum))
            return;
        foreach (var value in values)
        {
            if (T.IsNaN(value))
                nan++;
            else if (T.IsInfinity(value))
                infinite++;
        }
    }
}
