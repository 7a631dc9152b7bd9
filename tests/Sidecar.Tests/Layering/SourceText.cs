using System.Text;

namespace Sidecar.Tests.Layering;

/// <summary>C# source reduced to what can refer to something.</summary>
internal static class SourceText
{
    /// <summary>Without comments, characters and plain strings. Interpolated strings stay: there is code in their holes.</summary>
    public static string WithoutCommentsAndStrings(string text)
    {
        var kept = new StringBuilder(text.Length);
        var i = 0;
        while (i < text.Length)
        {
            var end = Skipped(text, i);
            if (end == i)
            {
                kept.Append(text[i++]);
                continue;
            }

            kept.Append(text[i] == '$' ? text[i..end] : " ");
            i = end;
        }

        return kept.ToString();
    }

    private static int Skipped(string text, int at) => text[at] switch
    {
        '/' when Next(text, at, '/') => EndOf(text, "\n", at),
        '/' when Next(text, at, '*') => EndOf(text, "*/", at + 2),
        '\'' => Quoted(text, at + 1, '\''),
        '@' when Next(text, at, '"') => Verbatim(text, at + 2),
        '"' or '$' => Text(text, at),
        _ => at,
    };

    private static int Text(string text, int at)
    {
        var quote = at;
        while (quote < text.Length && text[quote] is '$' or '@')
            quote++;
        if (quote >= text.Length || text[quote] != '"')
            return at;
        var quotes = 0;
        while (quote + quotes < text.Length && text[quote + quotes] == '"')
            quotes++;
        if (quotes >= 3)
            return EndOf(text, new string('"', quotes), quote + quotes);
        return text[at..quote].Contains('@', StringComparison.Ordinal) ? Verbatim(text, quote + 1) : Quoted(text, quote + 1, '"');
    }

    private static int Quoted(string text, int at, char quote)
    {
        while (at < text.Length && text[at] != quote && text[at] != '\n')
            at += text[at] == '\\' ? 2 : 1;
        return Math.Min(at + 1, text.Length);
    }

    private static int Verbatim(string text, int at)
    {
        while (at < text.Length)
        {
            if (text[at] == '"' && !Next(text, at, '"'))
                return at + 1;
            at += text[at] == '"' ? 2 : 1;
        }

        return text.Length;
    }

    private static int EndOf(string text, string end, int at)
    {
        var found = text.IndexOf(end, at, StringComparison.Ordinal);
        return found < 0 ? text.Length : found + end.Length;
    }

    private static bool Next(string text, int at, char c) => at + 1 < text.Length && text[at + 1] == c;
}
