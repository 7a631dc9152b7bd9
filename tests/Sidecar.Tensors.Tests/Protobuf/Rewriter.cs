using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Sidecar.Tensors.Tests.Protobuf;

/// <summary>
/// Writes a message in other bytes that mean the same: fields in another order, lists packed or not or in two pieces, messages in two pieces, fields twice of which the
/// last counts, and fields that nobody knows.
/// </summary>
internal sealed class Rewriter(Random random)
{
    // Beyond all numbers of the messages here.
    private const int FirstUnknown = 100;

    public byte[] Rewrite(IMessage message) => Rewrite(message.Descriptor, message.ToByteArray());

    private byte[] Rewrite(MessageDescriptor type, byte[] message)
    {
        var isEntry = type.GetOptions()?.MapEntry ?? false;
        var fields = new List<Field>();
        foreach (var field in Parse(message))
        {
            var known = type.FindFieldByNumber(field.Number);
            if (known is { FieldType: FieldType.Message })
                fields.AddRange(Messages(known, field, isEntry));
            else if (known is { IsRepeated: true } && known.FieldType is not (FieldType.String or FieldType.Bytes))
                fields.AddRange(List(known, field));
            else
                fields.AddRange(Scalar(known!, field));
        }

        for (var i = random.Next(3); i > 0; i--)
            fields.Add(Unknown());
        return Write(Shuffled(fields));
    }

    private IEnumerable<Field> Messages(FieldDescriptor known, Field field, bool isEntry)
    {
        var rewritten = Rewrite(known.MessageType, field.Payload);
        if (known.IsMap && random.Next(4) == 0)
        {
            // Of two entries with the same key the last counts.
            yield return field with { Payload = Write(Parse(field.Payload).Where(part => part.Number == 1)) };
        }

        // Readers differ in what they do with two values of an entry, and with two wrappers of a number.
        if (known.IsRepeated || isEntry || known.MessageType.File.Name == "google/protobuf/wrappers.proto" || random.Next(4) != 0)
        {
            yield return field with { Payload = rewritten };
            yield break;
        }

        var parts = Parse(rewritten);
        var first = random.Next(parts.Count + 1);
        yield return field with { Payload = Write(parts.Take(first)) };
        yield return field with { Payload = Write(parts.Skip(first)) };
    }

    private IEnumerable<Field> List(FieldDescriptor known, Field field)
    {
        var type = known.FieldType switch
        {
            FieldType.Float => WireFormat.WireType.Fixed32,
            FieldType.Double => WireFormat.WireType.Fixed64,
            _ => WireFormat.WireType.Varint,
        };
        var elements = Elements(field.Payload, type);
        switch (random.Next(3))
        {
            case 0:
                return elements.Select(element => new Field(field.Number, type, element));
            case 1:
                var first = random.Next(elements.Count + 1);
                return [field with { Payload = [.. elements.Take(first).SelectMany(e => e)] }, field with { Payload = [.. elements.Skip(first).SelectMany(e => e)] }];
            default:
                return [field];
        }
    }

    private IEnumerable<Field> Scalar(FieldDescriptor known, Field field)
    {
        if (!known.IsRepeated && random.Next(6) == 0)
            yield return field with { Payload = Any(field.Type) };
        yield return field;
    }

    private Field Unknown()
    {
        WireFormat.WireType[] types = [WireFormat.WireType.Varint, WireFormat.WireType.Fixed32, WireFormat.WireType.Fixed64, WireFormat.WireType.LengthDelimited];
        var type = types[random.Next(types.Length)];
        return new Field(FirstUnknown + random.Next(1000), type, Any(type));
    }

    private static byte[] Any(WireFormat.WireType type) => type switch
    {
        WireFormat.WireType.Varint => [0x83, 0x01],
        WireFormat.WireType.Fixed32 => [1, 2, 3, 4],
        WireFormat.WireType.Fixed64 => [1, 2, 3, 4, 5, 6, 7, 8],
        _ => [.. "before"u8],
    };

    /// <summary>Any order in which those of one number keep theirs.</summary>
    private List<Field> Shuffled(List<Field> fields)
    {
        var numbers = fields.Select(field => field.Number).ToArray();
        random.Shuffle(numbers);
        var queues = fields.GroupBy(field => field.Number).ToDictionary(group => group.Key, group => new Queue<Field>(group));
        return [.. numbers.Select(number => queues[number].Dequeue())];
    }

    private static List<byte[]> Elements(byte[] packed, WireFormat.WireType type)
    {
        var elements = new List<byte[]>();
        var input = new CodedInputStream(packed);
        while (!input.IsAtEnd)
            elements.Add(Payload(input, type));
        return elements;
    }

    private static List<Field> Parse(byte[] message)
    {
        var fields = new List<Field>();
        var input = new CodedInputStream(message);
        for (var tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            var type = WireFormat.GetTagWireType(tag);
            fields.Add(new Field(WireFormat.GetTagFieldNumber(tag), type, Payload(input, type)));
        }

        return fields;
    }

    private static byte[] Payload(CodedInputStream input, WireFormat.WireType type) => type switch
    {
        WireFormat.WireType.LengthDelimited => input.ReadBytes().ToByteArray(),
        WireFormat.WireType.Varint => WireBytes.Varint(input.ReadUInt64()),
        WireFormat.WireType.Fixed32 => BitConverter.GetBytes(input.ReadFixed32()),
        _ => BitConverter.GetBytes(input.ReadFixed64()),
    };

    private static byte[] Write(IEnumerable<Field> fields) =>
        [.. fields.SelectMany(field => (byte[])[.. WireBytes.Tag(field.Number, (int)field.Type), .. field.Type == WireFormat.WireType.LengthDelimited ? WireBytes.Varint((ulong)field.Payload.Length) : [], .. field.Payload])];

    private sealed record Field(int Number, WireFormat.WireType Type, byte[] Payload);
}
