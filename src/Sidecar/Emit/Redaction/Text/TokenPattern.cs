using System.Buffers;

namespace Sidecar.Emit.Redaction.Text;

/// <summary>Credentials: JSON web tokens, what stands behind <c>Bearer</c> or <c>Basic</c>, user and password of a URL; and access keys by their prefix.</summary>
internal static class TokenPattern
{
    private static readonly SearchValues<char> AuthorityEnds = SearchValues.Create("/ \t\r\n\"<>?#");

    private static readonly (string Prefix, int Min)[] KeyPrefixes =
    [
        ("AKIA", 16), ("ASIA", 16), ("ABIA", 16), ("ACCA", 16), ("ghp_", 20), ("gho_", 20), ("ghu_", 20), ("ghs_", 20), ("github_pat_", 20), ("glpat-", 16),
        ("sk-", 20), ("sk_live_", 16), ("rk_live_", 16), ("xoxb-", 16), ("xoxp-", 16), ("hf_", 20), ("AIza", 30),
    ];

    public static void FindTokens(ReadOnlySpan<char> text, IPatternSink sink)
    {
        FindJwt(text, sink);
        FindSchemes(text, "bearer", sink);
        FindSchemes(text, "basic", sink);
        FindUserInfo(text, sink);
    }

    public static void FindKeys(ReadOnlySpan<char> text, IPatternSink sink)
    {
        for (var i = 0; i < text.Length;)
        {
            if (!Chars.IsBase64Url(text[i]))
            {
                i++;
                continue;
            }

            var end = i;
            while (end < text.Length && Chars.IsBase64Url(text[end]))
                end++;
            foreach (var (prefix, min) in KeyPrefixes)
            {
                if (end - i >= prefix.Length + min && text[i..end].StartsWith(prefix))
                {
                    sink.Add(RedactionKind.AccessKey, i, end);
                    break;
                }
            }

            i = end;
        }
    }

    // "eyJ" is {" in base64. After each look the search goes on behind the run, so the work is linear.
    private static void FindJwt(ReadOnlySpan<char> text, IPatternSink sink)
    {
        for (var i = 0; i < text.Length;)
        {
            var found = text[i..].IndexOf("eyJ");
            if (found < 0)
                return;
            var start = i + found;
            var end = start;
            while (end < text.Length && (Chars.IsBase64Url(text[end]) || (text[end] == '.' && Chars.IsBase64Url(Chars.At(text, end + 1)))))
                end++;
            if (end - start >= 20)
                sink.Add(RedactionKind.Token, start, end);
            i = end;
        }
    }

    private static void FindSchemes(ReadOnlySpan<char> text, string scheme, IPatternSink sink)
    {
        for (var i = 0; i < text.Length;)
        {
            var found = text[i..].IndexOf(scheme, StringComparison.OrdinalIgnoreCase);
            if (found < 0)
                return;
            var start = i + found + scheme.Length;
            var gap = start;
            while (start < text.Length && " \t=:+\"'".Contains(text[start]))
                start++;
            if (start == gap)
            {
                i = start;
                continue;
            }

            var end = start;
            while (end < text.Length && (Chars.IsBase64Url(text[end]) || "~+/=.".Contains(text[end])))
                end++;
            if (LooksSecret(text[start..end]))
                sink.Add(RedactionKind.Token, start, end);
            i = end;
        }
    }

    // Not the next word of a sentence ("bearer authentication").
    private static bool LooksSecret(ReadOnlySpan<char> word) =>
        word.Length >= 24 || (word.Length >= 8 && (word.ContainsAnyInRange('0', '9') || word[^1] == '='
            || (word[1..].ContainsAnyInRange('A', 'Z') && word.ContainsAnyInRange('a', 'z'))));

    private static void FindUserInfo(ReadOnlySpan<char> text, IPatternSink sink)
    {
        for (var i = 0; i < text.Length;)
        {
            var found = text[i..].IndexOf("://");
            if (found < 0)
                return;
            var start = i + found + 3;
            var stop = text[start..].IndexOfAny(AuthorityEnds);
            var end = stop < 0 ? text.Length : start + stop;
            if (text[start..end].LastIndexOf('@') is var at and > 0)
                sink.Add(RedactionKind.Token, start, start + at);
            i = end;
        }
    }
}
