using System.Buffers.Binary;

namespace Sidecar.Tensors.Protobuf;

/// <summary>The wire types of Protocol Buffers (protobuf.dev/programming-guides/encoding).</summary>
public enum WireType : byte
{
    Varint = 0,
    Fixed64 = 1,
    Bytes = 2,
    StartGroup = 3,
    EndGroup = 4,
    Fixed32 = 5,
}

/// <summary>
/// Reads one message field by field. Positions are those of the whole body, so that what is found can be left where it is. Every method answers false and
/// sets <see cref="Error"/> instead of throwing, and none allocates.
/// </summary>
public ref struct ProtoReader
{
    private readonly ReadOnlySpan<byte> _body;
    private readonly int _end;

    /// <summary>A reader of <c>body[start..end]</c>.</summary>
    public ProtoReader(ReadOnlySpan<byte> body, int start, int end)
    {
        _body = body;
        Position = start;
        _end = end;
    }

    internal ProtoReader(ReadOnlySpan<byte> body, Slice part)
        : this(body, part.Start, part.Start + part.Length)
    {
    }

    /// <summary>Where it reads on, from the body's start.</summary>
    public int Position { readonly get; private set; }

    /// <summary>How many bytes are left.</summary>
    public readonly int Length => _end - Position;

    /// <summary>The first thing that went wrong.</summary>
    public DecodeError Error { readonly get; private set; }

    /// <summary>The number of the field that <see cref="Next"/> found.</summary>
    public int Field { readonly get; private set; }

    /// <summary>How the field that <see cref="Next"/> found is written.</summary>
    public WireType Type { readonly get; private set; }

    /// <summary>The whole body.</summary>
    public readonly ReadOnlySpan<byte> Body => _body;

    /// <summary>Notes the first error; always false, so that a caller can return it.</summary>
    public bool Fail(DecodeError error)
    {
        if (Error == DecodeError.None)
            Error = error;
        return false;
    }

    /// <summary>Goes to the next field; false at the end, and on error. What the last field holds must have been read or skipped.</summary>
    public bool Next()
    {
        if (Position >= _end || Error != DecodeError.None || !ReadVarint(out var tag))
            return false;
        Type = (WireType)(tag & 7);
        Field = (int)(tag >> 3);
        // Field numbers go up to 2^29 - 1; 0 is none.
        return (tag >> 3) is > 0 and < (1 << 29) || Fail(DecodeError.Malformed);
    }

    /// <summary>Reads a number of up to 64 bits, 7 of them a byte.</summary>
    public bool ReadVarint(out ulong value)
    {
        value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (Position >= _end)
                return Fail(DecodeError.Truncated);
            var next = _body[Position++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return true;
        }

        return Fail(DecodeError.Malformed);
    }

    /// <summary>Reads four bytes.</summary>
    public bool ReadFixed32(out uint value)
    {
        value = 0;
        if (_end - Position < sizeof(uint))
            return Fail(DecodeError.Truncated);
        value = BinaryPrimitives.ReadUInt32LittleEndian(_body[Position..]);
        Position += sizeof(uint);
        return true;
    }

    /// <summary>Reads eight bytes.</summary>
    public bool ReadFixed64(out ulong value)
    {
        value = 0;
        if (_end - Position < sizeof(ulong))
            return Fail(DecodeError.Truncated);
        value = BinaryPrimitives.ReadUInt64LittleEndian(_body[Position..]);
        Position += sizeof(ulong);
        return true;
    }

    /// <summary>Reads a length and the bytes of that length, which are left where they are.</summary>
    internal bool ReadBytes(out Slice bytes)
    {
        bytes = Slice.Absent;
        if (Type != WireType.Bytes)
            return Fail(DecodeError.Malformed);
        if (!ReadVarint(out var length))
            return false;
        if (length > (ulong)(_end - Position))
            return Fail(DecodeError.Truncated);
        bytes = Slice.OfSource(Position, (int)length);
        Position += (int)length;
        return true;
    }

    /// <summary>A reader of the bytes that the field holds, be they a message or not.</summary>
    public bool ReadMessage(out ProtoReader message)
    {
        var found = ReadBytes(out var bytes);
        message = found ? new ProtoReader(_body, bytes) : default;
        return found;
    }

    /// <summary>Reads over the field that was found.</summary>
    public bool Skip() => Type switch
    {
        WireType.Varint => ReadVarint(out _),
        WireType.Fixed64 => ReadFixed64(out _),
        WireType.Bytes => ReadBytes(out _),
        WireType.Fixed32 => ReadFixed32(out _),
        // Groups are of proto2 and used by no inference protocol.
        _ => Fail(DecodeError.Malformed),
    };
}
