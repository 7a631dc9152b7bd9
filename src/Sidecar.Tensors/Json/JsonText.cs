using System.Buffers;
using System.Globalization;
using System.Text;

namespace Sidecar.Tensors.Json;

/// <summary>A scanned JSON string: valid UTF-8 between the quotes, every escape checked.</summary>
internal readonly ref struct JsonText(ReadOnlySpan<byte> raw, bool escaped)
{
    /// <summary>As written, escapes included.</summary>
    public ReadOnlySpan<byte> Raw { get; } = raw;

    /// <summary>Some of it is escaped.</summary>
    public bool IsEscaped => escaped;

    /// <summary>
    /// Writes the text that is meant and returns its length, which is never above that of <see cref="Raw"/>: the shortest escape of a
    /// character is no shorter than its UTF-8. Half a surrogate pair becomes U+FFFD.
    /// </summary>
    public int CopyTo(Span<byte> into)
    {
        if (!escaped)
        {
            Raw.CopyTo(into);
            return Raw.Length;
        }

        var from = Raw;
        var written = 0;
        while (true)
        {
            var plain = from.IndexOf((byte)'\\');
            var run = plain < 0 ? from : from[..plain];
            run.CopyTo(into[written..]);
            written += run.Length;
            if (plain < 0)
                return written;
            from = from[plain..];
            written += Unescape(ref from).EncodeToUtf8(into[written..]);
        }
    }

    /// <summary>The text is that name. Escapes are looked through: <c>"d\u0061ta"</c> is data.</summary>
    public bool Is(ReadOnlySpan<byte> name)
    {
        if (!escaped)
            return Raw.SequenceEqual(name);
        // Six bytes of escape for each byte of a name, at most; a longer text is another name. The names asked for are protocol words below 32 bytes.
        Span<byte> text = stackalloc byte[6 * 32];
        return Raw.Length <= text.Length && text[..CopyTo(text)].SequenceEqual(name);
    }

    /// <summary>The text as a string; allocates.</summary>
    public override string ToString()
    {
        var rented = ArrayPool<byte>.Shared.Rent(Raw.Length);
        var text = Encoding.UTF8.GetString(rented, 0, CopyTo(rented));
        ArrayPool<byte>.Shared.Return(rented);
        return text;
    }

    private static Rune Unescape(ref ReadOnlySpan<byte> from)
    {
        var mark = from[1];
        if (mark != 'u')
        {
            from = from[2..];
            return new Rune(mark switch
            {
                (byte)'b' => '\b',
                (byte)'f' => '\f',
                (byte)'n' => '\n',
                (byte)'r' => '\r',
                (byte)'t' => '\t',
                _ => (char)mark,
            });
        }

        var unit = Unit(from);
        from = from[6..];
        if (!char.IsSurrogate(unit))
            return new Rune(unit);
        if (from.StartsWith("\\u"u8) && Rune.TryCreate(unit, Unit(from), out var pair))
        {
            from = from[6..];
            return pair;
        }

        return Rune.ReplacementChar;
    }

    private static char Unit(ReadOnlySpan<byte> escape)
    {
        _ = ushort.TryParse(escape.Slice(2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit);
        return (char)unit;
    }
}
