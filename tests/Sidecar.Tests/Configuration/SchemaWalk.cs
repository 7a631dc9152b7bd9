using Sidecar.Configuration.Schema;

namespace Sidecar.Tests.Configuration;

/// <summary>Every key of the schema, depth first; items of lists as <c>[0]</c>, and names that are free as <c>age</c>.</summary>
internal static class SchemaWalk
{
    public static IEnumerable<(string Path, SchemaKey Key)> Keys(SchemaNode? node = null, string path = "")
    {
        foreach (var key in (node ?? SidecarSchema.Root).Keys)
        {
            var keyPath = SchemaKey.Join(path, key.Name);
            yield return (keyPath, key);
            var below = key.Node.Item is { } item ? Keys(item, $"{keyPath}[0]") : Keys(key.Node, keyPath);
            foreach (var each in key.Node.Item is null && key.Node.Keys.Count == 0 ? [] : below)
                yield return each;
        }
    }

    /// <summary>The paths that hold single values.</summary>
    public static IEnumerable<string> Scalars() =>
        from each in Keys()
        where each.Key.Node.Keys.Count == 0 && (each.Key.Node.Item is null || each.Key.Node.Item.Keys.Count == 0)
        select each.Key.Node.Item is not null ? $"{each.Path}[0]" : each.Key.Node.Entry is not null ? $"{each.Path}.age" : each.Path;
}
