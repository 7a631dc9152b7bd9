namespace Sidecar.Configuration.Schema;

/// <summary>Finds the word that was probably meant.</summary>
internal static class Spelling
{
    // A key longer than this is no typo of one of ours, and the distance is quadratic in the lengths.
    private const int LongestWord = 40;

    /// <summary>"did you mean …?" where a key is near, else the list of keys that exist.</summary>
    public static string Hint(string word, SchemaNode group) =>
        Nearest(word, group.Keys.Select(key => key.Name)) is { } near ? $"did you mean {near}?" : $"allowed keys: {group.Allowed}";

    /// <summary>The candidate within a third of the word's length in edits, case ignored; null when none is near.</summary>
    public static string? Nearest(string word, IEnumerable<string> candidates)
    {
        if (word.Length is 0 or > LongestWord)
            return null;
        string? best = null;
        var bestDistance = Math.Max(1, word.Length / 3) + 1;
        foreach (var candidate in candidates)
        {
            var distance = Distance(word.ToUpperInvariant(), candidate.ToUpperInvariant());
            if (distance < bestDistance)
            {
                best = candidate;
                bestDistance = distance;
            }
        }

        return best;
    }

    /// <summary>Levenshtein distance, in two rows.</summary>
    private static int Distance(string a, string b)
    {
        var previous = new int[b.Length + 1];
        var current = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++)
            previous[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            current[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var substitution = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                current[j] = Math.Min(substitution, Math.Min(previous[j], current[j - 1]) + 1);
            }

            (previous, current) = (current, previous);
        }

        return previous[b.Length];
    }
}
