namespace Sidecar.Emit.Redaction.Text;

/// <summary>Numbers of payment cards: 13 to 19 digits in whole groups whose check digit (Luhn) is right.</summary>
internal static class CardPattern
{
    private const int MinDigits = 13;
    private const int MaxDigits = 19;

    public static void Find(ReadOnlySpan<char> text, DigitGroups groups, IPatternSink sink)
    {
        // From each group at most 19 digits on, so the work is linear.
        for (var first = 0; first < groups.Count; first++)
        {
            if (!IsFraction(text, groups, first) && FindEnd(text, groups, first) is var last and >= 0)
                sink.Add(RedactionKind.CardNumber, groups.Start(first), groups.End(last));
        }
    }

    /// <summary>It is one, written as digits alone.</summary>
    public static bool IsCard(ReadOnlySpan<char> digits)
    {
        var sums = default(Sums);
        if (digits.Length > MaxDigits)
            return false;
        sums.Add(digits);
        return IsCard(sums, digits.IsEmpty ? '0' : digits[0]);
    }

    private static int FindEnd(ReadOnlySpan<char> text, DigitGroups groups, int first)
    {
        var found = -1;
        var sums = default(Sums);
        for (var i = first; i < groups.Count; i++)
        {
            if (sums.Count + groups.Length(i) > MaxDigits)
                break;
            sums.Add(text[groups.Start(i)..groups.End(i)]);
            if (IsCard(sums, text[groups.Start(first)]))
                found = i;
            if (i + 1 == groups.Count || !Joins(groups.Gap(text, i), groups.Length(i), groups.Length(i + 1)))
                break;
        }

        return found;
    }

    // Those that begin with 1 are 15 digits long (UATP): other lengths are times in milli-, micro- and nanoseconds until 2033. None begins with 0.
    private static bool IsCard(in Sums sums, char first) =>
        sums.Count is >= MinDigits and <= MaxDigits && sums.IsLuhn && (first >= '2' || (first == '1' && sums.Count == 15));

    // 0.4242424242424242 is a number.
    private static bool IsFraction(ReadOnlySpan<char> text, DigitGroups groups, int i) =>
        Chars.At(text, groups.Start(i) - 1) == '.' && Chars.IsDigitAt(text, groups.Start(i) - 2)
        && !(i > 0 && groups.Length(i) == 4 && groups.Length(i - 1) == 4);

    private static bool Joins(ReadOnlySpan<char> gap, int before, int after) =>
        (gap.Length is 1 or 2 && !gap.ContainsAnyExcept(" -+")) || (before == 4 && after == 4 && gap.Length == 1 && "._/,\t\r\n".Contains(gap[0]));

    // Which digits are doubled depends on how many there are; both sums are kept.
    private struct Sums
    {
        private int _even;
        private int _odd;

        public int Count { get; private set; }

        public readonly bool IsLuhn => (Count % 2 == 0 ? _even : _odd) % 10 == 0;

        public void Add(ReadOnlySpan<char> digits)
        {
            foreach (var c in digits)
            {
                var plain = c - '0';
                var doubled = plain > 4 ? (plain * 2) - 9 : plain * 2;
                _even += Count % 2 == 0 ? doubled : plain;
                _odd += Count % 2 == 0 ? plain : doubled;
                Count++;
            }
        }
    }
}
