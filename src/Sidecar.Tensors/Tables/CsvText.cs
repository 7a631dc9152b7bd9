using System.Buffers;

namespace Sidecar.Tensors.Tables;

/// <summary>Where a field of CSV ends.</summary>
internal enum CsvEnd : byte
{
    /// <summary>At a comma.</summary>
    Field,

    /// <summary>With its line, or the text.</summary>
    Line,
}

/// <summary>One field: its text without the quotes around it.</summary>
internal readonly ref struct CsvField(ReadOnlySpan<byte> text, int start, bool isEscaped)
{
    public ReadOnlySpan<byte> Text { get; } = text;

    /// <summary>Where the text begins.</summary>
    public int Start { get; } = start;

    /// <summary>Quotes in it are doubled.</summary>
    public bool IsEscaped { get; } = isEscaped;

    /// <summary>Writes the text that is meant, each doubled quote once, and returns its length, which is never above that of <see cref="Text"/>.</summary>
    public int CopyTo(Span<byte> into)
    {
        var rest = Text;
        var written = 0;
        while (true)
        {
            var quote = IsEscaped ? rest.IndexOf("\"\""u8) : -1;
            var run = quote < 0 ? rest : rest[..(quote + 1)];
            run.CopyTo(into[written..]);
            written += run.Length;
            if (quote < 0)
                return written;
            rest = rest[(quote + 2)..];
        }
    }
}

/// <summary>A pull scanner over CSV (RFC 4180; a line may end with LF alone).</summary>
internal ref struct CsvText
{
    private static readonly SearchValues<byte> FieldEnds = SearchValues.Create(",\n\r"u8);

    private readonly ReadOnlySpan<byte> _bytes;

    public CsvText(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes;
        Position = bytes.StartsWith("\uFEFF"u8) ? 3 : 0;
    }

    public int Position { readonly get; set; }

    /// <summary>Goes past empty lines; false at the end of the text.</summary>
    public bool HasLine()
    {
        var rest = _bytes[Position..];
        Position += rest.Length - rest.TrimStart("\r\n"u8).Length;
        return Position < _bytes.Length;
    }

    /// <summary>Reads the field that is next, and what ends it.</summary>
    public DecodeError Next(out CsvField field, out CsvEnd end)
    {
        if (Position < _bytes.Length && _bytes[Position] == '"')
            return NextQuoted(out field, out end);
        field = new CsvField(Unquoted(_bytes, Position), Position, isEscaped: false);
        end = PassEnd(Position + field.Text.Length);
        return DecodeError.None;
    }

    /// <summary>Goes past the end of a field that stands at a position. A CR that no LF follows ends a line, too.</summary>
    public CsvEnd PassEnd(int at)
    {
        if (at < _bytes.Length && _bytes[at] == ',')
        {
            Position = at + 1;
            return CsvEnd.Field;
        }

        Position = Math.Min(at + 1, _bytes.Length);
        if (at < _bytes.Length && _bytes[at] == '\r' && Position < _bytes.Length && _bytes[Position] == '\n')
            Position++;
        return CsvEnd.Line;
    }

    /// <summary>A field ends at a position.</summary>
    public readonly bool IsEnd(int at) => at >= _bytes.Length || _bytes[at] is (byte)',' or (byte)'\n' or (byte)'\r';

    /// <summary>The field without quotes that begins at a position.</summary>
    public static ReadOnlySpan<byte> Unquoted(ReadOnlySpan<byte> bytes, int start)
    {
        var rest = bytes[start..];
        var end = rest.IndexOfAny(FieldEnds);
        return end < 0 ? rest : rest[..end];
    }

    private DecodeError NextQuoted(out CsvField field, out CsvEnd end)
    {
        field = default;
        end = CsvEnd.Line;
        var start = Position + 1;
        var isEscaped = false;
        for (var at = start; ; at += 2, isEscaped = true)
        {
            var quote = _bytes[at..].IndexOf((byte)'"');
            if (quote < 0)
                return DecodeError.Truncated;
            at += quote;
            if (at + 1 < _bytes.Length && _bytes[at + 1] == '"')
                continue;
            if (!IsEnd(at + 1))
                return DecodeError.Malformed;
            field = new CsvField(_bytes[start..at], start, isEscaped);
            end = PassEnd(at + 1);
            return DecodeError.None;
        }
    }
}
