using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using Sidecar.Tensors;

namespace Sidecar.Offline;

/// <summary>One message of an inference protocol, as far as people want to see it.</summary>
internal sealed record DecodedInference(
    string? Id, string? Model, string? Version, string? Error, string? ErrorType, string? ErrorCode, DecodeError Problem, IReadOnlyList<DecodedTensor> Tensors)
{
    /// <summary>Takes what is worth showing out of a message that is soon overwritten.</summary>
    public static DecodedInference Of(TensorMessage message, DecodeError problem) => new(
        message.HasId ? DecodedExchange.Text(message.Id) : null,
        message.HasModelName ? DecodedExchange.Text(message.ModelName) : null,
        message.HasModelVersion ? DecodedExchange.Text(message.ModelVersion) : null,
        message.HasError ? DecodedExchange.Text(message.Error) : null,
        message.ErrorType.IsEmpty ? null : DecodedExchange.Text(message.ErrorType),
        message.ErrorCode.IsEmpty ? null : DecodedExchange.Text(message.ErrorCode),
        problem,
        [.. Enumerable.Range(0, message.Count).Select(i => DecodedTensor.Of(message, i))]);
}

/// <summary>One tensor: what it is, its digest and its first elements.</summary>
internal sealed record DecodedTensor(string Name, string Datatype, long[] Shape, DecodeError Problem, int Elements, long Bytes, string Sha256, IReadOnlyList<object> First)
{
    private const int Shown = 8;
    private const int ShownBytes = 64;

    public static DecodedTensor Of(TensorMessage message, int i)
    {
        var data = message.Data(i);
        return new DecodedTensor(
            DecodedExchange.Text(message.Name(i)), message[i].DataType.Name(), message[i].Shape.ToArray(), message[i].Error,
            message[i].SentElements, data.Length, Convert.ToHexStringLower(SHA256.HashData(data)), FirstOf(message, i));
    }

    /// <summary>As members of the object that is open.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteString("name", Name);
        json.WriteString("datatype", Datatype);
        json.WriteStartArray("shape");
        foreach (var length in Shape)
            json.WriteNumberValue(length);
        json.WriteEndArray();
        if (Problem != DecodeError.None)
        {
            json.WriteString("undecodable", Problem.Label());
            return;
        }

        json.WriteNumber("elements", Elements);
        json.WriteNumber("nbytes", Bytes);
        json.WriteString("sha256", Sha256);
        json.WriteStartArray(Datatype == "BYTES" ? "first_base64" : "first");
        foreach (var element in First)
            WriteElement(json, element);
        json.WriteEndArray();
    }

    private static void WriteElement(Utf8JsonWriter json, object element)
    {
        switch (element)
        {
            case byte[] bytes: json.WriteBase64StringValue(bytes); break;
            case bool flag: json.WriteBooleanValue(flag); break;
            case ulong number: json.WriteNumberValue(number); break;
            case long number: json.WriteNumberValue(number); break;
            case float number when float.IsFinite(number): json.WriteNumberValue(number); break;
            case double number when double.IsFinite(number): json.WriteNumberValue(number); break;
            case IFormattable number:
                // JSON has no word for these.
                var text = number.ToString(null, System.Globalization.CultureInfo.InvariantCulture);
                json.WriteStringValue(text);
                break;
        }
    }

    private static List<object> FirstOf(TensorMessage message, int i)
    {
        var first = new List<object>();
        if (message[i].DataType == DataType.Bytes)
        {
            foreach (var text in message.Strings(i))
            {
                if (first.Count == Shown)
                    break;
                first.Add(text[..Math.Min(text.Length, ShownBytes)].ToArray());
            }

            return first;
        }

        var data = message.Data(i);
        var size = message[i].DataType.Size();
        for (var at = 0; size > 0 && at < data.Length && first.Count < Shown; at += size)
            first.Add(Element(data[at..], message[i].DataType));
        return first;
    }

    private static object Element(ReadOnlySpan<byte> data, DataType type) => type switch
    {
        DataType.Bool => data[0] != 0,
        DataType.UInt8 => (ulong)data[0],
        DataType.UInt16 => (ulong)BinaryPrimitives.ReadUInt16LittleEndian(data),
        DataType.UInt32 => (ulong)BinaryPrimitives.ReadUInt32LittleEndian(data),
        DataType.UInt64 => BinaryPrimitives.ReadUInt64LittleEndian(data),
        DataType.Int8 => (long)(sbyte)data[0],
        DataType.Int16 => (long)BinaryPrimitives.ReadInt16LittleEndian(data),
        DataType.Int32 => (long)BinaryPrimitives.ReadInt32LittleEndian(data),
        DataType.Int64 => BinaryPrimitives.ReadInt64LittleEndian(data),
        DataType.Fp16 => (float)BinaryPrimitives.ReadHalfLittleEndian(data),
        DataType.Bf16 => BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(data) << 16),
        DataType.Fp32 => BinaryPrimitives.ReadSingleLittleEndian(data),
        _ => BinaryPrimitives.ReadDoubleLittleEndian(data),
    };
}
