using System.Buffers;
using System.Buffers.Binary;

namespace Sidecar.Wire;

/// <summary>The frame types of RFC 9113 §6 that say something about exchanges.</summary>
internal enum Http2FrameType : byte
{
    Data = 0,
    Headers = 1,
    ResetStream = 3,
    PushPromise = 5,
    GoAway = 7,
    Continuation = 9,
}

internal enum Http2Step : byte
{
    /// <summary>All input is used up.</summary>
    NeedMore,

    /// <summary>A piece of a DATA frame's data, without its padding; may be empty where the frame is.</summary>
    Data,

    /// <summary>A frame that is wanted whole, or the beginning of it that is wanted.</summary>
    Frame,
    Malformed,
    TooLarge,
}

/// <summary>
/// Cuts one direction of an HTTP/2 connection into frames (RFC 9113 §4.1). Data is given as it comes; of the others only those that matter
/// are put together, in a pooled array where one is split over reads, and the rest is skipped.
/// </summary>
internal struct Http2FrameReader
{
    private const int HeaderBytes = 9;
    private const byte PaddedFlag = 0x8;

    // Most header blocks fit.
    private const int FirstRent = 512;

    private ulong _header;
    private int _headerCount;
    private byte _header9;
    private bool _inPayload;
    private bool _padLengthRead;
    private int _left;
    private int _padding;
    private int _wanted;
    private byte[]? _kept;
    private int _keptCount;

    public Http2FrameType Type { get; private set; }
    public byte Flags { get; private set; }
    public int StreamId { get; private set; }

    /// <summary>After <see cref="Http2Step.Data"/>: the frame's last piece.</summary>
    public readonly bool EndsFrame => !_inPayload;

    /// <summary>Gives the array back and starts over.</summary>
    public void Reset()
    {
        ReturnKept();
        this = default;
    }

    /// <summary>
    /// Takes the next step off <paramref name="input"/>; to be called again after <see cref="Http2Step.Data"/> and <see cref="Http2Step.Frame"/>, whose
    /// <paramref name="payload"/> is valid until then.
    /// </summary>
    public Http2Step Read(ref ReadOnlySpan<byte> input, int maxHeadBytes, out ReadOnlySpan<byte> payload)
    {
        payload = default;
        if (_keptCount > 0 && _wanted == 0)
            ReturnKept(); // it was given by the last call; what may be left of that frame is skipped
        while (true)
        {
            if (!_inPayload)
            {
                if (!ReadHeader(ref input))
                    return Http2Step.NeedMore;
                _wanted = Type switch
                {
                    Http2FrameType.Headers or Http2FrameType.PushPromise or Http2FrameType.Continuation => _left,
                    Http2FrameType.ResetStream => 4,
                    Http2FrameType.GoAway => 8,
                    _ => 0,
                };
                if (_wanted > maxHeadBytes)
                    return Http2Step.TooLarge;
                if (_wanted > _left || (Type == Http2FrameType.Data && StreamId == 0))
                    return Http2Step.Malformed;
                _inPayload = true;
                if (_left == 0)
                {
                    _inPayload = false;
                    if (Type == Http2FrameType.Data && (Flags & PaddedFlag) != 0)
                        return Http2Step.Malformed;
                    if (Type == Http2FrameType.Data)
                        return Http2Step.Data;
                    if (Type is Http2FrameType.Headers or Http2FrameType.PushPromise or Http2FrameType.Continuation)
                        return Http2Step.Frame;
                    continue;
                }
            }

            if (input.IsEmpty)
                return Http2Step.NeedMore;
            if (Type == Http2FrameType.Data)
                return ReadData(ref input, out payload);
            if (_wanted == 0)
            {
                Skip(ref input);
                continue;
            }

            if (Gather(ref input, out payload))
                return Http2Step.Frame;
        }
    }

    private bool ReadHeader(ref ReadOnlySpan<byte> input)
    {
        if (_headerCount == 0 && input.Length >= HeaderBytes)
        {
            Parse(BinaryPrimitives.ReadUInt64BigEndian(input), input[8]);
            input = input[HeaderBytes..];
            return true;
        }

        while (!input.IsEmpty)
        {
            if (_headerCount < 8)
                _header = (_header << 8) | input[0];
            else
                _header9 = input[0];
            input = input[1..];
            if (++_headerCount < HeaderBytes)
                continue;
            _headerCount = 0;
            Parse(_header, _header9);
            _header = 0;
            return true;
        }

        return false;
    }

    // 24 bits of length, 8 of type, 8 of flags, one reserved, 31 of stream.
    private void Parse(ulong first8, byte last)
    {
        _left = (int)(first8 >> 40);
        Type = (Http2FrameType)(byte)(first8 >> 32);
        Flags = (byte)(first8 >> 24);
        StreamId = (int)(((first8 & 0xFFFFFF) << 8) | last) & int.MaxValue;
        _padding = 0;
        _padLengthRead = false;
    }

    private Http2Step ReadData(ref ReadOnlySpan<byte> input, out ReadOnlySpan<byte> data)
    {
        data = default;
        if ((Flags & PaddedFlag) != 0 && !_padLengthRead)
        {
            _padLengthRead = true;
            _padding = input[0];
            input = input[1..];
            _left--;
            if (_padding > _left)
                return Http2Step.Malformed;
        }

        var length = Math.Min(input.Length, _left - _padding);
        data = input[..length];
        input = input[length..];
        _left -= length;
        if (_left == _padding)
        {
            var padding = Math.Min(input.Length, _left);
            input = input[padding..];
            _left -= padding;
            _padding -= padding;
        }

        _inPayload = _left > 0;
        return Http2Step.Data;
    }

    private void Skip(ref ReadOnlySpan<byte> input)
    {
        var length = Math.Min(input.Length, _left);
        input = input[length..];
        _left -= length;
        _inPayload = _left > 0;
    }

    private bool Gather(ref ReadOnlySpan<byte> input, out ReadOnlySpan<byte> payload)
    {
        var length = Math.Min(input.Length, _wanted);
        var piece = input[..length];
        input = input[length..];
        _left -= length;
        _wanted -= length;
        _inPayload = _left > 0;
        payload = piece;
        if (_wanted == 0 && _keptCount == 0)
            return true;
        if (_kept is null || _kept.Length < _keptCount + length)
        {
            // Room for what came and as much again: a length that is only announced must cost nothing, or many connections would cost much.
            var needed = _keptCount + length;
            var larger = ArrayPool<byte>.Shared.Rent(Math.Min(needed + _wanted, Math.Max(FirstRent, 2 * needed)));
            _kept.AsSpan(0, _keptCount).CopyTo(larger);
            if (_kept is not null)
                ArrayPool<byte>.Shared.Return(_kept);
            _kept = larger;
        }

        piece.CopyTo(_kept.AsSpan(_keptCount));
        _keptCount += length;
        payload = _kept.AsSpan(0, _keptCount);
        return _wanted == 0;
    }

    private void ReturnKept()
    {
        if (_kept is not null)
            ArrayPool<byte>.Shared.Return(_kept);
        _kept = null;
        _keptCount = 0;
    }
}
