using System.Buffers.Binary;

namespace Sidecar.Testing.Fuzzing;

/// <summary>Damages inputs in the ways that byte-level fuzzers have found to pay: one to a few changes at a time, in a buffer of its own.</summary>
internal sealed class Mutator(SplitMix random, IReadOnlyList<byte[]> tokens, int longest)
{
    // Where lengths, sizes and numbers of bits change their form, in HTTP/2, HPACK, gRPC and .NET.
    private static readonly uint[] Numbers =
    [
        0, 1, 2, 4, 5, 8, 9, 15, 16, 30, 31, 32, 62, 63, 64, 100, 126, 127, 128, 129, 254, 255, 256, 257, 511, 512, 1023, 1024, 4095, 4096, 4097,
        8192, 16383, 16384, 16385, 32767, 32768, 65535, 65536, 0xFFFFFF, 0x1000000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF,
    ];

    private readonly byte[] _bytes = new byte[longest];
    private readonly byte[] _copy = new byte[longest];
    private int _length;

    /// <summary>An input made from a seed, and perhaps a piece of another one; valid until the next call.</summary>
    public ReadOnlySpan<byte> Mutate(ReadOnlySpan<byte> seed, ReadOnlySpan<byte> other)
    {
        _length = Math.Min(seed.Length, longest);
        seed[.._length].CopyTo(_bytes);
        for (var changes = 1 + random.Below(random.Below(4) == 0 ? 16 : 4); changes > 0; changes--)
            Change(other);
        return _bytes.AsSpan(0, _length);
    }

    private void Change(ReadOnlySpan<byte> other)
    {
        var at = random.Below(_length + 1);
        var count = Math.Min(1 + random.Below(random.Below(4) == 0 ? 200 : 12), _length - at);
        switch (random.Below(14))
        {
            case 0 when at < _length: _bytes[at] ^= (byte)(1 << random.Below(8)); break;
            case 1 when at < _length: _bytes[at] = (byte)random.Next(); break;
            case 2 when at < _length: _bytes[at] += (byte)(random.Below(71) - 35); break;
            case 3: Number(at); break;
            case 4: Remove(at, count); break;
            case 5: Random(at, 1 + random.Below(8)); break;
            case 6: Insert(random.Below(_length + 1), Piece(at, count)); break;
            case 7: Overwrite(random.Below(_length + 1), Piece(at, count)); break;
            case 8: Swap(at, count); break;
            case 9 when random.Below(4) == 0: _length = at; break;
            case 10 when !other.IsEmpty: Splice(at, other); break;
            case 11 when !other.IsEmpty: Insert(at, Window(other)); break;
            case 12 when tokens.Count > 0: Overwrite(at, random.Of(tokens)); break;
            default: Insert(at, tokens.Count > 0 ? random.Of(tokens) : Piece(at, count)); break;
        }
    }

    private ReadOnlySpan<byte> Window(ReadOnlySpan<byte> other)
    {
        var start = random.Below(other.Length);
        return other.Slice(start, Math.Min(other.Length - start, 1 + random.Below(64)));
    }

    private ReadOnlySpan<byte> Piece(int at, int count)
    {
        _bytes.AsSpan(at, count).CopyTo(_copy);
        return _copy.AsSpan(0, count);
    }

    // Big-endian, one to four bytes, in place.
    private void Number(int at)
    {
        var width = Math.Min(1 + random.Below(4), _length - at);
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(number, Numbers[random.Below(Numbers.Length)]);
        number[(4 - width)..].CopyTo(_bytes.AsSpan(at));
    }

    private void Remove(int at, int count)
    {
        _bytes.AsSpan((at + count).._length).CopyTo(_bytes.AsSpan(at));
        _length -= count;
    }

    private void Random(int at, int count)
    {
        Span<byte> noise = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(noise, random.Next());
        Insert(at, noise[..count]);
    }

    private void Insert(int at, ReadOnlySpan<byte> bytes)
    {
        bytes = bytes[..Math.Min(bytes.Length, longest - _length)];
        _bytes.AsSpan(at.._length).CopyTo(_bytes.AsSpan(at + bytes.Length));
        bytes.CopyTo(_bytes.AsSpan(at));
        _length += bytes.Length;
    }

    private void Overwrite(int at, ReadOnlySpan<byte> bytes) => bytes[..Math.Min(bytes.Length, _length - at)].CopyTo(_bytes.AsSpan(at));

    private void Swap(int at, int count)
    {
        var rest = _length - at - count;
        if (rest < count || count == 0)
            return;
        var second = at + count + random.Below(rest - count + 1);
        var piece = Piece(at, count);
        _bytes.AsSpan(second, count).CopyTo(_bytes.AsSpan(at));
        piece.CopyTo(_bytes.AsSpan(second));
    }

    private void Splice(int at, ReadOnlySpan<byte> other)
    {
        var from = random.Below(other.Length);
        _length = at;
        Insert(at, other[from..]);
    }
}
