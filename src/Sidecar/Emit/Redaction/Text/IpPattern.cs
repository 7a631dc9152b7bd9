using System.Net;
using System.Net.Sockets;

namespace Sidecar.Emit.Redaction.Text;

/// <summary>Addresses of the Internet Protocol.</summary>
internal static class IpPattern
{
    private const int LongestToken = 80;
    private const int LongestAddress = 45;

    public static void Find4(ReadOnlySpan<char> text, DigitGroups groups, IPatternSink sink)
    {
        for (var i = 0; i + 3 < groups.Count; i++)
        {
            var start = groups.Start(i);
            var end = groups.End(i + 3);
            if (Chars.IsWordAt(text, start - 1) || Chars.IsWordAt(text, end)
                || (Chars.At(text, start - 1) == '.' && Chars.IsDigitAt(text, start - 2)) || (Chars.At(text, end) == '.' && Chars.IsDigitAt(text, end + 1)))
                continue;
            if (IsDotted(text, groups, i))
                sink.Add(RedactionKind.Ipv4, start, end);
        }
    }

    public static void Find6(ReadOnlySpan<char> text, IPatternSink sink)
    {
        for (var i = 0; i < text.Length;)
        {
            if (!IsPart(text[i]))
            {
                i++;
                continue;
            }

            var end = i;
            while (end < text.Length && IsPart(text[end]))
                end++;
            if (end - i <= LongestToken)
                FindIn(text, i, end, sink);
            i = end;
        }
    }

    private static bool IsDotted(ReadOnlySpan<char> text, DigitGroups groups, int first)
    {
        for (var i = first; i < first + 4; i++)
        {
            if (groups.Length(i) > 3 || (i < first + 3 && groups.Gap(text, i) is not "."))
                return false;
            var value = 0;
            foreach (var c in text[groups.Start(i)..groups.End(i)])
                value = (value * 10) + c - '0';
            if (value > 255)
                return false;
        }

        return true;
    }

    private static bool IsPart(char c) => char.IsAsciiHexDigit(c) || c is ':' or '.';

    // A label may stand in front (addr:2001:db8::1), so what is behind each colon is tried too.
    private static void FindIn(ReadOnlySpan<char> text, int start, int end, IPatternSink sink)
    {
        while (end > start && (text[end - 1] == '.' || (text[end - 1] == ':' && Chars.At(text, end - 2) != ':')))
            end--;
        if (Chars.IsWordAt(text, end) || text[start..end].Count(':') < 2)
            return;
        for (var from = start; end - from >= 3; from++)
        {
            if ((from > start ? text[from - 1] == ':' : !Chars.IsWordAt(text, from - 1)) && IsAddress(text[from..end]))
            {
                sink.Add(RedactionKind.Ipv6, from, end);
                return;
            }
        }
    }

    // Names of C++ (a::b) parse too: without a digit, or more colons, it is none.
    private static bool IsAddress(ReadOnlySpan<char> token) =>
        token.Length <= LongestAddress && token.Count(':') >= 2 && (token.ContainsAnyInRange('0', '9') || token.Count(':') >= 3)
        && IPAddress.TryParse(token, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6;
}
