using System.Reflection;
using System.Text.Json.Nodes;
using Json.Schema;
using Sidecar.Emit;
using Sidecar.Model;
using Sidecar.Statistics.Drift;
using Sidecar.Tensors;
using Sidecar.Wire;

namespace Sidecar.Tests.Emit.Schemas;

/// <summary>The published schemas say what the program writes, and would notice if it wrote anything else.</summary>
public sealed class EventSchemaTests
{
    public static TheoryData<string> Types =>
        [.. typeof(ExchangeEvents).GetFields(BindingFlags.Public | BindingFlags.Static).Where(each => each.IsLiteral).Select(each => (string)each.GetRawConstantValue()!)];

    /// <summary>The words of a schema beside those that the code has; some of the code's never get into an event.</summary>
    public static TheoryData<string, string, string[]> Words => new()
    {
        { ExchangeEvents.ExchangeType, "modelVersionSource", All<IdentitySource>() },
        { ExchangeEvents.ExchangeType, "requestIdOrigin", [.. All<RequestIdOrigin>().Except(["none"])] },
        { ExchangeEvents.ExchangeType, "end", All<ExchangeEnd>() },
        { ExchangeEvents.ExchangeType, "errorType", ErrorWords() },
        { ExchangeEvents.ExchangeType, "undecodable", All<UndecodableReason>() },
        { ExchangeEvents.ExchangeType, "notDecoded", [.. All<HeadFate>().Except(["none"])] },
        { ExchangeEvents.ExchangeType, "generation.operation", [.. Enum.GetValues<GenerationOperation>().Select(value => value.Label()).Except(["none"])] },
        { ExchangeEvents.ExchangeType, "generation.finishReason", All<GenerationEnd>() },
        { ExchangeEvents.ExchangeType, "generation.outputTokenSource", [.. All<TokenSource>().Except(["none"])] },
        { ExchangeEvents.ExchangeType, "inputs.datatype", DataTypeNames() },
        { ExchangeEvents.ExchangeType, "outputs.datatype", DataTypeNames() },
        { ExchangeEvents.DriftType, "side", All<Side>() },
        { ExchangeEvents.DriftType, "result", All<DriftResult>() },
        { ExchangeEvents.DriftType, "features.result", All<DriftResult>() },
        { ExchangeEvents.DriftEpisodeType, "side", All<Side>() },
        { ExchangeEvents.DriftEpisodeType, "kind", All<DriftKind>() },
        { ExchangeEvents.DriftEpisodeType, "severity", All<DriftSeverity>() },
        { ExchangeEvents.ContractType, "inputs.datatype", DataTypeNames() },
        { ExchangeEvents.ContractType, "outputs.datatype", DataTypeNames() },
        { ExchangeEvents.DiscrepancyType, "inputs.datatype", DataTypeNames() },
        { ExchangeEvents.DiscrepancyType, "outputs.datatype", DataTypeNames() },
        { ExchangeEvents.DiscrepancyType, "shadowOutputs.datatype", DataTypeNames() },
    };

