using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;
using Sidecar.Tests.Configuration;

namespace Sidecar.Tests.Emit.Schemas;

/// <summary>The schema of one type of event: as published, and as strict as the program itself must be.</summary>
internal sealed class EventSchema
{
    private static readonly EvaluationOptions Evaluation = new() { OutputFormat = OutputFormat.List, RequireFormatValidation = true };
    private readonly JsonSchema _published;
    private readonly JsonSchema _strict;

    private EventSchema(JsonObject document)
    {
        Document = document;
        Inlined = SchemaNodes.Inline(document);
        _published = Build(document);
        var strict = (JsonObject)Inlined.DeepClone();
        SchemaNodes.Each(strict, (_, schema) => Close(schema));
        _strict = Build(strict);
    }

    public static string Folder { get; } = Path.Combine(Baseline.RepositoryRoot, "src", "Sidecar", "Emit", "Schemas");

    public static string ReleasedFolder { get; } = Path.Combine(Baseline.RepositoryRoot, "tests", "Sidecar.Tests", "Emit", "Schemas", "released");

    public JsonObject Document { get; }

    /// <summary>Without references: what they refer to is in their place.</summary>
    public JsonObject Inlined { get; }

    public static EventSchema Of(string type) => new(Read(Path.Combine(Folder, type + ".json")));

    public static JsonObject Read(string file) => JsonNode.Parse(File.ReadAllText(file))!.AsObject();

    /// <summary>The types that a folder has schemas of.</summary>
    public static IEnumerable<string> TypesIn(string folder) =>
        Directory.EnumerateFiles(folder, "*.json").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal);

    /// <summary>What a consumer finds wrong with an event's data.</summary>
    public IReadOnlyList<string> Errors(JsonNode data) => Errors(_published, data);

    /// <summary>What we find wrong with data of our own: properties and values that the schema does not name are errors too.</summary>
    public IReadOnlyList<string> StrictErrors(JsonNode data) => Errors(_strict, data);

    /// <summary>The property at a path of names, as <c>inputs.datatype</c>, through items of arrays.</summary>
    public JsonObject Property(string path)
    {
        var schema = Inlined;
        foreach (var name in path.Split('.'))
        {
            schema = (schema["items"] ?? schema).AsObject();
            schema = schema["properties"]![name]!.AsObject();
        }

        return schema;
    }

    internal static IReadOnlyList<string> Errors(JsonSchema schema, JsonNode data)
    {
        var result = schema.Evaluate(JsonSerializer.SerializeToElement(data), Evaluation);
        if (result.IsValid)
            return [];
        return [.. from each in result.Details ?? [] where each.Errors is not null from error in each.Errors! select $"{each.InstanceLocation}: {error.Value}"];
    }

    // A registry for each, as the same id is there in several forms.
    private static JsonSchema Build(JsonObject document) => JsonSchema.FromText(document.ToJsonString(), new BuildOptions { SchemaRegistry = new SchemaRegistry() });

    private static void Close(JsonObject schema)
    {
        if (schema.ContainsKey("properties"))
            schema["additionalProperties"] = false;
        if (schema["x-extensible-enum"]?.DeepClone() is not { } known)
            return;
        var listed = new JsonObject { ["enum"] = known };
        schema["anyOf"] = schema["x-extensible-pattern"]?.DeepClone() is { } pattern ? new JsonArray(listed, new JsonObject { ["pattern"] = pattern }) : new JsonArray(listed);
    }
}
