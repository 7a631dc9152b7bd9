using System.Buffers.Binary;

namespace Sidecar.Statistics;

/// <summary>
/// 64-bit hashes of category values. Deterministic, so that two runs agree to the last count; a sender who crafts collisions meets the bounded
/// probe length of <see cref="ValueTable"/> and the comparison of the bytes.
/// </summary>
internal static class ValueHash
{
    // Odd constants with about half their bits set: the fractional parts of √2, √3 and √5.
    private const ulong First = 0x6A09E667F3BCC909;
    private const ulong Second = 0xBB67AE8584CAA73B;
    private const ulong Third = 0x3C6EF372FE94F82B;

    public static ulong Of(ReadOnlySpan<byte> value)
    {
        var hash = First ^ ((ulong)value.Length * Second);
        while (value.Length >= sizeof(ulong))
        {
            hash = Fold(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(value), Second);
            value = value[sizeof(ulong)..];
        }

        ulong tail = 0;
        if (value.Length >= sizeof(uint))
        {
            tail = BinaryPrimitives.ReadUInt32LittleEndian(value);
            value = value[sizeof(uint)..];
        }

        foreach (var b in value)
            tail = (tail << 8) | b;
        return Fold(hash ^ tail, Third);
    }

    /// <summary>A bijection: equal hashes are equal values, so an integer needs no second comparison.</summary>
    public static ulong Of(long value)
    {
        var hash = (ulong)value;
        hash = (hash ^ (hash >> 32)) * Second;
        hash = (hash ^ (hash >> 29)) * Third;
        return hash ^ (hash >> 32);
    }

    private static ulong Fold(ulong left, ulong right)
    {
        var high = Math.BigMul(left, right, out var low);
        return high ^ low;
    }
}
