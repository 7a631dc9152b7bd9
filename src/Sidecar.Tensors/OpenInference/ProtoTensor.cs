using Sidecar.Tensors.Protobuf;

namespace Sidecar.Tensors.OpenInference;

/// <summary>One tensor of a V2 gRPC message: name = 1, datatype = 2, shape = 3, parameters = 4, contents = 5.</summary>
internal static class ProtoTensor
{
    /// <summary>Reads a tensor that lies in the body and adds it; its data may still come as raw contents.</summary>
    public static bool Read(ref ProtoReader outer, Slice part, TensorMessage into)
    {
        var tensor = new Tensor { NameSlice = Slice.Absent, DataSlice = Slice.Absent, BinaryBytes = -1 };
        var contents = Slice.Absent;
        var isShared = false;
        var proto = new ProtoReader(outer.Body, part);
        while (proto.Next())
        {
            if (proto.Field == 3)
            {
                if (!ReadShape(ref proto, ref tensor))
                    break;
                continue;
            }

            if (proto.Field > 5)
            {
                if (!proto.Skip())
                    break;
                continue;
            }

            var field = proto.Field;
            if (!proto.ReadBytes(out var value))
                break;
            switch (field)
            {
                case 1: tensor.NameSlice = value; break;
                case 2: tensor.DataType = DataTypes.Parse(outer.Body.Slice(value.Start, value.Length)); break;
                // A message that comes twice is merged; no writer does that to contents.
                case 5: contents = value; break;
                case 4:
                    if (!ProtoMessage.TryParameter(outer.Body, value, out var key, out _, out var error))
                        return outer.Fail(error);
                    isShared |= outer.Body.Slice(key.Start, key.Length).SequenceEqual("shared_memory_region"u8);
                    break;
            }
        }

        if (proto.Error != DecodeError.None)
            return outer.Fail(proto.Error);
        tensor.Elements = Shapes.Product(tensor.Shape);
        tensor.HasContents = contents.Length > 0;
        tensor.Error = isShared ? DecodeError.SharedMemory : tensor.DataType == DataType.Unknown ? DecodeError.UnsupportedDatatype : DecodeError.None;
        if (tensor.Error == DecodeError.None && tensor.HasContents && !ProtoContents.Read(ref outer, contents, into, ref tensor))
            return false;
        return into.TryAdd(in tensor) || outer.Fail(DecodeError.TooLarge);
    }

    /// <summary>Judges a tensor whose data can only be its contents.</summary>
    public static void Finish(ref Tensor tensor)
    {
        if (tensor.Error != DecodeError.None)
        {
            tensor.DataSlice = Slice.Absent;
            return;
        }

        if (!tensor.NameSlice.Present || (!tensor.HasContents && tensor.Elements != 0))
            tensor.Error = DecodeError.MissingMember;
        else if (Shapes.HasNegative(tensor.Shape) || tensor.Elements != tensor.SentElements)
            tensor.Error = DecodeError.ShapeMismatch;
        if (tensor.Error != DecodeError.None)
            tensor.DataSlice = Slice.Absent;
        else if (!tensor.DataSlice.Present)
            tensor.DataSlice = new Slice(0, 0);
    }

    // Packed, or one number at a time.
    private static bool ReadShape(ref ProtoReader proto, ref Tensor tensor)
    {
        if (proto.Type == WireType.Varint)
            return proto.ReadVarint(out var length) && AddLength(ref proto, ref tensor, length);
        if (!proto.ReadBytes(out var packed))
            return false;
        var lengths = new ProtoReader(proto.Body, packed);
        while (lengths.Position < packed.Start + packed.Length)
        {
            if (!lengths.ReadVarint(out var length))
                return proto.Fail(lengths.Error);
            if (!AddLength(ref proto, ref tensor, length))
                return false;
        }

        return true;
    }

    private static bool AddLength(ref ProtoReader proto, ref Tensor tensor, ulong length)
    {
        if (tensor.Rank == Tensor.MaxRank)
            return proto.Fail(DecodeError.TooLarge);
        tensor.Dims[tensor.Rank++] = (long)length;
        return true;
    }
}
