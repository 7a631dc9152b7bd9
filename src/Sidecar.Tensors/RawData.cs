using System.Buffers.Binary;

namespace Sidecar.Tensors;

/// <summary>Data in the layout that tensors are kept in: row-major, little-endian, BYTES with a 4-byte length in front of each element.</summary>
internal static class RawData
{
    /// <summary>Gives a tensor its data, left where it is, if it fills the shape.</summary>
    /// <param name="bytes">The same as <paramref name="data"/> names.</param>
    public static void Assign(ref Tensor tensor, Slice data, ReadOnlySpan<byte> bytes)
    {
        var size = tensor.DataType.Size();
        tensor.Error = tensor.DataType == DataType.Unknown ? DecodeError.UnsupportedDatatype
            : size > 0 ? Count(bytes, size, out var elements) ? Fill(ref tensor, elements) : DecodeError.ShapeMismatch
            : CountTexts(bytes, out elements) ? Fill(ref tensor, elements) : DecodeError.ValueMismatch;
        tensor.DataSlice = tensor.Error == DecodeError.None ? data : Slice.Absent;
    }

    /// <summary>Notes how many elements were sent, and whether that is what the shape says.</summary>
    public static DecodeError Fill(ref Tensor tensor, int elements)
    {
        tensor.SentElements = elements;
        return tensor.Elements == elements && !Shapes.HasNegative(tensor.Shape) ? DecodeError.None : DecodeError.ShapeMismatch;
    }

    /// <summary>Walks elements of BYTES; false where a length reaches past the end.</summary>
    public static bool CountTexts(ReadOnlySpan<byte> bytes, out int elements)
    {
        elements = 0;
        while (bytes.Length >= sizeof(uint))
        {
            var length = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
            if (length > (uint)(bytes.Length - sizeof(uint)))
                return false;
            bytes = bytes[(sizeof(uint) + (int)length)..];
            elements++;
        }

        return bytes.IsEmpty;
    }

    private static bool Count(ReadOnlySpan<byte> bytes, int size, out int elements)
    {
        elements = bytes.Length / size;
        return bytes.Length % size == 0;
    }
}
