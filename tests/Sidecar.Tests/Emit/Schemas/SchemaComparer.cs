using System.Text.Json.Nodes;

namespace Sidecar.Tests.Emit.Schemas;

/// <summary>A difference between a schema as released and as it is now.</summary>
/// <param name="Path">Where, as <c>$.inputs[].shape</c>.</param>
/// <param name="What">What differs.</param>
/// <param name="IsBreak">Who relied on the released schema can't read all events of the new one, or the new one does not allow all events that were written.</param>
internal readonly record struct SchemaChange(string Path, string What, bool IsBreak)
{
    public override string ToString() => $"{Path}: {What}";
}

/// <summary>
/// Holds a schema to being additive: what was released stays as it was, in both directions, since old events are kept and old consumers run on. Allowed are new
/// properties that may be absent, new values of an <c>x-extensible-enum</c>, and other words in titles, descriptions and comments. Of any other keyword, those that
/// it does not know included, every change is a break.
/// </summary>
internal static class SchemaComparer
{
    private static readonly HashSet<string> Words = ["title", "description", "$comment", "examples", "$defs"];

    /// <summary>All differences, allowed ones too.</summary>
    public static IReadOnlyList<SchemaChange> Compare(JsonObject released, JsonObject current)
    {
        var changes = new List<SchemaChange>();
        Compare("$", SchemaNodes.Inline(released), SchemaNodes.Inline(current), changes);
        return changes;
    }

    private static void Compare(string path, JsonNode? released, JsonNode? current, List<SchemaChange> changes)
    {
        if (released is not JsonObject before || current is not JsonObject now)
        {
            if (!JsonNode.DeepEquals(released, current))
                changes.Add(new(path, $"changed from {Text(released)} to {Text(current)}", true));
            return;
        }

        foreach (var keyword in before.Select(pair => pair.Key).Union(now.Select(pair => pair.Key)).Where(keyword => !Words.Contains(keyword)))
        {
            switch (keyword)
            {
                case "properties":
                    CompareProperties(path, before, now, changes);
                    break;
                case "required":
                    CompareRequired(path, before, now, changes);
                    break;
                case "items" when before.ContainsKey(keyword) && now.ContainsKey(keyword):
                    Compare(path + "[]", before[keyword], now[keyword], changes);
                    break;
                case "type" or "enum" or "x-extensible-enum" when before.ContainsKey(keyword) && now.ContainsKey(keyword):
                    CompareSets(path, keyword, before[keyword], now[keyword], changes);
                    break;
                default:
                    if (!before.ContainsKey(keyword))
                        changes.Add(new(path, $"{keyword} was added", true));
                    else if (!now.ContainsKey(keyword))
                        changes.Add(new(path, $"{keyword} was removed", true));
                    else if (!JsonNode.DeepEquals(before[keyword], now[keyword]))
                        changes.Add(new(path, $"{keyword} changed from {Text(before[keyword])} to {Text(now[keyword])}", true));
                    break;
            }
        }
    }

    private static void CompareProperties(string path, JsonObject before, JsonObject now, List<SchemaChange> changes)
    {
        var (old, current) = (before["properties"]?.AsObject() ?? [], now["properties"]?.AsObject() ?? []);
        foreach (var (name, schema) in old)
        {
            if (current.ContainsKey(name))
                Compare($"{path}.{name}", schema, current[name], changes);
            else
                changes.Add(new($"{path}.{name}", "the property was removed", true));
        }

        foreach (var (name, _) in current.Where(pair => !old.ContainsKey(pair.Key)))
            changes.Add(new($"{path}.{name}", "the property is new", false));
    }

    private static void CompareRequired(string path, JsonObject before, JsonObject now, List<SchemaChange> changes)
    {
        var (old, current) = (SchemaNodes.Required(before), SchemaNodes.Required(now));
        foreach (var name in old.Except(current))
            changes.Add(new($"{path}.{name}", "the property may be absent now; it was required", true));
        foreach (var name in current.Except(old))
            changes.Add(new($"{path}.{name}", "the property is required now; events that were written before may lack it", true));
    }

    private static void CompareSets(string path, string keyword, JsonNode? before, JsonNode? now, List<SchemaChange> changes)
    {
        var (old, current) = (Members(before), Members(now));
        foreach (var value in old.Except(current))
            changes.Add(new(path, $"{keyword} lacks {value} now", true));
        foreach (var value in current.Except(old))
            changes.Add(new(path, $"{keyword} has {value} now", keyword != "x-extensible-enum"));
    }

    private static string[] Members(JsonNode? node) => node is JsonArray several ? [.. several.Select(Text)] : [Text(node)];

    private static string Text(JsonNode? node) => node?.ToJsonString() ?? "null";
}
