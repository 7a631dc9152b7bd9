using System.Buffers;
using System.Text;
using System.Text.Json;
using Sidecar.Emit.Redaction;

namespace Sidecar.Tests.Emit.Redaction;

/// <summary>Redactors and what they write.</summary>
internal static class Redacted
{
    public static readonly byte[] Key = Encoding.ASCII.GetBytes("correct horse battery staple");

    public static Redactor With(RedactionKind pattern, RedactionAction action = RedactionAction.Mask) =>
        new(new RedactionPolicy([RedactionRule.Of(pattern, action)], [Path("$")], Key));

    /// <summary>All patterns; everything allowed.</summary>
    public static Redactor AllowAll(RedactionAction action = RedactionAction.Mask) =>
        new(new RedactionPolicy(RedactionPolicy.AllPatterns(action), [Path("$"), RedactionTarget.OfFeature("*")], Key));

    public static Redactor Of(string[] allow, params (string Path, RedactionAction Action)[] rules) =>
        new(new RedactionPolicy(rules.Select(rule => RedactionRule.Of(Path(rule.Path), rule.Action)), allow.Select(Path), Key));

    public static RedactionTarget Path(string text)
    {
        Assert.True(RedactionTarget.TryOfPath(text, out var target, out var problem), problem);
        return target!;
    }

    public static string Text(this Redactor redactor, string text)
    {
        var to = new ArrayBufferWriter<byte>();
        redactor.RedactText(Encoding.UTF8.GetBytes(text), to);
        return Encoding.UTF8.GetString(to.WrittenSpan);
    }

    public static string Json(this Redactor redactor, string json) => redactor.Json(Encoding.UTF8.GetBytes(json), out _);

    public static string Json(this Redactor redactor, ReadOnlySpan<byte> json, out RedactionResult result)
    {
        var to = new ArrayBufferWriter<byte>();
        result = redactor.RedactJson(json, to);
        return Encoding.UTF8.GetString(to.WrittenSpan);
    }

    /// <summary>Every name, string and number of a JSON text.</summary>
    public static IEnumerable<string> Words(string json)
    {
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 100 });
        return [.. Words(document.RootElement)];
    }

    private static IEnumerable<string> Words(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(member => Words(member.Value).Prepend(member.Name)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Words),
        JsonValueKind.String => [element.GetString()!],
        _ => [element.GetRawText()],
    };
}
