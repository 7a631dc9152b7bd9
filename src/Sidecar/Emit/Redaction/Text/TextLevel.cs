using System.Globalization;
using System.Text;

namespace Sidecar.Emit.Redaction.Text;

/// <summary>
/// A text as bytes with escapes undone, each byte knowing where in the source it comes from, and its folded view in which patterns are looked for:
/// one char for each character, wide forms, odd spaces and dashes made plain, characters of no width left out. Reused; grows to the longest text.
/// </summary>
internal sealed class TextLevel
{
    /// <summary>Stands for any letter beyond ASCII.</summary>
    public const char Letter = '\u00E9';

    /// <summary>The full stop of scripts without spaces: a dot in domains, and nowhere else.</summary>
    public const char FullStop = '\u3002';

    private const char Other = '\uFFFC';
    private byte[] _bytes = new byte[256];
    private int[] _starts = new int[257];
    private char[] _view = new char[256];
    private int[] _at = new int[257];
    private int _length;
    private int _viewLength;

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    public ReadOnlySpan<char> View => _view.AsSpan(0, _viewLength);

    /// <summary>Where in the source each byte begins, and where the last one ends.</summary>
    public ReadOnlySpan<int> Starts => _starts.AsSpan(0, _length + 1);

    /// <summary>Memory that it holds.</summary>
    public int Capacity => _bytes.Length;

    /// <summary>The bytes behind a part of the view.</summary>
    public ReadOnlySpan<byte> BytesOf(int start, int end) => Bytes[_at[start].._at[end]];

    /// <summary>The part of the source behind a part of the view.</summary>
    public (int Start, int End) SourceOf(int start, int end) => (_starts[_at[start]], _starts[_at[end]]);

    /// <summary>The source itself.</summary>
    public void Fill(ReadOnlySpan<byte> source)
    {
        Reserve(source.Length);
        source.CopyTo(_bytes);
        for (var i = 0; i <= source.Length; i++)
            _starts[i] = i;
        _length = source.Length;
        Fold();
    }

    /// <summary>Another level with one layer of escapes undone; false where it has none.</summary>
    public bool FillUnescaped(TextLevel from)
    {
        var source = from.Bytes;
        if (source.IndexOfAny((byte)'%', (byte)'\\') < 0)
            return false;
        Reserve(source.Length);
        _length = 0;
        var changed = false;
        Span<byte> utf8 = stackalloc byte[4];
        for (var i = 0; i < source.Length;)
        {
            var taken = Escapes.Read(source[i..], utf8, out var written);
            if (taken == 0)
            {
                utf8[0] = source[i];
                taken = written = 1;
            }
            else
            {
                changed = true;
            }

            foreach (var b in utf8[..written])
            {
                _starts[_length] = from._starts[i];
                _bytes[_length++] = b;
            }

            i += taken;
        }

        _starts[_length] = from._starts[source.Length];
        if (changed)
            Fold();
        return changed;
    }

    private void Reserve(int length)
    {
        if (_bytes.Length >= length)
            return;
        _bytes = new byte[length];
        _starts = new int[length + 1];
        _view = new char[length];
        _at = new int[length + 1];
    }

    private void Fold()
    {
        _viewLength = 0;
        for (var i = 0; i < _length;)
        {
            var c = (char)_bytes[i];
            var taken = 1;
            if (c >= 0x80)
            {
                // What is not UTF-8 here (an escape may say anything) stands for itself.
                var valid = Rune.DecodeFromUtf8(Bytes[i..], out var rune, out taken) == System.Buffers.OperationStatus.Done;
                c = valid ? Folded(rune) : Other;
            }

            if (c != '\0' || taken == 1)
            {
                _at[_viewLength] = i;
                _view[_viewLength++] = c;
            }

            i += taken;
        }

        _at[_viewLength] = _length;
    }

    // '\0': has no width.
    private static char Folded(Rune rune)
    {
        var value = rune.Value;
        if (value is >= 0xFF01 and <= 0xFF5E)
            return (char)(value - 0xFEE0);
        switch (value)
        {
            case 0xA0 or (>= 0x2000 and <= 0x200A) or 0x202F or 0x205F or 0x3000:
                return ' ';
            case (>= 0x2010 and <= 0x2015) or 0x2212 or 0xFE58 or 0xFE63:
                return '-';
            case 0x3002 or 0xFF61:
                return FullStop;
            case 0xFE6B:
                return '@';
            case 0xAD or (>= 0x200B and <= 0x200F) or (>= 0x202A and <= 0x202E) or (>= 0x2060 and <= 0x206F) or 0xFEFF:
                return '\0';
        }

        return Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.DecimalDigitNumber => (char)('0' + (int)Rune.GetNumericValue(rune)),
            <= UnicodeCategory.EnclosingMark => Letter,
            _ => Other,
        };
    }
}
