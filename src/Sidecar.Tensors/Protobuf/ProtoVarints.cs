using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Sidecar.Tensors.Protobuf;

/// <summary>Packed numbers of variable length, read into elements of a fixed size. Fields of integers have no other form, so this is what typed contents cost.</summary>
internal static class ProtoVarints
{
    // So many bytes hold 64 bits, seven in each.
    private const int MaxLength = 10;

    /// <summary>How many there are: each ends with a byte below 128.</summary>
    public static int Count(ReadOnlySpan<byte> packed)
    {
        var count = 0;
        foreach (var next in packed)
            count += next < 0x80 ? 1 : 0;
        return count;
    }

    /// <summary>Reads numbers as elements of <typeparamref name="T"/>, little-endian as the machine.</summary>
    /// <param name="elements">Room for as many as there are.</param>
    /// <param name="low">The least number that the datatype holds; others are cut to its size.</param>
    /// <param name="high">The greatest.</param>
    /// <returns><see cref="DecodeError.ValueMismatch"/> where one was cut; malformed or truncated where the bytes are no numbers.</returns>
    public static DecodeError Read<T>(ReadOnlySpan<byte> packed, Span<byte> elements, long low, long high)
        where T : unmanaged, IBinaryInteger<T>
    {
        var to = MemoryMarshal.Cast<byte, T>(elements);
        var fits = true;
        var at = 0;
        for (var i = 0; i < to.Length;)
        {
            if (to.Length - i >= sizeof(ulong) && packed.Length - at >= sizeof(ulong) && TryReadEight(packed[at..], to[i..]))
            {
                at += sizeof(ulong);
                i += sizeof(ulong);
                continue;
            }

            if (!TryRead(packed, ref at, out var bits))
                return DecodeError.Malformed;
            fits &= (long)bits >= low && (long)bits <= high;
            to[i++] = T.CreateTruncating(bits);
        }

        return at < packed.Length ? DecodeError.Truncated : fits ? DecodeError.None : DecodeError.ValueMismatch;
    }

    /// <summary>Reads numbers of which any but 0 is true.</summary>
    public static DecodeError ReadBools(ReadOnlySpan<byte> packed, Span<byte> elements)
    {
        var at = 0;
        foreach (ref var element in elements)
        {
            if (!TryRead(packed, ref at, out var bits))
                return DecodeError.Malformed;
            element = bits == 0 ? (byte)0 : (byte)1;
        }

        return at < packed.Length ? DecodeError.Truncated : DecodeError.None;
    }

    /// <summary>Eight numbers below 128 at once, which fit any datatype.</summary>
    private static bool TryReadEight<T>(ReadOnlySpan<byte> packed, Span<T> to)
        where T : unmanaged, IBinaryInteger<T>
    {
        var eight = BinaryPrimitives.ReadUInt64LittleEndian(packed);
        if ((eight & 0x8080808080808080) != 0)
            return false;
        to = to[..sizeof(ulong)];
        for (var i = 0; i < to.Length; i++)
            to[i] = T.CreateTruncating((byte)(eight >> (8 * i)));
        return true;
    }

    /// <summary>Reads a number whose last byte is known to be there; false: it is longer than any.</summary>
    private static bool TryRead(ReadOnlySpan<byte> packed, ref int at, out ulong bits)
    {
        bits = packed[at++];
        if (bits < 0x80)
            return true;
        bits &= 0x7F;
        for (var shift = 7; shift < 7 * MaxLength; shift += 7)
        {
            ulong next = packed[at++];
            bits |= (next & 0x7F) << shift;
            if (next < 0x80)
                return true;
        }

        return false;
    }
}
