using System.Text.Json;

namespace Sidecar.Configuration.Schema;

/// <summary>Text of 1 to <paramref name="maxLength"/> characters.</summary>
internal sealed class TextKind(int maxLength, string noun, string allowed, string? pattern, Func<char, bool> isAllowed) : ScalarSchema<string>
{
    public override string Noun => noun;

    public override string Allowed => allowed;

    public override bool IsText => true;

    public override ParseOutcome TryParse(string text, out string value)
    {
        value = text;
        return text.Length > 0 && text.Length <= maxLength && text.All(isAllowed) ? ParseOutcome.Ok : ParseOutcome.Malformed;
    }

    public override string Format(string value) => value;

    public override void WriteJsonSchema(Utf8JsonWriter json)
    {
        json.WriteString("type", "string");
        WriteLimits(json);
    }

    public void WriteLimits(Utf8JsonWriter json)
    {
        if (pattern is not null)
        {
            json.WriteString("pattern", pattern);
            return;
        }

        json.WriteNumber("minLength", 1);
        json.WriteNumber("maxLength", maxLength);
    }
}

/// <summary>Text, or nothing. An unquoted number is text here too: versions look like numbers, and 1.10 must not become 1.1.</summary>
internal sealed class OptionalTextKind(ScalarSchema<string> text) : ScalarSchema<string?>
{
    public override string Noun => text.Noun;

    public override string Allowed => $"{text.Allowed}, or null";

    public override bool AcceptsNull => true;

    public override bool IsText => true;

    public override ParseOutcome TryParse(string text1, out string? value)
    {
        var outcome = text.TryParse(text1, out var parsed);
        value = parsed;
        return outcome;
    }

    public override string Format(string? value) => value ?? "null";

    public override void WriteJson(string? value, Utf8JsonWriter json) => json.WriteStringValue(value);

    public override void WriteJsonSchema(Utf8JsonWriter json)
    {
        json.WriteStartArray("type");
        json.WriteStringValue("string");
        json.WriteStringValue("number");
        json.WriteStringValue("null");
        json.WriteEndArray();
        (text as TextKind)?.WriteLimits(json);
    }
}

internal sealed class EndPointKind : ScalarSchema<EndPointSetting>
{
    public const string Pattern = "^(\\[[^\\]]+\\]|[0-9.]+|localhost):[0-9]{1,5}$";

    public override string Noun => "an address to listen on";

    public override string Allowed => "IP:port with a port from 0 (any free one) to 65535, such as 0.0.0.0:9180, [::]:9180 or localhost:0";

    public override ParseOutcome TryParse(string text, out EndPointSetting value)
    {
        var isAddress = EndPointSetting.TryParse(text, out var parsed);
        value = parsed!;
        return isAddress ? ParseOutcome.Ok : ParseOutcome.Malformed;
    }

    public override string Format(EndPointSetting value) => value.ToString();

    public override void WriteJsonSchema(Utf8JsonWriter json)
    {
        json.WriteString("type", "string");
        json.WriteString("pattern", Pattern);
    }
}

internal sealed class OptionalEndPointKind : ScalarSchema<EndPointSetting?>
{
    private static readonly EndPointKind Inner = new();

    public override string Noun => Inner.Noun;

    public override string Allowed => $"{Inner.Allowed}; or null";

    public override bool AcceptsNull => true;

    public override ParseOutcome TryParse(string text, out EndPointSetting? value)
    {
        var outcome = Inner.TryParse(text, out var parsed);
        value = parsed;
        return outcome;
    }

    public override string Format(EndPointSetting? value) => value?.ToString() ?? "null";

    public override void WriteJson(EndPointSetting? value, Utf8JsonWriter json) => json.WriteStringValue(value?.ToString());

    public override void WriteJsonSchema(Utf8JsonWriter json)
    {
        json.WriteStartArray("type");
        json.WriteStringValue("string");
        json.WriteStringValue("null");
        json.WriteEndArray();
        json.WriteString("pattern", EndPointKind.Pattern);
    }
}

