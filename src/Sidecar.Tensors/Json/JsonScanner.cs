using System.Buffers;
using System.Text.Unicode;

namespace Sidecar.Tensors.Json;

/// <summary>
/// A pull scanner over one JSON text (RFC 8259, plus the bare tokens NaN, Infinity and -Infinity, which Python writes). Every method answers false and
/// sets <see cref="Error"/> instead of throwing, and none allocates. After an error the scanner is of no further use.
/// </summary>
/// <remarks>Utf8JsonReader is not used: it throws on malformed text, knows no NaN, and reports truncation only through an exception.</remarks>
internal ref struct JsonScanner
{
    private static readonly SearchValues<byte> StringStops = SearchValues.Create(
        [(byte)'"', (byte)'\\', .. Enumerable.Range(0, 0x20).Select(control => (byte)control)]);

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly int _maxDepth;
    private int _depth;

    public JsonScanner(ReadOnlySpan<byte> bytes, int maxDepth)
    {
        _bytes = bytes;
        _maxDepth = maxDepth;
        Position = bytes.StartsWith("\uFEFF"u8) ? 3 : 0;
    }

    public int Position { readonly get; private set; }

    /// <summary>The first thing that went wrong.</summary>
    public DecodeError Error { readonly get; private set; }

    /// <summary>Notes the first error; always false, so that a caller can return it.</summary>
    public bool Fail(DecodeError error)
    {
        if (Error == DecodeError.None)
            Error = error;
        return false;
    }

    /// <summary>A scanner of the same text that stands at an earlier value of the level entered last.</summary>
    public readonly JsonScanner At(int position)
    {
        var copy = this;
        copy.Position = position;
        return copy;
    }

    /// <summary>The next byte that is not white space, not consumed; 0 and an error at the end of the text.</summary>
    public byte Peek()
    {
        while ((uint)Position < (uint)_bytes.Length)
        {
            var next = _bytes[Position];
            if (next > ' ')
                return next;
            if (next is not ((byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t'))
            {
                Fail(DecodeError.Malformed);
                return 0;
            }

            Position++;
        }

        Fail(DecodeError.Truncated);
        return 0;
    }

    /// <summary>Consumes one punctuation mark.</summary>
    public bool Expect(char mark)
    {
        if (Peek() != mark)
            return Fail(DecodeError.Malformed);
        Position++;
        return true;
    }

    /// <summary>Consumes <c>[</c> or <c>{</c> and goes a level down.</summary>
    public bool Enter(char open)
    {
        if (!Expect(open))
            return false;
        return ++_depth <= _maxDepth || Fail(DecodeError.TooLarge);
    }

    /// <summary>Consumes <c>]</c> or <c>}</c>, which the caller has seen, and goes a level up.</summary>
    public void Leave()
    {
        Position++;
        _depth--;
    }

    /// <summary>Goes to the next member of the entered object and past its colon; false at the end of the object, and on error.</summary>
    public bool NextMember(ref bool first, out JsonText name)
    {
        name = default;
        return Next(ref first, (byte)'}') && ReadString(out name) && Expect(':');
    }

    /// <summary>Goes to the next element of the entered array; false at the end of the array, and on error.</summary>
    public bool NextElement(ref bool first) => Next(ref first, (byte)']');

    /// <summary>Consumes <c>null</c> where it is next.</summary>
    public bool TryReadNull() => Peek() == 'n' && ReadLiteral("null"u8);

    public bool ReadLiteral(ReadOnlySpan<byte> literal)
    {
        var rest = _bytes[Position..];
        if (!rest.StartsWith(literal))
            return Fail(literal.StartsWith(rest) ? DecodeError.Truncated : DecodeError.Malformed);
        Position += literal.Length;
        return true;
    }

    /// <summary>Reads the string that is next.</summary>
    public bool ReadString(out JsonText text)
    {
        text = default;
        if (!Expect('"'))
            return false;
        var start = Position;
        var escaped = false;
        while (true)
        {
            var length = _bytes[Position..].IndexOfAny(StringStops);
            if (length < 0)
                return Fail(DecodeError.Truncated);
            Position += length;
            switch (_bytes[Position])
            {
                case (byte)'"':
                    text = new JsonText(_bytes[start..Position], escaped);
                    Position++;
                    return Utf8.IsValid(text.Raw) || Fail(DecodeError.Malformed);
                case (byte)'\\':
                    escaped = true;
                    if (!SkipEscape())
                        return false;
                    break;
                default:
                    return Fail(DecodeError.Malformed);
            }
        }
    }

    /// <summary>Reads the number that is next.</summary>
    public bool ReadNumber(out JsonNumber number)
    {
        Peek();
        var error = JsonNumber.Read(_bytes, Position, out number, out var end);
        Position = end;
        return error == DecodeError.None || Fail(error);
    }

    /// <summary>Reads over any value, checking its syntax. Recursion is bounded by the depth limit.</summary>
    public bool SkipValue()
    {
        var first = true;
        switch (Peek())
        {
            case (byte)'{':
                if (!Enter('{'))
                    return false;
                while (NextMember(ref first, out _))
                {
                    if (!SkipValue())
                        return false;
                }

                return Error == DecodeError.None;
            case (byte)'[':
                if (!Enter('['))
                    return false;
                while (NextElement(ref first))
                {
                    if (!SkipValue())
                        return false;
                }

                return Error == DecodeError.None;
            case (byte)'"':
                return ReadString(out _);
            case (byte)'t':
                return ReadLiteral("true"u8);
            case (byte)'f':
                return ReadLiteral("false"u8);
            case (byte)'n':
                return ReadLiteral("null"u8);
            default:
                return ReadNumber(out _);
        }
    }

    /// <summary>False where the string that is next surely is another one than <paramref name="quoted"/>, which is quicker to say than to read it.</summary>
    public readonly bool MayBe(ReadOnlySpan<byte> quoted)
    {
        var rest = _bytes[Position..];
        return rest.StartsWith(quoted) || (rest.Length > 1 && rest[..Math.Min(rest.Length, quoted.Length)].Contains((byte)'\\'));
    }

    /// <summary>The bytes between two positions.</summary>
    public readonly ReadOnlySpan<byte> Between(int start, int end) => _bytes[start..end];

    /// <summary>True where only white space follows; anything else is an error.</summary>
    public bool AtEnd()
    {
        var rest = _bytes[Position..].TrimStart(" \n\r\t"u8);
        return rest.IsEmpty || Fail(DecodeError.Malformed);
    }

    /// <summary>Goes to the next thing that is not white space, without an error at the end of the text: for several texts behind each other.</summary>
    public bool HasMore()
    {
        var rest = _bytes[Position..];
        Position += rest.Length - rest.TrimStart(" \n\r\t"u8).Length;
        return Position < _bytes.Length;
    }

    private bool Next(ref bool first, byte close)
    {
        if (Peek() == close)
        {
            Leave();
            return false;
        }

        if (!first && !Expect(','))
            return false;
        first = false;
        return Error == DecodeError.None;
    }

    private bool SkipEscape()
    {
        var rest = _bytes[(Position + 1)..];
        if (rest.IsEmpty)
            return Fail(DecodeError.Truncated);
        if (rest[0] != 'u')
        {
            Position += 2;
            return "\"\\/bfnrt"u8.Contains(rest[0]) || Fail(DecodeError.Malformed);
        }

        for (var i = 1; i <= 4; i++)
        {
            if (i == rest.Length)
                return Fail(DecodeError.Truncated);
            if (!char.IsAsciiHexDigit((char)rest[i]))
                return Fail(DecodeError.Malformed);
        }

        Position += 6;
        return true;
    }
}
