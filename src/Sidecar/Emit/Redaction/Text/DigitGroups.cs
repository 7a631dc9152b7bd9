namespace Sidecar.Emit.Redaction.Text;

/// <summary>Runs of digits of a text, without those of UUIDs and of long hexadecimal ids, which would look like anything.</summary>
internal sealed class DigitGroups
{
    private const int LongHex = 32;
    private readonly List<(int Start, int End)> _groups = [];

    public int Count => _groups.Count;

    public int Start(int i) => _groups[i].Start;

    public int End(int i) => _groups[i].End;

    public int Length(int i) => _groups[i].End - _groups[i].Start;

    /// <summary>What is between a group and the next; the rest of the text after the last.</summary>
    public ReadOnlySpan<char> Gap(ReadOnlySpan<char> text, int i) => text[_groups[i].End..(i + 1 < _groups.Count ? _groups[i + 1].Start : text.Length)];

    public void Fill(ReadOnlySpan<char> text)
    {
        _groups.Clear();
        for (var i = 0; i < text.Length;)
        {
            if (!Chars.IsWord(text[i]))
            {
                i++;
                continue;
            }

            // A word: letters and digits.
            if (IsUuid(text[i..]))
            {
                i += 36;
                continue;
            }

            var end = i;
            var isHex = true;
            var hasLetter = false;
            for (; end < text.Length && Chars.IsWord(text[end]); end++)
            {
                isHex &= char.IsAsciiHexDigit(text[end]);
                hasLetter |= !char.IsAsciiDigit(text[end]);
            }

            if (!(isHex && hasLetter && end - i >= LongHex))
                AddDigits(text, i, end);
            i = end;
        }
    }

    private void AddDigits(ReadOnlySpan<char> text, int start, int end)
    {
        while (start < end)
        {
            var stop = start;
            while (stop < end && char.IsAsciiDigit(text[stop]))
                stop++;
            if (stop > start)
                _groups.Add((start, stop));
            start = stop + 1;
        }
    }

    private static bool IsUuid(ReadOnlySpan<char> text)
    {
        if (text.Length < 36 || text[8] != '-' || Chars.IsWordAt(text, 36))
            return false;
        var hasLetter = false;
        for (var i = 0; i < 36; i++)
        {
            var isDash = i is 8 or 13 or 18 or 23;
            if (isDash ? text[i] != '-' : !char.IsAsciiHexDigit(text[i]))
                return false;
            hasLetter |= char.IsAsciiLetter(text[i]);
        }

        return hasLetter;
    }
}
