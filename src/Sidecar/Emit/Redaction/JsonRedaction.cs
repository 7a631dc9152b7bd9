using System.Buffers;
using System.Text.Json;
using Sidecar.Emit.Redaction.Text;

namespace Sidecar.Emit.Redaction;

/// <summary>
/// Bodies of JSON. Members that no allowed path leads to are left out with their names; elements of arrays become <c>null</c>, so that the others keep their
/// places. Not thread-safe.
/// </summary>
internal sealed class JsonRedaction(RedactionPolicy policy, ScalarWriter scalars, RedactionCounters counters)
{
    private const int MaxKept = 1 << 20;
    private readonly TargetPaths _paths = new(policy);
    private byte[] _unescaped = [];
    private bool _changed;
    private bool _tooDeep;

    /// <summary>It holds little memory and may be kept.</summary>
    public bool IsSmall => _unescaped.Length <= MaxKept;

    public RedactionResult Redact(ReadOnlySpan<byte> json, IBufferWriter<byte> to)
    {
        // Written aside: of a body that turns out to be broken nothing may have left.
        var output = new ArrayBufferWriter<byte>(Math.Max(256, json.Length));
        _changed = _tooDeep = false;
        bool kept;
        try
        {
            kept = TryRedact(json, output);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            // A reader's or writer's complaint may quote the body, so it goes no further.
            kept = false;
        }

        if (!kept)
        {
            counters.Add(_tooDeep ? RedactionKind.TooDeep : RedactionKind.Malformed, RedactionAction.Drop);
            to.Write("null"u8);
            return RedactionResult.Dropped;
        }

        to.Write(output.WrittenSpan);
        return output.WrittenSpan.SequenceEqual("null"u8) && _changed ? RedactionResult.Dropped
            : _changed ? RedactionResult.Redacted
            : RedactionResult.Unchanged;
    }

    private bool TryRedact(ReadOnlySpan<byte> json, ArrayBufferWriter<byte> output)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = Redactor.MaxDepth + 2 });
        using var writer = new Utf8JsonWriter(output, new JsonWriterOptions { MaxDepth = Redactor.MaxDepth + 2 });
        if (!reader.Read())
            return false;
        if (!TryValue(ref reader, writer, _paths.Root()))
            return false;
        // Anything behind the value makes the reader throw.
        return !reader.Read();
    }

    // At most MaxDepth calls deep.
    private bool TryValue(ref Utf8JsonReader reader, Utf8JsonWriter writer, in TargetPlace place)
    {
        if (place.Rule == RedactionAction.Drop || !MayHold(reader.TokenType, place))
        {
            counters.Add(place.Rule == RedactionAction.Drop ? RedactionKind.Path : RedactionKind.NotAllowed, RedactionAction.Drop);
            _changed = true;
            writer.WriteNullValue();
            return TrySkip(ref reader);
        }

        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                return TryObject(ref reader, writer, place);
            case JsonTokenType.StartArray:
                return TryArray(ref reader, writer, place);
        }

        _changed |= WriteScalar(ref reader, writer, place.Rule);
        return true;
    }

    private bool MayHold(JsonTokenType type, in TargetPlace place) => type switch
    {
        JsonTokenType.StartObject => _paths.MayHold(place, isArray: false),
        JsonTokenType.StartArray => _paths.MayHold(place, isArray: true),
        // What is allowed below it is not there.
        _ => place.IsAllowed,
    };

    private bool WriteScalar(ref Utf8JsonReader reader, Utf8JsonWriter writer, RedactionAction? rule)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                return scalars.WriteText(writer, Text(ref reader), rule, RedactionKind.Path);
            case JsonTokenType.Number:
                return scalars.WriteNumber(writer, reader.ValueSpan, rule, RedactionKind.Path);
            case JsonTokenType.True or JsonTokenType.False:
                return scalars.WriteBoolean(writer, reader.TokenType == JsonTokenType.True, rule, RedactionKind.Path);
            default:
                writer.WriteNullValue();
                return false;
        }
    }

    private bool TryObject(ref Utf8JsonReader reader, Utf8JsonWriter writer, in TargetPlace place)
    {
        if (IsTooDeep(ref reader))
            return false;
        writer.WriteStartObject();
        // Of members of one name each is treated alike, so it doesn't matter which of them a reader takes.
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = Text(ref reader);
            var member = _paths.Member(place, name);
            var isDropped = member.Rule == RedactionAction.Drop;
            if (isDropped || !member.MayHold)
            {
                counters.Add(isDropped ? RedactionKind.Path : RedactionKind.NotAllowed, RedactionAction.Drop);
                _changed = true;
                if (!reader.Read() || !TrySkip(ref reader))
                    return false;
                continue;
            }

            _changed |= scalars.WriteName(writer, name);
            if (!reader.Read() || !TryValue(ref reader, writer, member))
                return false;
        }

        writer.WriteEndObject();
        return reader.TokenType == JsonTokenType.EndObject;
    }

    private bool TryArray(ref Utf8JsonReader reader, Utf8JsonWriter writer, in TargetPlace place)
    {
        if (IsTooDeep(ref reader))
            return false;
        writer.WriteStartArray();
        for (var i = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; i++)
        {
            if (!TryValue(ref reader, writer, _paths.Element(place, i)))
                return false;
        }

        writer.WriteEndArray();
        return reader.TokenType == JsonTokenType.EndArray;
    }

    // Not the reader's own Skip: how deep it is must be known of what is left out too.
    private bool TrySkip(ref Utf8JsonReader reader)
    {
        if (reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
            return true;
        var depth = reader.CurrentDepth;
        do
        {
            if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray && IsTooDeep(ref reader))
                return false;
            if (!reader.Read())
                return false;
        }
        while (reader.CurrentDepth > depth);

        return true;
    }

    private bool IsTooDeep(ref Utf8JsonReader reader) => _tooDeep = reader.CurrentDepth >= Redactor.MaxDepth;

    private ReadOnlySpan<byte> Text(ref Utf8JsonReader reader) =>
        reader.ValueIsEscaped ? Escapes.Unescape(reader.ValueSpan, ref _unescaped) : reader.ValueSpan;
}
