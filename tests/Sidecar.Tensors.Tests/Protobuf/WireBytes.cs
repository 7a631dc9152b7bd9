namespace Sidecar.Tensors.Tests.Protobuf;

/// <summary>Bytes of the wire format by hand, for what no library writes.</summary>
internal static class WireBytes
{
    public static byte[] Varint(ulong value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7)
            bytes.Add((byte)(value | 0x80));
        return [.. bytes, (byte)value];
    }

    /// <param name="type">0 a number, 1 eight bytes, 2 a length and so many bytes, 3 and 4 the ends of a group, 5 four bytes.</param>
    public static byte[] Tag(int field, int type) => Varint(((ulong)field << 3) | (uint)type);

    public static byte[] Message(int field, params byte[] bytes) => [.. Tag(field, 2), .. Varint((ulong)bytes.Length), .. bytes];

    public static byte[] Number(int field, ulong value) => [.. Tag(field, 0), .. Varint(value)];
}
