using System.Text.Json.Nodes;

namespace Sidecar.Tests.Emit.Schemas;

/// <summary>What was released is a promise: the schemas of today only add to it.</summary>
public sealed class ReleasedSchemaTests(ITestOutputHelper output)
{
    public static TheoryData<string> Released => [.. EventSchema.TypesIn(EventSchema.ReleasedFolder)];

    [Theory]
    [MemberData(nameof(Released))]
    public void Schema_only_adds_to_what_was_released(string type)
    {
        var current = Path.Combine(EventSchema.Folder, type + ".json");
        Assert.True(File.Exists(current), $"{type} was released and is gone; a v2 stands beside its v1, not in its place");
        var changes = SchemaComparer.Compare(EventSchema.Read(Path.Combine(EventSchema.ReleasedFolder, type + ".json")), EventSchema.Read(current));
        foreach (var change in changes.Where(change => !change.IsBreak))
            output.WriteLine($"allowed: {change}");
        Assert.Empty(changes.Where(change => change.IsBreak).Select(change => change.ToString()));
    }

    [Theory]
    [MemberData(nameof(Released))]
    public void Property_that_was_taken_away_would_be_found(string type)
    {
        var released = EventSchema.Read(Path.Combine(EventSchema.ReleasedFolder, type + ".json"));
        var paths = new List<string>();
        SchemaNodes.Each(SchemaNodes.Inline(released), (path, _) => paths.Add(path));
        Assert.Contains(paths, path => path != "$");
        foreach (var gone in paths.Where(path => path != "$" && !path.EndsWith("[]", StringComparison.Ordinal)))
        {
            var current = SchemaNodes.Inline(released);
            Remove(current, gone[2..].Split('.'));
            Assert.Contains(SchemaComparer.Compare(released, current), change => change.IsBreak && change.Path == gone);
        }
    }

    private static void Remove(JsonObject schema, ReadOnlySpan<string> path)
    {
        foreach (var name in path[..^1])
        {
            schema = schema["properties"]![name.Replace("[]", "", StringComparison.Ordinal)]!.AsObject();
            schema = name.EndsWith("[]", StringComparison.Ordinal) ? schema["items"]!.AsObject() : schema;
        }

        Assert.True(schema["properties"]!.AsObject().Remove(path[^1]));
    }
}
