using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Sidecar.Configuration;
using Sidecar.Configuration.Schema;
using Sidecar.Configuration.Sources;

namespace Sidecar.Tests.Configuration;

public partial class SchemaTests
{
    [Fact]
    public void JsonSchema_is_as_published() =>
        Baseline.Matches(SidecarConfiguration.JsonSchema(), "tests", "Sidecar.Tests", "Configuration", "sidecar.schema.json");

    [Fact]
    public void JsonSchema_is_JSON_with_every_key_described_and_closed()
    {
        using var document = JsonDocument.Parse(SidecarConfiguration.JsonSchema());
        var described = 0;
        Visit(document.RootElement);
        Assert.Equal(SchemaWalk.Keys().Count(), described);

        void Visit(JsonElement schema)
        {
            if (schema.TryGetProperty("items", out var items))
                Visit(items);
            if (!schema.TryGetProperty("properties", out var properties))
                return;
            Assert.False(schema.GetProperty("additionalProperties").GetBoolean());
            foreach (var property in properties.EnumerateObject())
            {
                described++;
                Assert.NotEmpty(property.Value.GetProperty("description").GetString()!);
                Assert.True(property.Value.TryGetProperty("type", out _) || property.Value.TryGetProperty("enum", out _));
                Visit(property.Value);
            }
        }
    }

    [Fact]
    public void Descriptions_are_the_summaries_of_the_options()
    {
        var documentation = XDocument.Load(Path.Combine(AppContext.BaseDirectory, "sidecar.xml")).Descendants("member")
            .ToDictionary(member => member.Attribute("name")!.Value, member => Spaces().Replace(member.Element("summary")?.Value.Trim() ?? "", " "));
        Visit(SidecarSchema.Root, typeof(SidecarOptions));

        void Visit(SchemaNode node, Type type)
        {
            var settable = type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite).Select(p => p.Name);
            Assert.Equal(settable.Order(StringComparer.Ordinal), node.Keys.Select(key => Pascal(key.Name)).Order(StringComparer.Ordinal));
            foreach (var key in node.Keys)
            {
                Assert.Equal(documentation[$"P:{type.FullName}.{Pascal(key.Name)}"], key.Description);
                var propertyType = type.GetProperty(Pascal(key.Name))!.PropertyType;
                if (key.Node.Keys.Count > 0)
                    Visit(key.Node, propertyType);
                else if (key.Node.Item is { Keys.Count: > 0 } item)
                    Visit(item, propertyType.GetGenericArguments()[0]);
            }
        }
    }

    [Fact]
    public void Readme_lists_every_key()
    {
        const string Begin = "<!-- keys: generated from the schema -->\n";
        const string End = "<!-- end of keys -->\n";
        string[] path = ["src", "Sidecar", "Configuration", "README.md"];
        var text = File.ReadAllText(Path.Combine([Baseline.RepositoryRoot, .. path]));
        var begin = text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        var end = text.IndexOf(End, StringComparison.Ordinal);
        Assert.True(begin >= Begin.Length && end >= begin, "the markers around the table are gone");
        Baseline.Matches(text[..begin] + Table() + text[end..], path);
    }

    [Fact]
    public void Secret_is_masked_wherever_a_value_could_show()
    {
        var secret = new SecretKind { Secret = true };
        var schema = new ObjectSchema<ModelOptions>(() => new()).Key("name", secret, o => o.Name ?? "", (o, v) => o with { Name = v }, "A secret.");
        var writer = new SettingsWriter(null);
        schema.Show(new ModelOptions { Name = "hunter2" }, "", writer);
        Assert.Equal("name: \"***\"\n", writer.ToString());

        var context = new BindContext();
        var map = new RawMap(ConfigurationSource.Default);
        map.Entries["name"] = new RawEntry(ConfigurationSource.Default, new RawScalar("hunter2", false, ConfigurationSource.Default));
        schema.Bind(map, new ModelOptions(), "", context);
        Assert.Equal("***", Assert.Single(context.Errors).Value);
    }

    [Theory]
    [InlineData("burnin", "burnIn")]
    [InlineData("burIn", "burnIn")]
    [InlineData("replica", "replicas")]
    [InlineData("completelyDifferent", null)]
    [InlineData("", null)]
    public void Nearest_finds_the_key_that_was_meant(string word, string? expected) =>
        Assert.Equal(expected, Spelling.Nearest(word, ["burnIn", "delta", "replicas", "window"]));

    private static string Table()
    {
        // With an item in each list whose keys have defaults of their own.
        var defaults = YamlFlattener.Flatten(SidecarConfiguration.Show(new SidecarOptions
        {
            Shadows = [new() { Name = "", File = "" }],
            Redaction = new() { Rules = [new() { Name = "" }] },
            Routes = [new() { Match = new("POST", "/", IsPrefix: false) }],
        }));
        var text = new StringBuilder("| key | default | allowed | what it is |\n|---|---|---|---|\n");
        foreach (var (path, key) in SchemaWalk.Keys())
        {
            if (key.Node.Keys.Count > 0)
                continue;
            var value = key.Required ? "required"
                : key.Node.Item is not null || key.Node.Entry is not null ? "empty"
                // A further listener's keys mean what the first one's do.
                : defaults.TryGetValue(path.Replace("listeners[0].", "", StringComparison.Ordinal), out var set) ? $"`{set}`"
                : throw new InvalidOperationException($"no default for {path}");
            text.Append(System.Globalization.CultureInfo.InvariantCulture,
                $"| `{path.Replace("[0]", "[]", StringComparison.Ordinal)}` | {value} | {key.Node.Allowed.Replace("*", @"\*", StringComparison.Ordinal)} | {key.Description} |\n");
        }

        return text.ToString();
    }

    private static string Pascal(string name) => char.ToUpperInvariant(name[0]) + name[1..];

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    private sealed class SecretKind : ScalarSchema<string>
    {
        public override string Noun => "a token";

        public override string Allowed => "nothing at all";

        public override ParseOutcome TryParse(string text, out string value)
        {
            value = text;
            return ParseOutcome.Malformed;
        }

        public override string Format(string value) => value;

        public override void WriteJsonSchema(Utf8JsonWriter json) => json.WriteString("type", "string");
    }
}
