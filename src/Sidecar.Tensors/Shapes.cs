namespace Sidecar.Tensors;

/// <summary>Arithmetic on shapes.</summary>
internal static class Shapes
{
    /// <summary>A dimension is negative, which no message may say of its data.</summary>
    public static bool HasNegative(ReadOnlySpan<long> shape)
    {
        foreach (var length in shape)
        {
            if (length < 0)
                return true;
        }

        return false;
    }

    /// <summary>The number of elements: 1 for a scalar, 0 where any dimension is 0 or negative, saturated at <see cref="long.MaxValue"/>.</summary>
    public static long Product(ReadOnlySpan<long> shape)
    {
        var product = 1L;
        var overflow = false;
        foreach (var length in shape)
        {
            if (length <= 0)
                return 0;
            overflow |= product > long.MaxValue / length;
            product = overflow ? long.MaxValue : product * length;
        }

        return product;
    }
}
