using System.Buffers;
using System.Text.Json;
using Sidecar.Emit.Redaction.Text;

namespace Sidecar.Emit.Redaction;

/// <summary>Writes single values that are allowed, as a rule's action and the patterns leave them. Not thread-safe.</summary>
internal sealed class ScalarWriter(TextRedactor text, PatternActions patterns, RedactionTokens tokens, RedactionCounters counters)
{
    private readonly ArrayBufferWriter<byte> _scratch = new();

    /// <summary>Writes a text, which may be no UTF-8.</summary>
    /// <param name="rule">The action of a rule that names it, not <see cref="RedactionAction.Drop"/>; null: there is none.</param>
    /// <param name="kind">What names it.</param>
    /// <returns>It was replaced.</returns>
    public bool WriteText(Utf8JsonWriter json, ReadOnlySpan<byte> value, RedactionAction? rule, RedactionKind kind)
    {
        if (rule is { } action)
        {
            counters.Add(kind, action);
            json.WriteStringValue(action == RedactionAction.Hmac ? tokens.Of(value) : "***"u8);
            return true;
        }

        _scratch.ResetWrittenCount();
        var replaced = text.Redact(value, _scratch, out var dropped);
        if (dropped)
            json.WriteNullValue();
        else
            json.WriteStringValue(_scratch.WrittenSpan);
        return replaced;
    }

    /// <summary>Writes a number, in the form it has in JSON.</summary>
    /// <param name="isExact">It may be an id: a single-precision number can't hold one, and looks like one by chance.</param>
    /// <returns>It was replaced.</returns>
    public bool WriteNumber(Utf8JsonWriter json, ReadOnlySpan<byte> number, RedactionAction? rule, RedactionKind kind, bool isExact = true)
    {
        if (rule is null && isExact && patterns.Of(RedactionKind.CardNumber) is { } pattern && IsCard(number, out var digits))
        {
            counters.Add(RedactionKind.CardNumber, pattern);
            WriteReplaced(json, digits, pattern);
            return true;
        }

        if (rule is not { } action)
        {
            json.WriteRawValue(number, skipInputValidation: true);
            return false;
        }

        counters.Add(kind, action);
        WriteReplaced(json, number, action);
        return true;
    }

    /// <summary>Writes <c>true</c> or <c>false</c>.</summary>
    /// <returns>It was replaced.</returns>
    public bool WriteBoolean(Utf8JsonWriter json, bool value, RedactionAction? rule, RedactionKind kind)
    {
        if (rule is not null)
            return WriteText(json, value ? "true"u8 : "false"u8, rule, kind);
        json.WriteBooleanValue(value);
        return false;
    }

    /// <summary>Writes the name of a member; it is data as well where objects are maps.</summary>
    /// <returns>It was replaced.</returns>
    public bool WriteName(Utf8JsonWriter json, ReadOnlySpan<byte> name)
    {
        _scratch.ResetWrittenCount();
        var replaced = text.Redact(name, _scratch, out _);
        json.WritePropertyName(_scratch.WrittenSpan);
        return replaced;
    }

    private void WriteReplaced(Utf8JsonWriter json, ReadOnlySpan<byte> value, RedactionAction action)
    {
        if (action == RedactionAction.Hmac)
            json.WriteStringValue(tokens.Of(value));
        else
            json.WriteNullValue();
    }

    private static bool IsCard(ReadOnlySpan<byte> number, out byte[] digits)
    {
        digits = [];
        Span<char> whole = stackalloc char[WholeNumber.MaxDigits];
        var length = WholeNumber.Read(number, whole);
        if (!CardPattern.IsCard(whole[..length]))
            return false;
        digits = System.Text.Encoding.ASCII.GetBytes(whole[..length].ToString());
        return true;
    }
}
