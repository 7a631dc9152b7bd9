using System.Globalization;
using Sidecar.Configuration.Schema;

namespace Sidecar.Configuration.Sources;

/// <summary>
/// Finds the overrides among the environment variables. Only the prefix <c>SIDECAR__</c>, two underscores, is ours: Kubernetes injects
/// <c>SIDECAR_PORT</c> and <c>SIDECAR_SERVICE_HOST</c> into every pod beside a service called "sidecar".
/// </summary>
internal static class EnvironmentReader
{
    public const string Prefix = "SIDECAR__";
    private const string Separator = "__";

    // More digits than any list may have items.
    private const int LongestIndex = 4;

    /// <summary>The overrides in the order of their places, so that indices of a list come in sequence.</summary>
    public static IReadOnlyList<Override> Read(IReadOnlyDictionary<string, string> environment, SchemaNode root, BindContext context)
    {
        var found = new List<Override>();
        foreach (var (name, value) in environment.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (!name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
                continue;
            var source = new ConfigurationSource(ConfigurationSourceKind.Environment, name);
            if (Resolve(name, source, root, context) is not { } target)
                continue;
            found.Add(new Override(target.Steps, value, value.Length == 0, source));
        }

        foreach (var twice in found.GroupBy(each => each.Path, StringComparer.OrdinalIgnoreCase).Where(group => group.Count() > 1))
        {
            foreach (var each in twice.Skip(1))
                context.Fail(each.Path, each.Text, each.Source, $"is set by {twice.First().Source.Name} too, which differs in upper and lower case only");
        }

        found.Sort(static (a, b) => Compare(a.Steps, b.Steps));
        return found;
    }

    /// <summary>The variable that sets a key, such as <c>SIDECAR__SHADOWS__0__FILE</c>.</summary>
    public static string NameOf(string path) =>
        Prefix + path.Replace("[", Separator, StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal)
            .Replace(".", Separator, StringComparison.Ordinal).ToUpperInvariant();

    private static (IReadOnlyList<Step> Steps, SchemaNode Node)? Resolve(
        string name, ConfigurationSource source, SchemaNode root, BindContext context)
    {
        var steps = new List<Step>();
        var node = root;
        if (name.Length == Prefix.Length)
        {
            context.Fail("", null, source, "names no key", $"allowed: {Prefix}KEY, such as {Prefix}LISTEN or {Prefix}HEALTH{Separator}LISTEN");
            return null;
        }

        foreach (var word in name[Prefix.Length..].Split(Separator))
        {
            var path = Step.Path(steps);
            if (node.Item is { } item)
            {
                if (!TryParseIndex(word, out var index))
                {
                    context.Fail(path, null, source, $"\"{word}\" is not an index of this list", $"allowed: {NameOf(path)}{Separator}0, {Separator}1 and so on");
                    return null;
                }

                steps.Add(new Step(null, index));
                node = item;
            }
            else if (node.Entry is { } entry)
            {
                steps.Add(new Step(word, 0, IsFree: true));
                node = entry;
            }
            else if (node.Find(word, StringComparison.OrdinalIgnoreCase) is { } key)
            {
                steps.Add(new Step(key.Name, 0));
                node = key.Node;
            }
            else
            {
                var hint = node.Keys.Count > 0 ? Spelling.Hint(word, node) : $"{path} has no keys below it";
                context.Fail(SchemaKey.Join(path, word), null, source, "unknown key", hint);
                return null;
            }
        }

        if (node.Keys.Count > 0 || node.Item is not null || node.Entry is not null)
        {
            var path = Step.Path(steps);
            var example = node.Entry is not null ? $"{NameOf(path)}{Separator}name"
                : node.Item is null ? NameOf(SchemaKey.Join(path, node.Keys[0].Name))
                : node.Item.Keys.Count == 0 ? NameOf($"{path}[0]")
                : NameOf(SchemaKey.Join($"{path}[0]", node.Item.Keys[0].Name));
            context.Fail(path, null, source, node.Item is null ? "is a group of keys, not a single value" : "is a list, not a single value", $"set its parts, such as {example}");
            return null;
        }

        return (steps, node);
    }

    private static bool TryParseIndex(string word, out int index)
    {
        index = 0;
        return word.Length is > 0 and <= LongestIndex && (word == "0" || word[0] != '0')
            && int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out index);
    }

    private static int Compare(IReadOnlyList<Step> a, IReadOnlyList<Step> b)
    {
        for (var i = 0; i < a.Count && i < b.Count; i++)
        {
            var order = string.CompareOrdinal(a[i].Key, b[i].Key);
            if (order == 0)
                order = a[i].Index.CompareTo(b[i].Index);
            if (order != 0)
                return order;
        }

        return a.Count - b.Count;
    }
}
