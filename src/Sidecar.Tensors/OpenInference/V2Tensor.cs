using Sidecar.Tensors.Json;

namespace Sidecar.Tensors.OpenInference;

/// <summary>Reads one tensor object, <c>{name, shape, datatype, parameters?, data}</c>, its members in any order.</summary>
internal static class V2Tensor
{
    /// <summary>Reads the object that is next and adds it to the message; false: the scanner has the error.</summary>
    public static bool Read(ref JsonScanner json, TensorMessage into)
    {
        var tensor = new Tensor { NameSlice = Slice.Absent, DataSlice = Slice.Absent, BinaryBytes = -1 };
        var hasDatatype = false;
        var hasShape = false;
        var isShared = false;
        var dataAt = -1;
        var readAs = DataType.Unknown;
        var first = true;
        if (!json.Enter('{'))
            return false;
        while (json.NextMember(ref first, out var member))
        {
            bool read;
            if (member.Is("name"u8))
            {
                read = V2Member.ReadText(ref json, into, out tensor.NameSlice);
            }
            else if (member.Is("datatype"u8))
            {
                read = V2Member.ReadDataType(ref json, out var type, out hasDatatype);
                tensor.DataType = type;
            }
            else if (member.Is("shape"u8))
            {
                read = ReadShape(ref json, ref tensor, out hasShape);
            }
            else if (member.Is("data"u8))
            {
                json.Peek();
                dataAt = json.Position;
                readAs = tensor.DataType;
                if (json.TryReadNull())
                {
                    dataAt = -1;
                    read = true;
                }
                else
                {
                    // Data that comes before its datatype is read over now and decoded at the end of the object.
                    read = readAs == DataType.Unknown ? json.SkipValue() : JsonElements.Read(ref json, into, ref tensor);
                }
            }
            else if (member.Is("parameters"u8))
            {
                read = V2Member.ReadTensorParameters(ref json, out isShared, out tensor.BinaryBytes);
            }
            else
            {
                read = json.SkipValue();
            }

            if (!read)
                return false;
        }

        if (json.Error != DecodeError.None)
            return false;
        if (dataAt >= 0 && tensor.DataType != readAs && tensor.DataType != DataType.Unknown)
        {
            var data = json.At(dataAt);
            if (!JsonElements.Read(ref data, into, ref tensor))
                return json.Fail(data.Error);
        }

        tensor.Error = isShared ? DecodeError.SharedMemory : Judge(in tensor, hasDatatype, hasShape, dataAt >= 0);
        if (tensor.Error != DecodeError.None)
            tensor.DataSlice = Slice.Absent;
        return into.TryAdd(in tensor) || json.Fail(DecodeError.TooLarge);
    }

    private static DecodeError Judge(in Tensor tensor, bool hasDatatype, bool hasShape, bool hasData)
    {
        var isBinary = tensor.BinaryBytes >= 0;
        if (!tensor.NameSlice.Present || !hasDatatype || !hasShape || !(hasData || isBinary))
            return DecodeError.MissingMember;
        if (tensor.DataType == DataType.Unknown)
            return DecodeError.UnsupportedDatatype;
        if (tensor.Error != DecodeError.None)
            return tensor.Error;
        if (Shapes.HasNegative(tensor.Shape))
            return DecodeError.ShapeMismatch;
        // What is in the binary section is counted when that is cut into its tensors.
        return isBinary ? hasData ? DecodeError.ValueMismatch : DecodeError.None
            : tensor.Elements == tensor.SentElements ? DecodeError.None : DecodeError.ShapeMismatch;
    }

    private static bool ReadShape(ref JsonScanner json, ref Tensor tensor, out bool present)
    {
        tensor.Rank = 0;
        tensor.Elements = 0;
        present = false;
        if (json.TryReadNull())
            return true;
        if (!json.Enter('['))
            return false;
        present = true;
        var first = true;
        while (json.NextElement(ref first))
        {
            if (!V2Member.ReadLength(ref json, out var length))
                return false;
            if (tensor.Rank == Tensor.MaxRank)
                return json.Fail(DecodeError.TooLarge);
            tensor.Dims[tensor.Rank++] = length;
        }

        tensor.Elements = Shapes.Product(tensor.Shape);
        return json.Error == DecodeError.None;
    }
}
