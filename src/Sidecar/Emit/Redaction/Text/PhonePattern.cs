using System.Buffers;

namespace Sidecar.Emit.Redaction.Text;

/// <summary>
/// Phone numbers: international ones, begun by <c>+</c> or <c>00</c>, and national ones with separators in the forms 212-555-1234, 0171 1234567 (a trunk
/// 0 and 9 to 12 digits), 612 345 678 and 98765 43210. Digits without a sign or separators are no phone number: too much else is.
/// </summary>
internal static class PhonePattern
{
    private const int MaxDigits = 15;
    private const int MaxNational = 12;
    private const int LongNumber = 10;
    private static readonly SearchValues<char> Separators = SearchValues.Create(" -.()/");

    public static void Find(ReadOnlySpan<char> text, DigitGroups groups, IPatternSink sink)
    {
        for (var i = 0; i < groups.Count; i++)
        {
            var start = groups.Start(i);
            var isPlus = Chars.At(text, start - 1) == '+';
            int last;
            if (isPlus && text[start] != '0')
                last = International(text, groups, i, 8, false);
            else if (Chars.IsWordAt(text, start - 1))
                continue;
            else if (groups.Length(i) > 2 && text[start] == '0' && text[start + 1] == '0' && text[start + 2] != '0')
                last = International(text, groups, i, 10, true);
            else
                last = IsAttached(text, start) ? -1 : National(text, groups, i);
            if (last < i)
                continue;
            var before = Chars.At(text, start - 1);
            sink.Add(RedactionKind.Phone, before is '+' or '(' ? start - 1 : start, groups.End(last));
        }
    }

    private static int International(ReadOnlySpan<char> text, DigitGroups groups, int first, int min, bool separated)
    {
        var last = Longest(text, groups, first, min, MaxDigits, isSigned: true);
        if (last == first)
            return separated ? -1 : last;
        // +1.23456789 is a number; +1.212.555.1234 is not, nor is there one as long as +12125551234.5 is.
        if (last == first + 1 && groups.Gap(text, first) is ".")
            return groups.Length(first) >= LongNumber ? first : -1;
        return last;
    }

    private static int National(ReadOnlySpan<char> text, DigitGroups groups, int i)
    {
        if (text[groups.Start(i)] == '0')
            return groups.Length(i) is >= 2 and <= 6 && !IsDate(text, groups, i) ? Longest(text, groups, i, 9, MaxNational, isSigned: false) : -1;
        if (Is(groups, i, 1, 3, 3, 4) && text[groups.Start(i)] == '1' && IsNorthAmerican(text, groups, i + 1) && IsGap(groups.Gap(text, i)))
            return i + 3;
        if (Is(groups, i, 3, 3, 4) && IsNorthAmerican(text, groups, i))
            return i + 2;
        if (Is(groups, i, 3, 3, 3) && text[groups.Start(i)] >= '4' && IsAlone(text, groups, i, i + 2))
            return i + 2;
        return Is(groups, i, 5, 5) && text[groups.Start(i)] >= '6' && IsAlone(text, groups, i, i + 1) ? i + 1 : -1;
    }

    private static bool IsNorthAmerican(ReadOnlySpan<char> text, DigitGroups groups, int i) =>
        text[groups.Start(i)] >= '2' && text[groups.Start(i + 1)] >= '2' && IsGap(groups.Gap(text, i))
        && groups.Gap(text, i + 1) is " " or "-" or "." && !IsFollowed(text, groups.End(i + 2));

    // The same separator on either side would make it a part of something longer, such as 612 345 678 901.
    private static bool IsAlone(ReadOnlySpan<char> text, DigitGroups groups, int first, int last)
    {
        var gap = groups.Gap(text, first);
        if (gap is not (" " or "-") || IsFollowed(text, groups.End(last)))
            return false;
        for (var i = first; i < last; i++)
        {
            if (!groups.Gap(text, i).SequenceEqual(gap))
                return false;
        }

        return !(first > 0 && groups.Gap(text, first - 1).SequenceEqual(gap)) && !(last + 1 < groups.Count && groups.Gap(text, last).SequenceEqual(gap));
    }

    // The last group with which it has that many digits; at most 15 groups on.
    private static int Longest(ReadOnlySpan<char> text, DigitGroups groups, int first, int min, int max, bool isSigned)
    {
        var found = -1;
        var digits = 0;
        for (var i = first; i < groups.Count; i++)
        {
            digits += groups.Length(i);
            if (digits > max)
                break;
            if (digits >= min && (isSigned || Chars.At(text, groups.End(i)) == '.' || !IsFollowed(text, groups.End(i))))
                found = i;
            var gap = groups.Gap(text, i);
            // Dots between all or none: else it would run from one number into another.
            if (i + 1 == groups.Count || !IsGap(gap) || gap.Contains('.') != groups.Gap(text, first).Contains('.'))
                break;
        }

        return found;
    }

    private static bool IsGap(ReadOnlySpan<char> gap) => gap.Length is >= 1 and <= 3 && !gap.ContainsAnyExcept(Separators);

    private static bool Is(DigitGroups groups, int first, params ReadOnlySpan<int> lengths)
    {
        if (first + lengths.Length > groups.Count)
            return false;
        for (var i = 0; i < lengths.Length; i++)
        {
            if (groups.Length(first + i) != lengths[i])
                return false;
        }

        return true;
    }

    // 09.05.2024, 09-05-2024
    private static bool IsDate(ReadOnlySpan<char> text, DigitGroups groups, int i) =>
        Is(groups, i, 2, 2, 4) && text[groups.Start(i + 2)] is '1' or '2' && groups.Gap(text, i).SequenceEqual(groups.Gap(text, i + 1));

    private static bool IsAttached(ReadOnlySpan<char> text, int start) =>
        "-.:/+".Contains(Chars.At(text, start - 1)) && Chars.IsDigitAt(text, start - 2);

    private static bool IsFollowed(ReadOnlySpan<char> text, int end) =>
        Chars.IsWordAt(text, end) || ("-.:/".Contains(Chars.At(text, end)) && Chars.IsDigitAt(text, end + 1));
}
