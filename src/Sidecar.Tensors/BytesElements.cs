using System.Buffers.Binary;

namespace Sidecar.Tensors;

/// <summary>
/// Walks the elements of a BYTES tensor without allocating: <c>foreach (var text in message.Strings(i))</c>. Reads the V2 layout (a 4-byte
/// little-endian length, then the bytes) and stops at a length that reaches past the end.
/// </summary>
public ref struct BytesElements
{
    private ReadOnlySpan<byte> _rest;

    /// <param name="data">A tensor's data in that layout.</param>
    public BytesElements(ReadOnlySpan<byte> data) => _rest = data;

    /// <summary>The element that the last <see cref="MoveNext"/> found.</summary>
    public ReadOnlySpan<byte> Current { get; private set; }

    public readonly BytesElements GetEnumerator() => this;

    public bool MoveNext()
    {
        if (_rest.Length < sizeof(uint))
            return false;
        var length = BinaryPrimitives.ReadUInt32LittleEndian(_rest);
        if (length > _rest.Length - sizeof(uint))
            return false;
        Current = _rest.Slice(sizeof(uint), (int)length);
        _rest = _rest[(sizeof(uint) + (int)length)..];
        return true;
    }
}
