using System.Buffers;
using System.Text;

namespace Sidecar.Emit.Redaction.Text;

/// <summary>Escapes of URLs and of JSON strings.</summary>
internal static class Escapes
{
    /// <summary>Reads the escape that a text begins with.</summary>
    /// <param name="utf8">Room for the at most 4 bytes that it stands for.</param>
    /// <returns>Its length; 0: the text begins with none.</returns>
    public static int Read(ReadOnlySpan<byte> text, Span<byte> utf8, out int written)
    {
        written = 1;
        if (text.Length < 2)
            return 0;
        if (text[0] == '%')
            return TryHex(text, 1, 2, out var percent) ? Byte(utf8, (byte)percent, 3) : 0;
        return text[0] != '\\' ? 0 : text[1] switch
        {
            (byte)'u' => ReadUnicode(text, utf8, out written),
            (byte)'x' => TryHex(text, 2, 2, out var hex) ? Byte(utf8, (byte)hex, 4) : 0,
            (byte)'n' => Byte(utf8, (byte)'\n', 2),
            (byte)'t' => Byte(utf8, (byte)'\t', 2),
            (byte)'r' => Byte(utf8, (byte)'\r', 2),
            (byte)'b' => Byte(utf8, (byte)'\b', 2),
            (byte)'f' => Byte(utf8, (byte)'\f', 2),
            (byte)'"' or (byte)'\\' or (byte)'/' => Byte(utf8, text[1], 2),
            _ => 0,
        };
    }

    /// <summary>A JSON string's content without its escapes. Half a surrogate pair becomes U+FFFD; what is not UTF-8 stays as it is.</summary>
    public static ReadOnlySpan<byte> Unescape(ReadOnlySpan<byte> content, ref byte[] scratch)
    {
        if (scratch.Length < content.Length)
            scratch = new byte[content.Length];
        Span<byte> utf8 = stackalloc byte[4];
        var length = 0;
        for (var i = 0; i < content.Length;)
        {
            var written = 0;
            var taken = content[i] == '\\' ? Read(content[i..], utf8, out written) : 0;
            if (taken == 0)
            {
                scratch[length++] = content[i++];
                continue;
            }

            utf8[..written].CopyTo(scratch.AsSpan(length));
            length += written;
            i += taken;
        }

        return scratch.AsSpan(0, length);
    }

    /// <summary>The same text with U+FFFD for each part that is not UTF-8.</summary>
    public static ReadOnlySpan<byte> Repaired(ReadOnlySpan<byte> text)
    {
        var repaired = new ArrayBufferWriter<byte>(text.Length + 16);
        while (!text.IsEmpty)
        {
            var valid = Rune.DecodeFromUtf8(text, out _, out var taken) == OperationStatus.Done;
            repaired.Write(valid ? text[..taken] : "\uFFFD"u8);
            text = text[taken..];
        }

        return repaired.WrittenSpan;
    }

    private static int ReadUnicode(ReadOnlySpan<byte> text, Span<byte> utf8, out int written)
    {
        written = 0;
        if (!TryHex(text, 2, 4, out var unit))
            return 0;
        var taken = 6;
        if (!Rune.TryCreate(unit, out var rune))
        {
            var isPair = text.Length >= 12 && text[6] == '\\' && text[7] == 'u' && TryHex(text, 8, 4, out var low)
                && Rune.TryCreate((char)unit, (char)low, out rune);
            taken = isPair ? 12 : 6;
            if (!isPair)
                rune = Rune.ReplacementChar;
        }

        written = rune.EncodeToUtf8(utf8);
        return taken;
    }

    private static bool TryHex(ReadOnlySpan<byte> text, int start, int digits, out int value)
    {
        value = 0;
        if (text.Length < start + digits)
            return false;
        foreach (var b in text.Slice(start, digits))
        {
            if (!char.IsAsciiHexDigit((char)b))
                return false;
            value = (value << 4) | (char.IsAsciiDigit((char)b) ? b - '0' : (b | 0x20) - 'a' + 10);
        }

        return true;
    }

    private static int Byte(Span<byte> utf8, byte value, int length)
    {
        utf8[0] = value;
        return length;
    }
}
