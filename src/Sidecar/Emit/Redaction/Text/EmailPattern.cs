namespace Sidecar.Emit.Redaction.Text;

/// <summary>
/// Mail addresses, of any script, with a domain that has a dot. Signs that the standard allows but that mostly separate (/ = &amp; and others) end the local part.
/// </summary>
internal static class EmailPattern
{
    private const int LongestQuoted = 66;

    public static void Find(ReadOnlySpan<char> text, IPatternSink sink)
    {
        // Neither side goes past another '@', so each character is looked at twice at most.
        for (var at = text.IndexOf('@'); at >= 0; at = Next(text, at))
        {
            var start = LocalStart(text, at);
            if (start == at)
                continue;
            var end = at + 1;
            while (end < text.Length && (Chars.IsWord(text[end]) || text[end] is '.' or '-' or '_' or TextLevel.FullStop))
                end++;
            while (end > at + 1 && !Chars.IsWord(text[end - 1]))
                end--;
            if (IsDomain(text[(at + 1)..end]))
                sink.Add(RedactionKind.Email, start, end);
            else if (Chars.At(text, at + 1) == '[' && text[at..Math.Min(text.Length, at + LongestQuoted)].IndexOf(']') is var close and > 2)
                sink.Add(RedactionKind.Email, start, at + close + 1);
        }
    }

    private static int Next(ReadOnlySpan<char> text, int at)
    {
        var next = text[(at + 1)..].IndexOf('@');
        return next < 0 ? -1 : at + 1 + next;
    }

    private static int LocalStart(ReadOnlySpan<char> text, int at)
    {
        if (Chars.At(text, at - 1) == '"')
        {
            var from = Math.Max(0, at - LongestQuoted);
            var open = text[from..(at - 1)].LastIndexOf('"');
            if (open >= 0)
                return from + open;
        }

        var start = at;
        while (start > 0 && (Chars.IsWord(text[start - 1]) || "'+-_~.".Contains(text[start - 1])))
            start--;
        // A quote around it is none of it.
        while (start < at && text[start] == '\'')
            start++;
        return start;
    }

    // A label after the first that could be a top-level domain: npm@1.2.3 is no address.
    private static bool IsDomain(ReadOnlySpan<char> domain)
    {
        var dot = domain.IndexOfAny('.', TextLevel.FullStop);
        if (dot <= 0)
            return false;
        domain = domain[(dot + 1)..];
        foreach (var range in domain.SplitAny('.', TextLevel.FullStop))
        {
            var label = domain[range];
            var letters = 0;
            while (letters < label.Length && Chars.IsWord(label[letters]) && !char.IsAsciiDigit(label[letters]))
                letters++;
            if (letters >= 2 || label.StartsWith("xn--", StringComparison.OrdinalIgnoreCase) || (letters == 1 && label.Length == 1 && label[0] == TextLevel.Letter))
                return true;
        }

        return false;
    }
}
