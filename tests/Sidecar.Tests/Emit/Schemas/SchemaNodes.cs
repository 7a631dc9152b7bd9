using System.Text.Json.Nodes;

namespace Sidecar.Tests.Emit.Schemas;

/// <summary>Ways through a JSON Schema that is made of <c>properties</c>, <c>items</c> and local references.</summary>
internal static class SchemaNodes
{
    private const int MaxDepth = 32;

    /// <summary>A copy in which each local reference is replaced by what it refers to; keywords beside a reference win.</summary>
    public static JsonObject Inline(JsonObject root)
    {
        var inlined = Inline(root, root, 0).AsObject();
        inlined.Remove("$defs");
        return inlined;
    }

    /// <summary>Visits a schema without references, and the schemas in it.</summary>
    /// <param name="visit">Gets the path, as <c>$.inputs[].shape</c>, and the schema there.</param>
    public static void Each(JsonObject schema, Action<string, JsonObject> visit, string path = "$")
    {
        visit(path, schema);
        foreach (var (name, property) in schema["properties"]?.AsObject() ?? [])
            Each(property!.AsObject(), visit, $"{path}.{name}");
        if (schema["items"] is JsonObject items)
            Each(items, visit, path + "[]");
    }

    /// <summary>The types that a schema allows.</summary>
    public static IReadOnlyList<string> Types(JsonObject schema) => schema["type"] switch
    {
        JsonArray several => [.. several.Select(type => type!.GetValue<string>())],
        { } one => [one.GetValue<string>()],
        _ => [],
    };

    /// <summary>The names of the properties that must be there.</summary>
    public static IReadOnlyList<string> Required(JsonObject schema) => schema["required"] is JsonArray names ? [.. names.Select(name => name!.GetValue<string>())] : [];

    private static JsonNode Inline(JsonNode node, JsonObject root, int depth)
    {
        if (depth > MaxDepth)
            throw new InvalidOperationException("a schema refers to itself");
        switch (node)
        {
            case JsonObject schema when schema["$ref"] is JsonValue reference:
                var target = Inline(Find(root, reference.GetValue<string>()), root, depth + 1).AsObject();
                foreach (var (keyword, value) in schema.Where(pair => pair.Key != "$ref"))
                    target[keyword] = Inline(value!, root, depth + 1);
                return target;
            case JsonObject schema:
                return new JsonObject(schema.Select(pair => KeyValuePair.Create(pair.Key, pair.Value is null ? null : (JsonNode?)Inline(pair.Value, root, depth + 1))));
            case JsonArray array:
                return new JsonArray([.. array.Select(item => item is null ? null : Inline(item, root, depth + 1))]);
            default:
                return node.DeepClone();
        }
    }

    private static JsonNode Find(JsonObject root, string reference)
    {
        if (!reference.StartsWith("#/", StringComparison.Ordinal))
            throw new NotSupportedException($"{reference} is no reference within the schema");
        JsonNode node = root;
        foreach (var name in reference[2..].Split('/'))
            node = node[name] ?? throw new InvalidOperationException($"{reference} refers to nothing");
        return node;
    }
}
