using System.Buffers.Binary;
using System.Numerics;
using Sidecar.Tensors.Json;

namespace Sidecar.Tensors.OpenAi;

/// <summary>Lengths of JSON strings in Unicode characters, without unescaping them.</summary>
internal static class TextLength
{
    public static long Of(JsonText text)
    {
        var from = text.Raw;
        var length = 0L;
        while (true)
        {
            var plain = from.IndexOf((byte)'\\');
            length += Characters(plain < 0 ? from : from[..plain]);
            if (plain < 0)
                return length;
            from = from[plain..];
            // The scanner has checked every escape: \n and its like, or \u with four digits; two of those make one character where they are a pair.
            from = from[(from[1] != 'u' ? 2 : IsPair(from) ? 12 : 6)..];
            length++;
        }
    }

    /// <summary>Every byte of UTF-8 but the continuations begins a character.</summary>
    private static long Characters(ReadOnlySpan<byte> utf8)
    {
        const ulong lowest = 0x0101_0101_0101_0101;
        long length = utf8.Length;
        for (; utf8.Length >= sizeof(ulong); utf8 = utf8[sizeof(ulong)..])
        {
            var eight = BinaryPrimitives.ReadUInt64LittleEndian(utf8);
            length -= BitOperations.PopCount((eight >> 7) & ~(eight >> 6) & lowest);
        }

        foreach (var value in utf8)
            length -= (value & 0xC0) == 0x80 ? 1 : 0;
        return length;
    }

    private static bool IsPair(ReadOnlySpan<byte> escape) =>
        IsHalf(escape, (byte)'8', (byte)'B') && escape.Length >= 12 && IsHalf(escape[6..], (byte)'C', (byte)'F');

    /// <summary><c>\uDnxx</c> with n in a range of four digits.</summary>
    private static bool IsHalf(ReadOnlySpan<byte> escape, byte least, byte most)
    {
        if (escape[0] != '\\' || escape[1] != 'u' || (escape[2] | 0x20) != 'd')
            return false;
        var digit = char.IsAsciiLetterLower((char)escape[3]) ? (byte)(escape[3] - 0x20) : escape[3];
        // The digits 8, 9, A, B and C, D, E, F: no other symbol of hexadecimal lies between the ends of a range.
        return digit >= least && digit <= most;
    }
}
