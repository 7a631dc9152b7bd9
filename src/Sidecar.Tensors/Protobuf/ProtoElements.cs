namespace Sidecar.Tensors.Protobuf;

/// <summary>
/// The values of a repeated field as elements of a tensor's datatype: appended to the message's arena, or left where they are. Packed, or one at a time, as
/// every reader of Protocol Buffers must take both.
/// </summary>
internal static class ProtoElements
{
    /// <summary>Appends the values of the field that is next. An element that the datatype can't hold is the tensor's error; false: the reader has one.</summary>
    public static bool Append(ref ProtoReader proto, TensorMessage into, ref Tensor tensor) =>
        tensor.DataType == DataType.Bytes ? AppendText(ref proto, into, ref tensor)
        : proto.Type == WireType.Bytes ? AppendPacked(ref proto, into, ref tensor)
        : AppendNumber(ref proto, into, ref tensor);

    /// <summary>
    /// FP32 and FP64 in one packed piece are already as they are kept: gives the tensor that piece where the field is all that <paramref name="part"/> holds of its
    /// number, and says so.
    /// </summary>
    public static bool TryView(ReadOnlySpan<byte> body, Slice part, int field, ref Tensor tensor)
    {
        if (tensor.DataType is not (DataType.Fp32 or DataType.Fp64))
            return false;
        var found = Slice.Absent;
        var proto = new ProtoReader(body, part);
        while (proto.Next())
        {
            if (proto.Field != field)
            {
                if (!proto.Skip())
                    return false;
            }
            else if (found.Present || proto.Type != WireType.Bytes || !proto.ReadBytes(out found))
            {
                return false;
            }
        }

        var size = tensor.DataType.Size();
        if (proto.Error != DecodeError.None || !found.Present || found.Length % size != 0)
            return false;
        tensor.DataSlice = found;
        tensor.SentElements = found.Length / size;
        return true;
    }

    private static bool AppendText(ref ProtoReader proto, TensorMessage into, ref Tensor tensor)
    {
        if (!proto.ReadBytes(out var text))
            return false;
        if (!RawData.TryAppendText(proto.Body.Slice(text.Start, text.Length), into, out _))
            return proto.Fail(DecodeError.TooLarge);
        tensor.SentElements++;
        return true;
    }

    /// <summary>One number, which is a packed list of one without its length.</summary>
    private static bool AppendNumber(ref ProtoReader proto, TensorMessage into, ref Tensor tensor)
    {
        var start = proto.Position;
        var type = TypeOf(tensor.DataType);
        if (proto.Type != type)
            return proto.Fail(DecodeError.Malformed);
        return proto.Skip() && AppendAll(ref proto, type, proto.Body[start..proto.Position], into, ref tensor);
    }

    private static bool AppendPacked(ref ProtoReader proto, TensorMessage into, ref Tensor tensor)
    {
        if (!proto.ReadBytes(out var packed))
            return false;
        return AppendAll(ref proto, TypeOf(tensor.DataType), proto.Body.Slice(packed.Start, packed.Length), into, ref tensor);
    }

    private static bool AppendAll(ref ProtoReader proto, WireType type, ReadOnlySpan<byte> packed, TensorMessage into, ref Tensor tensor) =>
        type == WireType.Varint ? AppendVarints(ref proto, packed, into, ref tensor) : AppendFixed(ref proto, packed, into, ref tensor);

    private static bool AppendFixed(ref ProtoReader proto, ReadOnlySpan<byte> packed, TensorMessage into, ref Tensor tensor)
    {
        var size = tensor.DataType.Size();
        if (packed.Length % size != 0)
            return proto.Fail(DecodeError.Truncated);
        tensor.SentElements += packed.Length / size;
        return into.TryAppend(packed, out _) || proto.Fail(DecodeError.TooLarge);
    }

    private static bool AppendVarints(ref ProtoReader proto, ReadOnlySpan<byte> packed, TensorMessage into, ref Tensor tensor)
    {
        var count = ProtoVarints.Count(packed);
        var size = tensor.DataType.Size();
        if (!into.TryReserve((long)count * size, out var free))
            return proto.Fail(DecodeError.TooLarge);
        free = free[..(count * size)];
        var error = tensor.DataType switch
        {
            DataType.Bool => ProtoVarints.ReadBools(packed, free),
            DataType.UInt8 => ProtoVarints.Read<byte>(packed, free, 0, byte.MaxValue),
            DataType.Int8 => ProtoVarints.Read<byte>(packed, free, sbyte.MinValue, sbyte.MaxValue),
            DataType.UInt16 => ProtoVarints.Read<ushort>(packed, free, 0, ushort.MaxValue),
            DataType.Int16 => ProtoVarints.Read<ushort>(packed, free, short.MinValue, short.MaxValue),
            // Their 16 bits come in an int32.
            DataType.Fp16 or DataType.Bf16 => ProtoVarints.Read<ushort>(packed, free, short.MinValue, ushort.MaxValue),
            DataType.UInt32 => ProtoVarints.Read<uint>(packed, free, 0, uint.MaxValue),
            // A negative int32 comes sign-extended to 64 bits; some writers send 32.
            DataType.Int32 => ProtoVarints.Read<uint>(packed, free, int.MinValue, uint.MaxValue),
            _ => ProtoVarints.Read<ulong>(packed, free, long.MinValue, long.MaxValue),
        };
        if (error is not (DecodeError.None or DecodeError.ValueMismatch))
            return proto.Fail(error);
        if (error != DecodeError.None)
            tensor.Error = error;
        into.Advance(free.Length);
        tensor.SentElements += count;
        return true;
    }

    private static WireType TypeOf(DataType type) => type switch
    {
        DataType.Fp32 => WireType.Fixed32,
        DataType.Fp64 => WireType.Fixed64,
        _ => WireType.Varint,
    };
}
