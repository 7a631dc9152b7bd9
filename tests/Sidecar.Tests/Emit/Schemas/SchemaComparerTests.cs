using System.Text.Json.Nodes;

namespace Sidecar.Tests.Emit.Schemas;

/// <summary>Each rule of being additive, with a small schema that keeps it and one that breaks it.</summary>
public sealed class SchemaComparerTests
{
    private const string Released =
        """
        {"$id":"urn:a:v1","title":"A","type":"object","required":["id"],"properties":{
          "id":{"type":"string","description":"Its id."},
          "took":{"type":"number","description":"How long.","x-unit":"s","minimum":0},
          "maybe":{"type":["number","null"]},
          "side":{"type":"string","enum":["input","output"]},
          "reason":{"type":"string","x-extensible-enum":["big","small"]},
          "when":{"type":"string","format":"date-time"},
          "parts":{"type":"array","items":{"$ref":"#/$defs/part"}}},
        "$defs":{"part":{"type":"object","required":["name"],"properties":{"name":{"type":"string"},"size":{"type":"integer"}}}}}
        """;

    [Fact]
    public void Same_schema_has_no_change() => Assert.Empty(Changes(Released));

    [Theory]
    [InlineData(""" "id":{"type":"string","description":"Its id."}, """, "", "$.id: the property was removed")]
    [InlineData("\"took\":", "\"duration\":", "$.took: the property was removed", "$.duration: the property is new")]
    [InlineData(""" "size":{"type":"integer"} """, "", "$.parts[].size: the property was removed")]
    [InlineData(""" {"type":"number","description" """, """ {"type":"integer","description" """, """$.took: type lacks "number" now""", """$.took: type has "integer" now""")]
    [InlineData(""" ["number","null"] """, """ "number" """, """$.maybe: type lacks "null" now""")]
    [InlineData(""" {"type":"string","description" """, """ {"type":["string","null"],"description" """, """$.id: type has "null" now""")]
    [InlineData(""" "size":{"type":"integer"} """, """ "size":{} """, "$.parts[].size: type was removed")]
    [InlineData(""" ["input","output"] """, """ ["input"] """, """$.side: enum lacks "output" now""")]
    [InlineData(""" ["input","output"] """, """ ["input","output","both"] """, """$.side: enum has "both" now""")]
    [InlineData(""" ["big","small"] """, """ ["big"] """, """$.reason: x-extensible-enum lacks "small" now""")]
    [InlineData("\"enum\":", "\"x-extensible-enum\":", "$.side: enum was removed", "$.side: x-extensible-enum was added")]
    [InlineData("\"x-extensible-enum\":", "\"enum\":", "$.reason: x-extensible-enum was removed", "$.reason: enum was added")]
    [InlineData(""" "required":["id"], """, "", "$.id: the property may be absent now; it was required")]
    [InlineData(""" "required":["name"] """, """ "required":[] """, "$.parts[].name: the property may be absent now; it was required")]
    [InlineData(""" ["id"] """, """ ["id","took"] """, "$.took: the property is required now; events that were written before may lack it")]
    [InlineData(""" "x-unit":"s" """, """ "x-unit":"ms" """, """$.took: x-unit changed from "s" to "ms" """)]
    [InlineData(""" "x-unit":"s", """, "", "$.took: x-unit was removed")]
    [InlineData(""" "minimum":0 """, """ "minimum":1 """, "$.took: minimum changed from 0 to 1")]
    [InlineData(""" "format":"date-time" """, """ "format":"date" """, """$.when: format changed from "date-time" to "date" """)]
    [InlineData(""" "title":"A", """, """ "additionalProperties":false, """, "$: additionalProperties was added")]
    [InlineData(""" "title":"A", """, """ "minProperties":1, """, "$: minProperties was added")]
    [InlineData("urn:a:v1", "urn:a:v2", """$: $id changed from "urn:a:v1" to "urn:a:v2" """)]
    [InlineData(""" {"$ref":"#/$defs/part"} """, """ true """, """$.parts[]: changed from {"type":"object","required":["name"],"properties":{"name":{"type":"string"},"size":{"type":"integer"}}} to true""")]
    [InlineData(""" ,"items":{"$ref":"#/$defs/part"} """, "", "$.parts: items was removed")]
    public void Breaks_are_found(string part, string replacement, params string[] expected)
    {
        var changes = Changes(Edit(part, replacement));
        Assert.Equal(expected.Select(line => line.Trim()), changes.Select(change => change.ToString()));
        Assert.Contains(changes, change => change.IsBreak);
        Assert.DoesNotContain(changes, change => change.IsBreak == change.What.EndsWith("is new", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(""" "maybe": """, """ "extra":{"type":"object","required":["a"],"properties":{"a":{"type":"string"}}},"maybe": """, "$.extra: the property is new")]
    [InlineData(""" "size":{"type":"integer"} """, """ "size":{"type":"integer"},"colour":{"type":"string"} """, "$.parts[].colour: the property is new")]
    [InlineData(""" ["big","small"] """, """ ["small","medium","big"] """, """$.reason: x-extensible-enum has "medium" now""")]
    [InlineData(""" "description":"How long." """, """ "description":"Its duration." """)]
    [InlineData(""" "title":"A" """, """ "title":"B","$comment":"words" """)]
    [InlineData(""" ["number","null"] """, """ ["null","number"] """)]
    public void Additions_and_words_are_allowed(string part, string replacement, params string[] expected)
    {
        var changes = Changes(Edit(part, replacement));
        Assert.DoesNotContain(changes, change => change.IsBreak);
        Assert.Equal(expected, changes.Select(change => change.ToString()));
    }

    [Fact]
    public void Reference_is_what_it_refers_to() =>
        Assert.Empty(Changes(Edit("""{"type":["number","null"]}""", """{"$ref":"#/$defs/maybe"}""")
            .Replace("\"$defs\":{", """ "$defs":{"maybe":{"type":["number","null"]}, """, StringComparison.Ordinal)));

    [Fact]
    public void New_property_that_is_required_is_a_break()
    {
        var edited = Edit("\"maybe\":", "\"extra\":{},\"maybe\":").Replace("[\"id\"]", "[\"id\",\"extra\"]", StringComparison.Ordinal);
        Assert.Equal(
            ["$.extra: the property is required now; events that were written before may lack it"],
            Changes(edited).Where(change => change.IsBreak).Select(change => change.ToString()));
    }

    [Theory]
    [InlineData("https://example.org/part")]
    [InlineData("#/$defs/nothing")]
    [InlineData("#/$defs/part")] // in itself
    public void Reference_that_cannot_be_followed_is_no_pass(string reference) =>
        Assert.ThrowsAny<Exception>(() => Changes(Released.Replace("\"size\":{\"type\":\"integer\"}", $$""" "size":{"$ref":"{{reference}}"} """, StringComparison.Ordinal)));

    private static IReadOnlyList<SchemaChange> Changes(string current) => SchemaComparer.Compare(JsonNode.Parse(Released)!.AsObject(), JsonNode.Parse(current)!.AsObject());

    private static string Edit(string part, string replacement)
    {
        Assert.Contains(part.Trim(), Released, StringComparison.Ordinal);
        var edited = Released.Replace(part.Trim(), replacement.Trim(), StringComparison.Ordinal);
        return edited.Replace(",}", "}", StringComparison.Ordinal);
    }
}