    [Fact]
    public void Every_type_has_a_schema_and_others_only_if_they_were_released()
    {
        var (written, described) = (Types.Select(row => row.Data).ToList(), EventSchema.TypesIn(EventSchema.Folder).ToList());
        Assert.Empty(written.Except(described));
        Assert.Empty(described.Except(written).Except(EventSchema.TypesIn(EventSchema.ReleasedFolder)));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Schema_is_one_by_the_metaschema(string type)
    {
        Assert.Empty(EventSchema.Errors(MetaSchemas.Draft202012, EventSchema.Of(type).Document));
        var broken = EventSchema.Of(type).Document;
        broken["properties"]!.AsObject().First().Value!["type"] = "text";
        Assert.NotEmpty(EventSchema.Errors(MetaSchemas.Draft202012, broken));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Schema_tells_all_that_a_reader_needs(string type)
    {
        var schema = EventSchema.Of(type);
        Assert.Equal("https://json-schema.org/draft/2020-12/schema", schema.Document["$schema"]!.GetValue<string>());
        Assert.Equal("urn:" + type.Replace('.', ':'), schema.Document["$id"]!.GetValue<string>());
        Assert.Contains("must ignore properties", schema.Document["$comment"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.NotEmpty(schema.Document["title"]!.GetValue<string>());
        SchemaNodes.Each(schema.Inlined, (path, each) =>
        {
            Assert.True(each["description"]?.GetValue<string>() is { Length: > 0 } description && description.EndsWith('.'), $"{path} has no description");
            Assert.True(SchemaNodes.Types(each).Count > 0, $"{path} has no type");
            // What a captured value means, its model knows.
            var isCounted = SchemaNodes.Types(each).Any(kind => kind is "number" or "integer") && !path.EndsWith(".data[]", StringComparison.Ordinal) && !path.EndsWith("Body", StringComparison.Ordinal);
            Assert.True(isCounted == each.ContainsKey("x-unit"), $"{path}: numbers have an x-unit, and nothing else has one");
            Assert.False(each.ContainsKey("additionalProperties"), $"{path} would refuse what comes later");
            Assert.Empty(SchemaNodes.Required(each).Except(each["properties"]?.AsObject().Select(property => property.Key) ?? []));
        });
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void What_the_program_writes_is_valid_and_every_member_is_described(string type)
    {
        var schema = EventSchema.Of(type);
        var samples = SampleEvents.Of(type).ToList();
        Assert.NotEmpty(samples);
        Assert.Empty(samples.SelectMany(data => schema.Errors(data).Concat(schema.StrictErrors(data)).Select(error => $"{error} in {data.ToJsonString()}")));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Every_property_is_written_and_those_always_written_are_required(string type)
    {
        var schema = EventSchema.Of(type).Inlined;
        var (written, absent) = (new HashSet<string>(), new HashSet<string>());
        foreach (var data in SampleEvents.Of(type))
            Note(schema, data, "$");
        SchemaNodes.Each(schema, (path, each) =>
        {
            foreach (var name in each["properties"]?.AsObject().Select(property => property.Key) ?? [])
            {
                var at = $"{path}.{name}";
                Assert.True(written.Contains(at), $"{at}: no sample has it");
                Assert.True(SchemaNodes.Required(each).Contains(name) != absent.Contains(at), $"{at} is required and absent somewhere, or it is optional and always there");
            }
        });

        void Note(JsonObject part, JsonNode? value, string path)
        {
            // A body is what it is.
            if (path.EndsWith("Body", StringComparison.Ordinal))
                return;
            if (value is JsonArray items)
            {
                foreach (var item in items)
                    Note(part["items"]!.AsObject(), item, path + "[]");
            }

            foreach (var (name, property) in value is JsonObject ? part["properties"]!.AsObject() : [])
            {
                if (!value!.AsObject().TryGetPropertyValue(name, out var member))
                {
                    absent.Add($"{path}.{name}");
                    continue;
                }

                written.Add($"{path}.{name}");
                Note(property!.AsObject(), member, $"{path}.{name}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Words))]
    public void Words_are_those_of_the_code(string type, string path, string[] words)
    {
        var property = EventSchema.Of(type).Property(path);
        var listed = (property["enum"] ?? property["x-extensible-enum"])!.AsArray().Select(word => word!.GetValue<string>());
        Assert.Equal(words.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Every_list_of_words_is_held_against_the_code(string type) =>
        SchemaNodes.Each(EventSchema.Of(type).Inlined, (path, each) =>
        {
            // Words without an enum of the code: where the analysis writes them, samples have them.
            if ((each.ContainsKey("enum") || each.ContainsKey("x-extensible-enum")) && !path.EndsWith(".cause", StringComparison.Ordinal) && path != "$.state")
                Assert.Contains(Words, row => row.Data.Item1 == type && "$." + row.Data.Item2 == path.Replace("[]", "", StringComparison.Ordinal));
        });

    [Theory]
    [MemberData(nameof(Types))]
    public void Changed_event_is_invalid(string type)
    {
        var schema = EventSchema.Of(type);
        var seen = new HashSet<string>();
        foreach (var data in SampleEvents.Of(type))
        {
            foreach (var mutant in EventMutants.Of(schema.Inlined, data).Where(mutant => seen.Add(mutant.What)))
                Assert.True(schema.Errors(mutant.Data).Count > 0, $"{mutant.What} goes unnoticed: {mutant.Data.ToJsonString()}");
        }

        Assert.True(seen.Count > schema.Document["required"]!.AsArray().Count * 2, "hardly anything was changed");
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Event_with_more_than_a_consumer_knows_is_valid(string type)
    {
        var schema = EventSchema.Of(type);
        foreach (var data in SampleEvents.Of(type))
        {
            Add(data);
            Assert.Empty(schema.Errors(data));
            Assert.NotEmpty(schema.StrictErrors(data));
        }

        static void Add(JsonNode? node)
        {
            foreach (var child in node is JsonObject members ? members.Select(member => member.Value).ToArray() : node is JsonArray items ? [.. items] : [])
                Add(child);
            if (node is JsonObject item)
                item["comesLater"] = new JsonObject { ["a"] = 1 };
        }
    }

    [Fact]
    public void Word_that_is_new_is_borne_where_the_list_is_open_only()
    {
        var schema = EventSchema.Of(ExchangeEvents.ExchangeType);
        Assert.Empty(schema.Errors(With("errorType", "new_word")));
        Assert.NotEmpty(schema.StrictErrors(With("errorType", "new_word")));
        Assert.Empty(schema.StrictErrors(With("errorType", "503")));
        Assert.NotEmpty(schema.StrictErrors(With("errorType", "303")));
        Assert.NotEmpty(schema.Errors(With("end", "new_word")));
    }

    [Theory]
    [InlineData("""[1,-2.5,"a",true,null]""", "true", """["outputs"]""", true)]
    [InlineData("[]", "false", "[]", true)]
    [InlineData("[[1]]", "true", "[]", false)]
    [InlineData("[{}]", "true", "[]", false)]
    [InlineData("1", "true", "[]", false)]
    [InlineData("[]", "1", "[]", false)]
    [InlineData("[]", "true", "[1]", false)]
    [InlineData("[]", "true", "true", false)]
    public void Captured_values_may_be_in_an_exchange(string values, string truncatedValues, string truncated, bool isValid)
    {
        var data = With("truncated", JsonNode.Parse(truncated)!);
        foreach (var side in (string[])["inputs", "outputs"])
        {
            data[side]![0]!["data"] = JsonNode.Parse(values);
            data[side]![0]!["truncatedValues"] = JsonNode.Parse(truncatedValues);
        }

        Assert.Equal(isValid, EventSchema.Of(ExchangeEvents.ExchangeType).StrictErrors(data).Count == 0);
    }

    private static JsonObject With(string name, JsonNode value)
    {
        var data = SampleEvents.Of(ExchangeEvents.ExchangeType).First();
        data[name] = value;
        return data;
    }

    private static string[] All<T>()
        where T : struct, Enum => [.. Enumerable.Range(0, Labels<T>.Count).Select(Labels<T>.Of)];

    private static string[] DataTypeNames() => [.. Enum.GetValues<DataType>().Select(type => type.Name())];

    /// <summary>All that the code makes of any exchange, but the numbers of HTTP.</summary>
    private static string[] ErrorWords()
    {
        var words =
            from failure in Enum.GetValues<DialFailure>()
            from end in Enum.GetValues<ExchangeEnd>()
            from deadline in (bool[])[false, true]
            from status in Enumerable.Range(-1, 20)
            select ErrorTypes.Of(new Exchange { DialFailure = failure, End = end, DeadlineExceeded = deadline, Status = 200, IsGrpc = true, GrpcStatus = status });
        return [.. words.OfType<string>().Distinct()];
    }
}
