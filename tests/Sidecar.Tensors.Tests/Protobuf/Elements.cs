using System.Buffers.Binary;

namespace Sidecar.Tensors.Tests.Protobuf;

/// <summary>Random elements of every datatype, in the layout that the decoders give: what they must decode to, made by other means.</summary>
internal static class Elements
{
    public static readonly DataType[] AllTypes = [.. Enum.GetValues<DataType>().Where(type => type != DataType.Unknown)];

    public static byte[] Make(Random random, DataType type, long count)
    {
        var data = new List<byte>();
        for (var i = 0L; i < count; i++)
            data.AddRange(Make(random, type));
        return [.. data];
    }

    /// <summary>The elements one by one; texts without their lengths.</summary>
    public static List<byte[]> Split(DataType type, byte[] data)
    {
        var elements = new List<byte[]>();
        for (var rest = data.AsSpan(); !rest.IsEmpty;)
        {
            var skip = type == DataType.Bytes ? 4 : 0;
            var length = type == DataType.Bytes ? BinaryPrimitives.ReadInt32LittleEndian(rest) : type.Size();
            elements.Add(rest.Slice(skip, length).ToArray());
            rest = rest[(skip + length)..];
        }

        return elements;
    }

    /// <summary>The reverse of <see cref="Split"/>.</summary>
    public static byte[] Join(DataType type, IEnumerable<byte[]> elements) =>
        [.. elements.SelectMany(element => type == DataType.Bytes ? [.. BitConverter.GetBytes(element.Length), .. element] : element)];

    /// <summary>An integer element's value.</summary>
    public static long Integer(DataType type, byte[] element) => type switch
    {
        DataType.Bool or DataType.UInt8 => element[0],
        DataType.Int8 => (sbyte)element[0],
        DataType.UInt16 or DataType.Fp16 or DataType.Bf16 => BitConverter.ToUInt16(element),
        DataType.Int16 => BitConverter.ToInt16(element),
        DataType.UInt32 => BitConverter.ToUInt32(element),
        DataType.Int32 => BitConverter.ToInt32(element),
        _ => BitConverter.ToInt64(element),
    };

    public static long[] Shape(Random random) => [.. Enumerable.Range(0, random.Next(4)).Select(_ => (long)random.Next(random.Next(8) == 0 ? 0 : 1, 4))];

    public static long Product(IEnumerable<long> shape) => shape.Aggregate(1L, (product, length) => product * length);

    private static byte[] Make(Random random, DataType type)
    {
        var bytes = new byte[type == DataType.Bytes ? random.Next(5) : type.Size()];
        random.NextBytes(bytes);
        if (type == DataType.Bool)
            bytes[0] &= 1;
        // Small numbers are the usual ones, and take other lengths on the wire.
        if (type.IsInteger() && random.Next(2) == 0)
            bytes.AsSpan(1).Fill(type is DataType.Int8 or DataType.Int16 or DataType.Int32 or DataType.Int64 && bytes[0] >= 0x80 ? (byte)0xFF : (byte)0);
        return type == DataType.Bytes ? [.. BitConverter.GetBytes(bytes.Length), .. bytes] : bytes;
    }
}

/// <summary>A tensor that a message must have.</summary>
/// <param name="Data">Null where it has none for that reason.</param>
internal sealed record ExpectedTensor(string Name, DataType Type, long[] Shape, byte[]? Data, DecodeError Error = DecodeError.None)
{
    public static void AssertAll(IReadOnlyList<ExpectedTensor> expected, TensorMessage message)
    {
        Assert.Equal(expected.Select(tensor => tensor.ToString()), Enumerable.Range(0, message.Count).Select(i => Of(message, i).ToString()));
    }

    public override string ToString() => $"{Name} {Type.Name()} [{string.Join(',', Shape)}] {Error} {(Data is null ? "-" : Convert.ToHexString(Data))}";

    private static ExpectedTensor Of(TensorMessage message, int i)
    {
        if (message[i].Error == DecodeError.None)
            Assert.Equal(message[i].Elements, message[i].SentElements);
        return new ExpectedTensor(
            System.Text.Encoding.UTF8.GetString(message.Name(i)), message[i].DataType, message[i].Shape.ToArray(),
            message[i].Error == DecodeError.None ? message.Data(i).ToArray() : null, message[i].Error);
    }
}
