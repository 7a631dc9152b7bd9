using System.Buffers.Binary;

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

    private static bool AppendNumber(ref ProtoReader proto, TensorMessage into, ref Tensor tensor)
    {
        ulong bits;
        switch (proto.Type)
        {
            case WireType.Varint when TypeOf(tensor.DataType) == WireType.Varint:
                if (!proto.ReadVarint(out bits))
                    return false;
                break;
            case WireType.Fixed32 when tensor.DataType == DataType.Fp32:
                if (!proto.ReadFixed32(out var single))
                    return false;
                bits = single;
                break;
            case WireType.Fixed64 when tensor.DataType == DataType.Fp64:
                if (!proto.ReadFixed64(out bits))
                    return false;
                break;
            default:
                return proto.Fail(DecodeError.Malformed);
        }

        var size = tensor.DataType.Size();
        if (!into.TryReserve(size, out var free))
            return proto.Fail(DecodeError.TooLarge);
        Write(bits, free, ref tensor);
        into.Advance(size);
        tensor.SentElements++;
        return true;
    }

    private static bool AppendPacked(ref ProtoReader proto, TensorMessage into, ref Tensor tensor)
    {
        if (!proto.ReadBytes(out var packed))
            return false;
        var bytes = proto.Body.Slice(packed.Start, packed.Length);
        return TypeOf(tensor.DataType) == WireType.Varint
            ? AppendVarints(ref proto, packed, bytes, into, ref tensor)
            : AppendFixed(ref proto, bytes, into, ref tensor);
    }

    private static bool AppendFixed(ref ProtoReader proto, ReadOnlySpan<byte> bytes, TensorMessage into, ref Tensor tensor)
    {
        var size = tensor.DataType.Size();
        if (bytes.Length % size != 0)
            return proto.Fail(DecodeError.Truncated);
        tensor.SentElements += bytes.Length / size;
        return into.TryAppend(bytes, out _) || proto.Fail(DecodeError.TooLarge);
    }

    private static bool AppendVarints(ref ProtoReader proto, Slice packed, ReadOnlySpan<byte> bytes, TensorMessage into, ref Tensor tensor)
    {
        // Each number ends with a byte below 128, so their count is known before the first is read.
        var count = 0;
        foreach (var next in bytes)
            count += next < 0x80 ? 1 : 0;
        var size = tensor.DataType.Size();
        if (!into.TryReserve((long)count * size, out var free))
            return proto.Fail(DecodeError.TooLarge);
        var numbers = new ProtoReader(proto.Body, packed);
        for (var at = 0; numbers.Position < packed.Start + packed.Length; at += size)
        {
            if (!numbers.ReadVarint(out var bits))
                return proto.Fail(numbers.Error);
            Write(bits, free[at..], ref tensor);
        }

        into.Advance(count * size);
        tensor.SentElements += count;
        return true;
    }

    private static WireType TypeOf(DataType type) => type switch
    {
        DataType.Fp32 => WireType.Fixed32,
        DataType.Fp64 => WireType.Fixed64,
        _ => WireType.Varint,
    };

    private static void Write(ulong bits, Span<byte> to, ref Tensor tensor)
    {
        if (!Fits(bits, tensor.DataType))
            tensor.Error = DecodeError.ValueMismatch;
        if (tensor.DataType == DataType.Bool)
            bits = bits == 0 ? 0UL : 1;
        switch (tensor.DataType.Size())
        {
            case 1: to[0] = (byte)bits; break;
            case 2: BinaryPrimitives.WriteUInt16LittleEndian(to, (ushort)bits); break;
            case 4: BinaryPrimitives.WriteUInt32LittleEndian(to, (uint)bits); break;
            default: BinaryPrimitives.WriteUInt64LittleEndian(to, bits); break;
        }
    }

    private static bool Fits(ulong bits, DataType type) => type switch
    {
        DataType.Int8 => (long)bits is >= sbyte.MinValue and <= sbyte.MaxValue,
        DataType.Int16 => (long)bits is >= short.MinValue and <= short.MaxValue,
        // A negative int32 comes sign-extended to 64 bits; some writers send 32.
        DataType.Int32 => (long)bits is >= int.MinValue and <= uint.MaxValue,
        DataType.UInt8 => bits <= byte.MaxValue,
        DataType.UInt16 => bits <= ushort.MaxValue,
        DataType.UInt32 => bits <= uint.MaxValue,
        // Their 16 bits come in an int32.
        DataType.Fp16 or DataType.Bf16 => (long)bits is >= short.MinValue and <= ushort.MaxValue,
        _ => true,
    };
}
