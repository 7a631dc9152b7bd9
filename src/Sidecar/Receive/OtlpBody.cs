using System.Text.Json;
using Sidecar.Model;
using Sidecar.Tensors;
using Sidecar.Tensors.Protobuf;

namespace Sidecar.Receive;

/// <summary>
/// What a body is, looked at once: whether it is an export request of OTLP, and how many spans, log records or data points are in it. Fields that are not known are read over, as
/// they are of a later version of OTLP; one that is known and holds something else makes the body malformed, as it does for the Collector.
/// </summary>
internal sealed class OtlpBody
{
    // Attributes may hold attributes. JSON needs two levels for each of a list.
    private const int MaxDepth = 64;
    private const int MaxNames = 12; // of a path in a message

    private readonly OtlpField[] _path = new OtlpField[MaxDepth];
    private int _depth;

    private OtlpBody()
    {
    }

    /// <summary>Spans, log records or data points; of a malformed body, those before the problem.</summary>
    public long Items { get; private set; }

    /// <summary>Null for a sound body; else which field is wrong, and where.</summary>
    public string? Problem { get; private set; }

    /// <summary>Reads the binary form.</summary>
    /// <param name="signal">What it should be.</param>
    /// <param name="body">All of it, not compressed.</param>
    public static OtlpBody ReadProtobuf(OtlpSignal signal, ReadOnlySpan<byte> body)
    {
        var read = new OtlpBody();
        read.Read(new ProtoReader(body, 0, body.Length), OtlpGrammar.Request(signal));
        return read;
    }

    /// <summary>Reads the JSON form: names in camelCase, ids in hexadecimal, 64-bit integers as numbers or as text.</summary>
    /// <inheritdoc cref="ReadProtobuf"/>
    public static OtlpBody ReadJson(OtlpSignal signal, ReadOnlySpan<byte> body)
    {
        var read = new OtlpBody();
        var json = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = 2 * MaxDepth });
        try
        {
            json.Read();
            if (read.Read(ref json, OtlpGrammar.Request(signal)))
                json.Read(); // throws for anything after it
        }
        catch (JsonException)
        {
            // Its message may quote the body.
            read.Fail($"is no JSON, at byte {json.BytesConsumed}");
        }

        return read;
    }

    private bool Read(ProtoReader message, OtlpMessageType type)
    {
        while (message.Next())
        {
            if (type.Find(message.Field) is not { } field)
            {
                if (!message.Skip())
                    break;
                continue;
            }

            if (_depth == MaxDepth)
                return Fail("is nested too deeply");
            _path[_depth++] = field;
            if (!Fits(ref message, field, out var inner))
                return Fail(message.Error == DecodeError.Truncated ? $"ends early, at byte {message.Position}" : $"does not hold what it should, at byte {message.Position}");
            if (field.Kind == OtlpKind.Message && !Read(inner, field.Type!))
                return false;
            Items += field.Item ? 1 : 0;
            _depth--;
        }

        return message.Error switch
        {
            DecodeError.None => true,
            DecodeError.Truncated => Fail($"ends early, at byte {message.Position}"),
            _ => Fail($"is no protobuf, at byte {message.Position}"),
        };
    }

    // Packed numbers are in one field of bytes; each of them may also be a field of its own.
    private static bool Fits(ref ProtoReader message, OtlpField field, out ProtoReader inner)
    {
        inner = default;
        return field.Kind switch
        {
            OtlpKind.Message or OtlpKind.Bytes => message.ReadMessage(out inner),
            OtlpKind.TraceId => message.ReadMessage(out inner) && inner.Length is 0 or 16,
            OtlpKind.SpanId => message.ReadMessage(out inner) && inner.Length is 0 or 8,
            OtlpKind.Fixed64 when field.Repeated && message.Type == WireType.Bytes => message.ReadMessage(out inner) && inner.Length % 8 == 0,
            OtlpKind.Varint when field.Repeated && message.Type == WireType.Bytes => message.ReadMessage(out inner) && AllVarints(ref inner),
            OtlpKind.Fixed64 => message.Type == WireType.Fixed64 && message.Skip(),
            OtlpKind.Fixed32 => message.Type == WireType.Fixed32 && message.Skip(),
            _ => message.Type == WireType.Varint && message.Skip(),
        };
    }

    private static bool AllVarints(ref ProtoReader packed)
    {
        while (packed.Length > 0)
        {
            if (!packed.ReadVarint(out _))
                return false;
        }

        return true;
    }

    private bool Read(ref Utf8JsonReader json, OtlpMessageType type)
    {
        if (json.TokenType != JsonTokenType.StartObject)
            return Fail($"is no object, at byte {json.TokenStartIndex}");
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var field = Find(ref json, type);
            json.Read();
            if (field is null || json.TokenType == JsonTokenType.Null)
            {
                json.Skip();
                continue;
            }

            if (_depth == MaxDepth)
                return Fail("is nested too deeply");
            _path[_depth++] = field;
            if (!(field.Repeated ? ReadList(ref json, field) : ReadValue(ref json, field)))
                return false;
            _depth--;
        }

        return true;
    }

    private static OtlpField? Find(ref Utf8JsonReader json, OtlpMessageType type)
    {
        foreach (var field in type.Fields)
        {
            if (json.ValueTextEquals(field.Name))
                return field;
        }

        return null;
    }

    private bool ReadList(ref Utf8JsonReader json, OtlpField field)
    {
        if (json.TokenType != JsonTokenType.StartArray)
            return Fail($"is no list, at byte {json.TokenStartIndex}");
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (!ReadValue(ref json, field))
                return false;
        }

        return true;
    }

    private bool ReadValue(ref Utf8JsonReader json, OtlpField field)
    {
        if (field.Kind == OtlpKind.Message)
        {
            if (!Read(ref json, field.Type!))
                return false;
            Items += field.Item ? 1 : 0;
            return true;
        }

        return json.TokenType switch
        {
            JsonTokenType.String => true,
            JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False when field.Kind is OtlpKind.Varint or OtlpKind.Fixed32 or OtlpKind.Fixed64 => true,
            _ => Fail($"does not hold what it should, at byte {json.TokenStartIndex}"),
        };
    }

    private bool Fail(string problem)
    {
        var path = _depth == 0 ? "the message" : string.Join('.', _path.Take(Math.Min(_depth, MaxNames)).Select(field => field.Name));
        Problem ??= $"{path} {problem}";
        return false;
    }
}
