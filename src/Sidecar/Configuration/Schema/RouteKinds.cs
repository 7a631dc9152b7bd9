using System.Text.Json;
using Sidecar.Tensors;

namespace Sidecar.Configuration.Schema;

/// <summary>Method and path.</summary>
internal sealed class RouteMatchKind : ScalarSchema<RouteMatch>
{
    public override string Noun => "a method and a path";

    public override string Allowed => "a method in capitals and a path from its \"/\" on, without a query, such as POST /score; a * at the end stands for any rest";

    public override bool IsText => true;

    public override ParseOutcome TryParse(string text, out RouteMatch value)
    {
        var isMatch = RouteMatch.TryParse(text, out var parsed);
        value = parsed!;
        return isMatch ? ParseOutcome.Ok : ParseOutcome.Malformed;
    }

    public override string Format(RouteMatch value) => value.ToString();

    public override void WriteJsonSchema(Utf8JsonWriter json)
    {
        json.WriteString("type", "string");
        json.WriteString("pattern", "^[A-Z]{1,16} +/[!\"$-)+->@-~]{0,255}\\*?$");
    }
}

/// <summary>Where a feature is in a JSON text.</summary>
internal sealed class JsonPathKind : ScalarSchema<JsonPath>
{
    private const int Longest = 512;

    public override string Noun => "a path into JSON";

    public override string Allowed => "a JSON Pointer such as /rows/*/age, or a JSONPath such as $.rows[*].age; a * stands for every element; a datatype may follow, as in /age as FP32";

    public override bool IsText => true;

    public override string Problem(string text) => text.Length is 0 or > Longest || JsonPath.TryParse(text, out _, out var problem) ? base.Problem(text) : problem!;

    public override ParseOutcome TryParse(string text, out JsonPath value)
    {
        value = null!;
        if (text.Length is 0 or > Longest || text.Any(char.IsControl) || !JsonPath.TryParse(text, out var parsed, out _))
            return ParseOutcome.Malformed;
        value = parsed!;
        return ParseOutcome.Ok;
    }

    public override string Format(JsonPath value) => value.Text;

    public override void WriteJsonSchema(Utf8JsonWriter json)
    {
        json.WriteString("type", "string");
        json.WriteString("pattern", "^[/$]");
        json.WriteNumber("maxLength", Longest);
    }
}