internal sealed class OptionalAddressKind : ScalarSchema<Uri?>
{
    public override string Noun => "the address of a server";

    public override string Allowed => "http://host:port or https://host:port, perhaps with a path, without query and credentials, such as http://collector:4318; or null";

    public override bool AcceptsNull => true;

    public override ParseOutcome TryParse(string text, out Uri? value) =>
        Uri.TryCreate(text, UriKind.Absolute, out value) && value is { Scheme: "http" or "https", Host.Length: > 0, Query: "", Fragment: "", UserInfo: "" } ? ParseOutcome.Ok : ParseOutcome.Malformed;

    public override string Format(Uri? value) => value?.OriginalString ?? "null";

    public override void WriteJson(Uri? value, Utf8JsonWriter json) => json.WriteStringValue(value?.OriginalString);

    public override void WriteJsonSchema(Utf8JsonWriter json)
    {
        json.WriteStartArray("type");
        json.WriteStringValue("string");
        json.WriteStringValue("null");
        json.WriteEndArray();
        json.WriteString("pattern", "^[hH][tT][tT][pP][sS]?://[^/?#@\\s]+(/[^?#\\s]*)?$");
    }
}

internal sealed class UpstreamKind : ScalarSchema<UpstreamSetting>
{
    public override string Noun => "the address of a server";

    public override string Allowed => "http://host:port or https://host:port with a port from 1 to 65535 and no path, such as http://127.0.0.1:8080; or unix:/path of at most 107 bytes";

    public override ParseOutcome TryParse(string text, out UpstreamSetting value)
    {
        var isAddress = UpstreamSetting.TryParse(text, out var parsed);
        value = parsed!;
        return isAddress ? ParseOutcome.Ok : ParseOutcome.Malformed;
    }

    public override string Format(UpstreamSetting value) => value.ToString();

    public override void WriteJsonSchema(Utf8JsonWriter json)
    {
        json.WriteString("type", "string");
        json.WriteString("pattern", "^([hH][tT][tT][pP][sS]?://)?(\\[[^\\]]+\\]|[A-Za-z0-9._-]+):[0-9]{1,5}/?$|^[uU][nN][iI][xX]:(//)?/[^/].*$");
    }
}

/// <summary>One of a closed set of words that stay text.</summary>
internal sealed class WordKind(params string[] words) : ScalarSchema<string>
{
    public override string Noun => "one of the choices";

    public override string Allowed => string.Join(" or ", words);

    public override bool IsText => true;

    public override ParseOutcome TryParse(string text, out string value)
    {
        value = text;
        return words.Contains(text, StringComparer.Ordinal) ? ParseOutcome.Ok : ParseOutcome.Malformed;
    }

    public override string Format(string value) => value;

    public override void WriteJsonSchema(Utf8JsonWriter json)
    {
        json.WriteStartArray("enum");
        foreach (var word in words)
            json.WriteStringValue(word);
        json.WriteEndArray();
    }
}

/// <summary>One of a closed set of words.</summary>
internal sealed class ChoiceKind<T>((string Name, T Value)[] choices) : ScalarSchema<T>
    where T : struct, Enum
{
    public override string Noun => "one of the choices";

    public override string Allowed => string.Join(" or ", choices.Select(choice => choice.Name));

    public override ParseOutcome TryParse(string text, out T value)
    {
        foreach (var (name, candidate) in choices)
        {
            if (name == text)
            {
                value = candidate;
                return ParseOutcome.Ok;
            }
        }

        value = default;
        return ParseOutcome.Malformed;
    }

    public override string Format(T value) => choices.First(choice => choice.Value.Equals(value)).Name;

    public override void WriteJsonSchema(Utf8JsonWriter json)
    {
        json.WriteStartArray("enum");
        foreach (var (name, _) in choices)
            json.WriteStringValue(name);
        json.WriteEndArray();
    }
}
