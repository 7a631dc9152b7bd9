using System.Numerics;

namespace Sidecar.Tensors.Json;

/// <summary>
/// The nearest double of a 64-bit mantissa times a power of ten, without big integers (D. Lemire, Number Parsing at a Gigabyte per Second, arXiv:2101.11408,
/// algorithm 1). Clients that turn FP32 arrays to Python lists send 16 or 17 digits for each element, too many for one exact double operation.
/// </summary>
internal static class EiselLemire
{
    // 5^54 is the greatest power of five whose double fits 128 bits, which the division below needs. Exponents beyond are rare in tensors.
    private const int Greatest = 54;

    private static readonly UInt128[] Fives = MakeFives();

    /// <summary>False where the answer needs more bits than this method has: an exponent outside ±54, or a product too close to a tie.</summary>
    public static bool TryToDouble(ulong mantissa, int exponent, out double value)
    {
        value = 0;
        if (mantissa == 0)
            return true;
        if ((uint)(exponent + Greatest) > 2 * Greatest)
            return false;
        var shift = BitOperations.LeadingZeroCount(mantissa);
        var normal = mantissa << shift;
        var five = Fives[exponent + Greatest];
        var high = Math.BigMul(normal, (ulong)(five >> 64), out var low);
        // 54 bits are kept, one of them for rounding. Only where the nine below are all ones can the lower half of the power carry into them.
        if ((high & 0x1FF) == 0x1FF)
        {
            var carry = Math.BigMul(normal, (ulong)five, out _);
            low += carry;
            if (low < carry)
                high++;
            // Below 5^-27 the power itself is not exact enough to say on which side of the carry this lies.
            if (low == ulong.MaxValue && exponent < -27)
                return false;
        }

        var top = (int)(high >> 63);
        var bits = high >> (top + 9);
        // Exactly halfway is possible only for these exponents; round to even there.
        if (low <= 1 && exponent is >= -4 and <= 23 && (bits & 3) == 1 && bits << (top + 9) == high)
            bits &= ~1UL;
        bits = (bits + (bits & 1)) >> 1;
        // floor(exponent · log2(10)) as a fixed-point product, the place of the mantissa's first bit, and the bias of a double.
        var power = ((217706 * exponent) >> 16) + 63 + top - shift + 1023;
        if (bits == 1UL << 53)
        {
            bits >>= 1;
            power++;
        }

        value = BitConverter.UInt64BitsToDouble((bits & ~(1UL << 52)) | ((ulong)power << 52));
        return true;
    }

    /// <summary>The first 128 bits of 5^e for e from -54 to 54.</summary>
    private static UInt128[] MakeFives()
    {
        var fives = new UInt128[(2 * Greatest) + 1];
        var power = UInt128.One;
        for (var e = 0; e <= Greatest; e++, power *= 5)
        {
            fives[Greatest + e] = power << (int)UInt128.LeadingZeroCount(power);
            if (e > 0)
                fives[Greatest - e] = Reciprocal(power) + (e <= 27 ? UInt128.One : UInt128.Zero);
        }

        return fives;
    }

    /// <summary>The first 128 bits of 1 ÷ <paramref name="power"/>, rounded down: long division, bit by bit.</summary>
    private static UInt128 Reciprocal(UInt128 power)
    {
        // The greatest power of two below: every further doubling yields a bit of the quotient, the first of them a one.
        var rest = UInt128.One << (int)UInt128.Log2(power);
        var quotient = UInt128.Zero;
        for (var bit = 0; bit < 128; bit++)
        {
            rest <<= 1;
            quotient <<= 1;
            if (rest >= power)
            {
                rest -= power;
                quotient |= UInt128.One;
            }
        }

        return quotient;
    }
}
