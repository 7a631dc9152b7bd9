using System.Buffers;
using System.Text;

namespace Sidecar.Tensors.Protobuf;

/// <summary>Writes the few messages that are sent: questions for a model's metadata. Not of the hot path, so it may allocate.</summary>
internal sealed class ProtoWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    /// <summary>Writes a text; an empty one is left out, which says the same.</summary>
    public ProtoWriter Text(int field, string text) => text.Length == 0 ? this : Bytes(field, Encoding.UTF8.GetBytes(text));

    public ProtoWriter Message(int field, ProtoWriter message) => Bytes(field, message._bytes.WrittenSpan);

    public ProtoWriter Number(int field, long number)
    {
        Varint(((ulong)field << 3) | (ulong)WireType.Varint);
        Varint((ulong)number);
        return this;
    }

    public byte[] ToArray() => _bytes.WrittenSpan.ToArray();

    private ProtoWriter Bytes(int field, ReadOnlySpan<byte> bytes)
    {
        Varint(((ulong)field << 3) | (ulong)WireType.Bytes);
        Varint((ulong)bytes.Length);
        _bytes.Write(bytes);
        return this;
    }

    private void Varint(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            _bytes.Write([(byte)(value | 0x80)]);
        _bytes.Write([(byte)value]);
    }
}
