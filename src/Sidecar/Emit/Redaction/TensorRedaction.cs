using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using Sidecar.Tensors;

namespace Sidecar.Emit.Redaction;

/// <summary>Values of tensors. Not thread-safe.</summary>
internal sealed class TensorRedaction(RedactionPolicy policy, ScalarWriter scalars, RedactionCounters counters)
{
    private readonly byte[] _number = new byte[64];

    public WrittenValues Write(Utf8JsonWriter json, ReadOnlySpan<byte> feature, TensorMessage message, int index, int maxElements) =>
        Write(json, feature, message[index].Error == DecodeError.None, message[index].DataType, message.Data(index), maxElements);

    public WrittenValues Write(Utf8JsonWriter json, ReadOnlySpan<byte> feature, bool isSound, DataType type, ReadOnlySpan<byte> data, int maxElements)
    {
        var rule = RuleOf(feature);
        var isAllowed = IsAllowed(feature);
        if (rule == RedactionAction.Drop || !isAllowed || !isSound)
        {
            if (rule == RedactionAction.Drop)
                counters.Add(RedactionKind.Feature, RedactionAction.Drop);
            else if (!isAllowed)
                counters.Add(RedactionKind.NotAllowed, RedactionAction.Drop);
            json.WriteNullValue();
            return new WrittenValues(false, RedactionResult.Dropped);
        }

        json.WriteStartArray();
        var changed = false;
        var truncated = type == DataType.Bytes
            ? WriteTexts(json, new BytesElements(data), maxElements, rule, ref changed)
            : WriteNumbers(json, type, data, maxElements, rule, ref changed);
        json.WriteEndArray();
        return new WrittenValues(truncated, changed ? RedactionResult.Redacted : RedactionResult.Unchanged);
    }

    private bool WriteTexts(Utf8JsonWriter json, BytesElements texts, int max, RedactionAction? rule, ref bool changed)
    {
        foreach (var text in texts)
        {
            if (max-- <= 0)
                return true;
            changed |= scalars.WriteText(json, text, rule, RedactionKind.Feature);
        }

        return false;
    }

    private bool WriteNumbers(Utf8JsonWriter json, DataType type, ReadOnlySpan<byte> data, int max, RedactionAction? rule, ref bool changed)
    {
        var size = type.Size();
        for (; size > 0 && data.Length >= size; data = data[size..])
        {
            if (max-- <= 0)
                return true;
            if (type == DataType.Bool)
            {
                changed |= scalars.WriteBoolean(json, data[0] != 0, rule, RedactionKind.Feature);
                continue;
            }

            var length = Format(type, data, _number);
            // Infinite, or none.
            if (length == 0)
                json.WriteNullValue();
            else
                changed |= scalars.WriteNumber(json, _number.AsSpan(0, length), rule, RedactionKind.Feature, type is not (DataType.Fp16 or DataType.Bf16 or DataType.Fp32));
        }

        return false;
    }

    private static int Format(DataType type, ReadOnlySpan<byte> data, Span<byte> to) => type switch
    {
        DataType.UInt8 => Format((long)data[0], to),
        DataType.Int8 => Format((long)(sbyte)data[0], to),
        DataType.UInt16 => Format((long)BinaryPrimitives.ReadUInt16LittleEndian(data), to),
        DataType.Int16 => Format((long)BinaryPrimitives.ReadInt16LittleEndian(data), to),
        DataType.UInt32 => Format((long)BinaryPrimitives.ReadUInt32LittleEndian(data), to),
        DataType.Int32 => Format((long)BinaryPrimitives.ReadInt32LittleEndian(data), to),
        DataType.UInt64 => Format(BinaryPrimitives.ReadUInt64LittleEndian(data), to),
        DataType.Int64 => Format(BinaryPrimitives.ReadInt64LittleEndian(data), to),
        DataType.Fp16 => Real((float)BinaryPrimitives.ReadHalfLittleEndian(data), to),
        DataType.Bf16 => Real(BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(data) << 16), to),
        DataType.Fp32 => Real(BinaryPrimitives.ReadSingleLittleEndian(data), to),
        DataType.Fp64 => Real(BinaryPrimitives.ReadDoubleLittleEndian(data), to),
        _ => 0,
    };

    private static int Real(float value, Span<byte> to) => float.IsFinite(value) ? Format(value, to) : 0;

    private static int Real(double value, Span<byte> to) => double.IsFinite(value) ? Format(value, to) : 0;

    private static int Format<T>(T value, Span<byte> to)
        where T : IUtf8SpanFormattable =>
        value.TryFormat(to, out var length, default, CultureInfo.InvariantCulture) ? length : 0;

    private bool IsAllowed(ReadOnlySpan<byte> feature)
    {
        foreach (var target in policy.Allow)
        {
            if (target.IsFeature(feature))
                return true;
        }

        return false;
    }

    private RedactionAction? RuleOf(ReadOnlySpan<byte> feature)
    {
        RedactionAction? strongest = null;
        foreach (var rule in policy.Rules)
        {
            if (rule.Kind == RedactionKind.Feature && rule.Target!.IsFeature(feature))
                strongest = strongest < rule.Action ? strongest : rule.Action;
        }

        return strongest;
    }
}
