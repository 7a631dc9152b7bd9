using System.Buffers.Binary;
using System.Numerics;

namespace Sidecar.Wire;

/// <summary>The decoded fields of one header block, one after the other: two lengths of 4 bytes, the name, the value. Reused.</summary>
internal sealed class HeaderBlock
{
    internal const int LengthBytes = 8;

    private byte[] _bytes = new byte[4096];
    private byte[] _scratch = [];
    private int _count;
    private int _max;

    /// <summary>Fields were left out because they are over the bound together.</summary>
    public bool Overflowed { get; private set; }

    /// <summary>What <see cref="HeaderFields"/> reads; valid until the next change.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _count);

    /// <summary>Room for a field while it is decoded.</summary>
    public Span<byte> Scratch => _scratch;

    /// <summary>Empties it, for at most that many bytes of fields.</summary>
    public void Clear(int maxBytes)
    {
        _count = 0;
        _max = maxBytes;
        Overflowed = false;
    }

    public void EnsureScratch(int length)
    {
        // A thread's block grows to the largest that it met, which is bounded by the longest head; in doublings, so a few times at most.
        if (_scratch.Length < length)
            _scratch = new byte[BitOperations.RoundUpToPowerOf2((uint)length)];
    }

    public void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        var needed = _count + LengthBytes + name.Length + value.Length;
        if (needed > _max)
        {
            Overflowed = true;
            return;
        }

        if (needed > _bytes.Length)
            Array.Resize(ref _bytes, Math.Min(_max, Math.Max(needed, 2 * _bytes.Length)));
        var target = _bytes.AsSpan(_count);
        BinaryPrimitives.WriteInt32LittleEndian(target, name.Length);
        BinaryPrimitives.WriteInt32LittleEndian(target[4..], value.Length);
        name.CopyTo(target[LengthBytes..]);
        value.CopyTo(target[(LengthBytes + name.Length)..]);
        _count = needed;
    }
}

/// <summary>Walks the fields of a <see cref="HeaderBlock"/>.</summary>
internal ref struct HeaderFields(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>The next field; false at the end.</summary>
    public bool Next(out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        name = value = default;
        if (_rest.IsEmpty)
            return false;
        var nameLength = BinaryPrimitives.ReadInt32LittleEndian(_rest);
        var valueLength = BinaryPrimitives.ReadInt32LittleEndian(_rest[4..]);
        name = _rest.Slice(HeaderBlock.LengthBytes, nameLength);
        value = _rest.Slice(HeaderBlock.LengthBytes + nameLength, valueLength);
        _rest = _rest[(HeaderBlock.LengthBytes + nameLength + valueLength)..];
        return true;
    }

    /// <summary>The first field of that name.</summary>
    public static bool TryFind(ReadOnlySpan<byte> fields, ReadOnlySpan<byte> lowerCaseName, out ReadOnlySpan<byte> value)
    {
        var all = new HeaderFields(fields);
        while (all.Next(out var name, out value))
        {
            if (name.SequenceEqual(lowerCaseName))
                return true;
        }

        value = default;
        return false;
    }
}
