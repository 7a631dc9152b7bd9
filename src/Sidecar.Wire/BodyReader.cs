namespace Sidecar.Wire;

internal enum BodyStep : byte
{
    /// <summary>All input is used up.</summary>
    NeedMore,

    /// <summary>A piece of the body; there may be more in the same input.</summary>
    Data,

    /// <summary>A piece of the section behind the last chunk: the trailer fields, and the empty line that ends them.</summary>
    Trailers,

    /// <summary>The body is whole; what is left of the input belongs to the next message.</summary>
    End,
    Malformed,
    TrailersTooLong,
}

/// <summary>Finds the body in the bytes after a head: of a fixed length, in chunks (RFC 9112 §7.1), or up to the close.</summary>
internal struct BodyReader
{
    private enum State : byte
    {
        Data,
        Size,
        SizeDigits,
        SizePadding,
        Extension,
        SizeLineFeed,
        DataReturn,
        DataLineFeed,
        TrailerStart,
        TrailerLine,
        TrailerLineFeed,
        LastLineFeed,
        Ended,
    }

    private BodyKind _kind;
    private State _state;
    private int _trailerRoom;

    // What is left of a fixed body or of the chunk; while its size line is read, the size so far.
    private long _left;

    public readonly bool IsUntilClose => _kind == BodyKind.UntilClose;

    /// <param name="kind">Any but None and Ambiguous.</param>
    /// <param name="length">Of a fixed body, above 0.</param>
    /// <param name="maxTrailerBytes">The longest trailer section.</param>
    public void Start(BodyKind kind, long length, int maxTrailerBytes)
    {
        _kind = kind;
        _state = kind == BodyKind.Chunked ? State.Size : State.Data;
        _left = kind switch { BodyKind.Fixed => length, BodyKind.UntilClose => long.MaxValue, _ => 0 };
        _trailerRoom = maxTrailerBytes;
    }

    /// <summary>Takes the next piece off <paramref name="input"/>. To be called again after <see cref="BodyStep.Data"/> and <see cref="BodyStep.Trailers"/>.</summary>
    public BodyStep Read(ref ReadOnlySpan<byte> input, out ReadOnlySpan<byte> data)
    {
        data = default;
        while (true)
        {
            if (_state == State.Ended || (_state == State.Data && _left == 0 && _kind == BodyKind.Fixed))
                return BodyStep.End;
            if (input.IsEmpty)
                return BodyStep.NeedMore;
            if (_state == State.Data)
            {
                var length = (int)Math.Min(input.Length, _left);
                data = input[..length];
                input = input[length..];
                // A body up to the close has no length to count down.
                if (_kind != BodyKind.UntilClose)
                    _left -= length;
                if (_left == 0 && _kind == BodyKind.Chunked)
                    _state = State.DataReturn;
                return BodyStep.Data;
            }

            if (_state == State.Extension)
            {
                var end = input.IndexOfAny((byte)'\r', (byte)'\n');
                if (end >= 0 && input[end] == '\n')
                    return BodyStep.Malformed;
                input = end < 0 ? default : input[(end + 1)..];
                _state = end < 0 ? State.Extension : State.SizeLineFeed;
                continue;
            }

            if (_state >= State.TrailerStart)
                return ReadTrailers(ref input, out data);
            if (!Advance(input[0]))
                return BodyStep.Malformed;
            input = input[1..];
        }
    }

    private BodyStep ReadTrailers(ref ReadOnlySpan<byte> input, out ReadOnlySpan<byte> data)
    {
        data = default;
        var length = 0;
        for (; length < input.Length && _state != State.Ended; length++)
        {
            if (_trailerRoom-- == 0)
                return BodyStep.TrailersTooLong;
            if (!Advance(input[length]))
                return BodyStep.Malformed;
        }

        data = input[..length];
        input = input[length..];
        return BodyStep.Trailers;
    }

    // One byte of chunked framing. CR and LF are only taken as a pair: a lone one is what request smuggling is made of.
    private bool Advance(byte next)
    {
        switch (_state)
        {
            case State.Size or State.SizeDigits:
                var digit = char.IsAsciiHexDigit((char)next) ? next <= '9' ? next - '0' : (next | 0x20) - 'a' + 10 : -1;
                if (digit >= 0)
                {
                    if (_left > long.MaxValue >> 4)
                        return false;
                    _left = (_left << 4) | (uint)digit;
                    _state = State.SizeDigits;
                    return true;
                }

                return _state == State.SizeDigits && AfterSize(next);
            case State.SizePadding:
                return AfterSize(next);
            case State.SizeLineFeed:
                _state = _left == 0 ? State.TrailerStart : State.Data;
                return next == '\n';
            case State.DataReturn:
                _state = State.DataLineFeed;
                return next == '\r';
            case State.DataLineFeed:
                _state = State.Size;
                return next == '\n';
            case State.TrailerStart:
                _state = next == '\r' ? State.LastLineFeed : State.TrailerLine;
                return next != '\n';
            case State.TrailerLine:
                _state = next == '\r' ? State.TrailerLineFeed : State.TrailerLine;
                return next != '\n';
            case State.TrailerLineFeed:
                _state = State.TrailerStart;
                return next == '\n';
            case State.LastLineFeed:
                _state = State.Ended;
                return next == '\n';
            default:
                return false;
        }
    }

    // Some servers pad the size with spaces, ahead of an extension or of nothing.
    private bool AfterSize(byte next)
    {
        _state = next switch
        {
            (byte)'\r' => State.SizeLineFeed,
            (byte)';' => State.Extension,
            _ => State.SizePadding,
        };
        return next is (byte)'\r' or (byte)';' or (byte)' ' or (byte)'\t';
    }
}
