using System.Globalization;
using Sidecar.Configuration.Schema;

namespace Sidecar.Configuration.Sources;

/// <summary>One step on the way to a value: a key of a group, or an index of a list.</summary>
/// <param name="IsFree">The key is a name that a person chose; one that is there already is meant, whatever its case.</param>
internal readonly record struct Step(string? Key, int Index, bool IsFree = false)
{
    public static string Path(IEnumerable<Step> steps)
    {
        var path = "";
        foreach (var step in steps)
        {
            path = step.Key is { } key
                ? SchemaKey.Join(path, key)
                : string.Create(CultureInfo.InvariantCulture, $"{path}[{step.Index}]");
        }

        return path;
    }
}

/// <summary>A single value that an environment variable or a flag sets.</summary>
internal sealed record Override(IReadOnlyList<Step> Steps, string Text, bool IsNull, ConfigurationSource Source)
{
    public string Path { get; } = Step.Path(Steps);

    /// <summary>Puts the value into the tree, over what is there; false when an index would leave a hole in its list.</summary>
    public bool ApplyTo(RawMap root)
    {
        RawNode parent = root;
        for (var i = 0; i < Steps.Count; i++)
        {
            var existing = Get(parent, Steps[i]);
            RawNode? child;
            if (i == Steps.Count - 1)
                child = new RawScalar(Text, IsNull, Source) { Overridden = existing };
            else if (Steps[i + 1].Key is null)
                child = existing as RawList ?? new RawList(Source) { Overridden = existing };
            else
                child = existing as RawMap ?? new RawMap(Source) { Overridden = existing };
            if (!Set(parent, Steps[i], child))
                return false;
            parent = child;
        }

        return true;
    }

    private static RawNode? Get(RawNode parent, Step step) => parent switch
    {
        RawMap map when map.Entries.TryGetValue(KeyIn(map, step), out var entry) => entry.Value,
        RawList list when step.Index < list.Items.Count => list.Items[step.Index],
        _ => null,
    };

    private static string KeyIn(RawMap map, Step step) =>
        (step.IsFree ? map.Entries.Keys.FirstOrDefault(key => string.Equals(key, step.Key, StringComparison.OrdinalIgnoreCase)) : null) ?? step.Key!;

    private bool Set(RawNode parent, Step step, RawNode child)
    {
        if (parent is RawMap map)
        {
            var key = KeyIn(map, step);
            map.Entries[key] = map.Entries.TryGetValue(key, out var entry) ? entry with { Value = child } : new RawEntry(Source, child);
            return true;
        }

        var items = ((RawList)parent).Items;
        if (step.Index > items.Count)
            return false;
        if (step.Index == items.Count)
            items.Add(child);
        else
            items[step.Index] = child;
        return true;
    }
}
