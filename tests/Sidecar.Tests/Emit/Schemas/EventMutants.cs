using System.Text.Json.Nodes;

namespace Sidecar.Tests.Emit.Schemas;

/// <summary>Events with one mistake each, which a schema must notice.</summary>
internal static class EventMutants
{
    private static readonly (string Type, Func<JsonNode?> Make)[] Values =
    [
        ("object", () => new JsonObject()), ("array", () => new JsonArray()), ("string", () => JsonValue.Create("text")),
        ("number", () => JsonValue.Create(0.5)), ("boolean", () => JsonValue.Create(true)), ("null", () => null),
    ];

    /// <param name="schema">Without references.</param>
    /// <param name="data">A valid event's.</param>
    /// <returns>What was changed, and the changed event's data; of each array's items the first is changed.</returns>
    public static IEnumerable<(string What, JsonObject Data)> Of(JsonObject schema, JsonObject data)
    {
        var places = new List<(JsonObject Schema, object[] Path)>();
        Visit(schema, data, [], places);
        foreach (var (part, path) in places)
        {
            var name = "$" + string.Concat(path.Select(step => step is int ? "[]" : $".{step}"));
            foreach (var required in SchemaNodes.Required(part))
                yield return ($"{name}.{required} removed", Change(data, [.. path, required], parent => parent.AsObject().Remove(required)));
            if (path.Length == 0)
                continue;
            foreach (var (what, value) in Wrong(part))
                yield return ($"{name} made {what}", Change(data, path, parent => Set(parent, path[^1], value())));
        }
    }

    private static IEnumerable<(string What, Func<JsonNode?> Value)> Wrong(JsonObject schema)
    {
        var types = SchemaNodes.Types(schema);
        foreach (var (type, make) in Values.Where(value => !types.Contains(value.Type)))
            yield return (type, make);
        if (schema.ContainsKey("enum"))
            yield return ("an unknown word", () => JsonValue.Create("no such word"));
        if (schema.ContainsKey("format"))
            yield return ("no date", () => JsonValue.Create("yesterday"));
        if (schema["minimum"] is { } minimum)
            yield return ("too small", () => JsonValue.Create(minimum.GetValue<int>() - 1));
    }

    private static void Visit(JsonObject schema, JsonNode? value, object[] path, List<(JsonObject Schema, object[] Path)> places)
    {
        places.Add((schema, path));
        if (value is JsonArray { Count: > 0 } items)
            Visit(schema["items"]!.AsObject(), items[0], [.. path, 0], places);
        foreach (var (name, member) in value as JsonObject ?? [])
        {
            if (schema["properties"]?[name] is JsonObject property)
                Visit(property, member, [.. path, name], places);
        }
    }

    private static JsonObject Change(JsonObject data, object[] path, Action<JsonNode> change)
    {
        var copy = (JsonObject)data.DeepClone();
        JsonNode node = copy;
        foreach (var step in path[..^1])
            node = step is int index ? node[index]! : node[(string)step]!;
        change(node);
        return copy;
    }

    private static void Set(JsonNode parent, object step, JsonNode? value)
    {
        if (step is int index)
            parent[index] = value;
        else
            parent[(string)step] = value;
    }
}
