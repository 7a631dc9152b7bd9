namespace Sidecar.Testing;

/// <summary>One place in a query that selects series.</summary>
/// <param name="Name">The series' name; empty where the selector has matchers only.</param>
/// <param name="Matched">Labels that its matchers name.</param>
/// <param name="Range">What stands in its brackets, as <c>5m</c>; null for an instant selector.</param>
/// <param name="Function">The innermost function or aggregation around it; null for none.</param>
internal sealed record PromQlSelector(string Name, IReadOnlyList<string> Matched, string? Range, string? Function);

/// <summary>
/// Finds what a PromQL query selects, by reading its tokens; enough for queries that Prometheus itself has accepted. Variables of
/// dashboards (<c>$model</c>, <c>$__rate_interval</c>) may stand in strings and ranges.
/// </summary>
internal sealed class PromQlSeries
{
    private static readonly HashSet<string> Grouping = ["by", "without", "on", "ignoring", "group_left", "group_right"];
    private static readonly HashSet<string> Words = ["and", "or", "unless", "bool", "offset", "atan2", "inf", "nan"];

    private readonly string _query;
    private readonly List<PromQlSelector> _selectors = [];
    private readonly List<string> _keywords = [];
    private readonly HashSet<string> _grouped = new(StringComparer.Ordinal);
    private readonly Stack<string?> _functions = new();
    private int _at;

    private PromQlSeries(string query) => _query = query;

    /// <summary>Every selector, in the order of the query.</summary>
    public IReadOnlyList<PromQlSelector> Selectors => _selectors;

    /// <summary>The grouping and matching words used, as <c>by</c> and <c>on</c>.</summary>
    public IReadOnlyList<string> Keywords => _keywords;

    /// <summary>The labels that <c>by</c>, <c>on</c> and the like list.</summary>
    public IReadOnlySet<string> Grouped => _grouped;

    /// <summary>Reads a query.</summary>
    public static PromQlSeries Read(string query)
    {
        var series = new PromQlSeries(query);
        series.Read();
        return series;
    }

    private char Now => _at < _query.Length ? _query[_at] : '\0';

    private void Read()
    {
        // What a parenthesis that opens next belongs to; null for one that only groups terms.
        string? opening = null;
        while (Now != '\0')
        {
            var c = Now;
            if (char.IsWhiteSpace(c))
                _at++;
            else if (c == '#')
                SkipWhile(static each => each != '\n');
            else if (c is '"' or '\'' or '`')
                ReadString();
            else if (char.IsAsciiDigit(c) || c == '.')
                SkipWhile(static each => char.IsAsciiLetterOrDigit(each) || each == '.');
            else if (IsNameStart(c))
                opening = ReadWord();
            else if (c == '{')
                ReadSelector("");
            else if (c == '[')
                SkipWhile(static each => each != ']');
            else
                ReadSign(c, ref opening);
        }
    }

    private void ReadSign(char sign, ref string? opening)
    {
        _at++;
        if (sign == '(')
        {
            // `sum by (x) (…)`: the parenthesis of the argument has no word right before it, so `sum` waited for it.
            _functions.Push(opening ?? (_functions.Count > 0 ? _functions.Peek() : null));
            opening = null;
        }
        else if (sign == ')')
        {
            _functions.TryPop(out _);
        }
    }

    private string? ReadWord()
    {
        var word = ReadName();
        SkipWhile(char.IsWhiteSpace);
        if (Grouping.Contains(word))
        {
            _keywords.Add(word);
            if (Now == '(')
                ReadLabelList();
            return null;
        }

        if (Words.Contains(word.ToLowerInvariant()))
            return null;
        if (Now == '(')
            return word;
        if (IsNameStart(Now) && Grouping.Contains(PeekName()))
        {
            // An aggregation whose grouping stands before its argument.
            _keywords.Add(ReadName());
            SkipWhile(char.IsWhiteSpace);
            ReadLabelList();
            return word;
        }

        ReadSelector(word);
        return null;
    }

    private void ReadSelector(string name)
    {
        List<string> matched = [];
        if (Now == '{')
        {
            _at++;
            while (Now is not ('}' or '\0'))
            {
                if (IsNameStart(Now))
                    matched.Add(ReadName());
                else if (Now is '"' or '\'' or '`')
                    ReadString();
                else
                    _at++;
            }

            _at++;
        }

        SkipWhile(char.IsWhiteSpace);
        string? range = null;
        if (Now == '[')
        {
            var end = _query.IndexOf(']', _at);
            range = _query[(_at + 1)..end];
            _at = end + 1;
        }

        matched.Remove("__name__");
        _selectors.Add(new PromQlSelector(name, matched, range, _functions.Count > 0 ? _functions.Peek() : null));
    }

    private void ReadLabelList()
    {
        while (Now is not (')' or '\0'))
        {
            if (IsNameStart(Now))
                _grouped.Add(ReadName());
            else
                _at++;
        }

        _at++;
    }

    private void ReadString()
    {
        var quote = Now;
        for (_at++; Now != quote && Now != '\0'; _at++)
        {
            if (Now == '\\' && quote != '`')
                _at++;
        }

        _at++;
    }

    private string PeekName()
    {
        var start = _at;
        var name = ReadName();
        _at = start;
        return name;
    }

    private string ReadName()
    {
        var start = _at;
        SkipWhile(static each => char.IsAsciiLetterOrDigit(each) || each is '_' or ':');
        return _query[start.._at];
    }

    private void SkipWhile(Func<char, bool> accept)
    {
        while (Now != '\0' && accept(Now))
            _at++;
    }

    private static bool IsNameStart(char c) => char.IsAsciiLetter(c) || c is '_' or ':';
}
