namespace Sidecar.Configuration;

/// <summary>Which requests a route is for: a method, and a path that is exact or, with <c>*</c> at its end, the beginning of one.</summary>
public sealed record RouteMatch(string Method, string Path, bool IsPrefix)
{
    private const int LongestMethod = 16;

    // An exchange keeps as much of a path, so no more can be compared when it is read again.
    private const int LongestPath = 256;

    /// <summary>Reads <c>POST /score</c> or <c>POST /models/*</c>.</summary>
    public static bool TryParse(string text, out RouteMatch? match)
    {
        match = null;
        var space = text.IndexOf(' ', StringComparison.Ordinal);
        if (space is < 1 or > LongestMethod)
            return false;
        var method = text[..space];
        var path = text[(space + 1)..].TrimStart(' ');
        var isPrefix = path.EndsWith('*');
        if (isPrefix)
            path = path[..^1];
        if (!method.All(char.IsAsciiLetterUpper) || path.Length is 0 or > LongestPath || path[0] != '/' || !path.All(IsOfPath))
            return false;
        match = new RouteMatch(method, path, isPrefix);
        return true;
    }

    /// <summary>Everything that the other one is for is for this one, too.</summary>
    public bool Covers(RouteMatch other) => Method == other.Method
        && (IsPrefix ? other.Path.StartsWith(Path, StringComparison.Ordinal) : !other.IsPrefix && other.Path == Path);

    /// <inheritdoc/>
    public override string ToString() => $"{Method} {Path}{(IsPrefix ? "*" : "")}";

    // As on the wire: percent-encoded, and without a query.
    private static bool IsOfPath(char c) => c is > ' ' and < '\x7F' and not ('?' or '#' or '*');
}
