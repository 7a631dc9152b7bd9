using System.Buffers.Binary;
using Sidecar.Tensors.Protobuf;

namespace Sidecar.Tensors.OpenInference;

/// <summary>InferTensorContents: bool = 1, int (8 to 32 bits) = 2, int64 = 3, uint = 4, uint64 = 5, fp32 = 6, fp64 = 7, bytes = 8.</summary>
internal static class ProtoContents
{
    /// <summary>Reads the contents under the tensor's datatype. An element that the datatype can't hold is the tensor's error; false: the reader has one.</summary>
    public static bool Read(ref ProtoReader outer, Slice contents, TensorMessage into, ref Tensor tensor)
    {
        var field = FieldOf(tensor.DataType);
        if (field is 6 or 7 && TryView(outer.Body, contents, field, ref tensor))
            return true;
        if (!into.TryAlign())
            return outer.Fail(DecodeError.TooLarge);
        var start = into.Used;
        var proto = new ProtoReader(outer.Body, contents);
        while (proto.Next())
        {
            // Elements in the list of another datatype are none of this one.
            if (!(proto.Field != field ? proto.Skip()
                : tensor.DataType == DataType.Bytes ? AppendText(ref proto, into, ref tensor)
                : AppendNumbers(ref proto, into, ref tensor)))
                return outer.Fail(proto.Error);
        }

        if (proto.Error != DecodeError.None)
            return outer.Fail(proto.Error);
        tensor.DataSlice = new Slice(start, into.Used - start);
        return true;
    }

    private static int FieldOf(DataType type) => type switch
    {
        DataType.Bool => 1,
        DataType.Int8 or DataType.Int16 or DataType.Int32 => 2,
        DataType.Int64 => 3,
        DataType.UInt8 or DataType.UInt16 or DataType.UInt32 => 4,
        DataType.UInt64 => 5,
        DataType.Fp32 => 6,
        DataType.Fp64 => 7,
        DataType.Bytes => 8,
        _ => 0, // FP16 and BF16 come as raw contents only
    };

    /// <summary>Floats in one packed piece are already as they are kept.</summary>
    private static bool TryView(ReadOnlySpan<byte> body, Slice contents, int field, ref Tensor tensor)
    {
        var proto = new ProtoReader(body, contents);
        if (!proto.Next() || proto.Field != field || proto.Type != WireType.Bytes || !proto.ReadBytes(out var packed) || proto.Position != contents.Start + contents.Length)
            return false;
        var size = tensor.DataType.Size();
        if (packed.Length % size != 0)
            return false;
        tensor.DataSlice = packed;
        tensor.SentElements = packed.Length / size;
        return true;
    }

    private static bool AppendText(ref ProtoReader proto, TensorMessage into, ref Tensor tensor)
    {
        if (!proto.ReadBytes(out var text))
            return false;
        if (!into.TryReserve(sizeof(uint) + (long)text.Length, out var free))
            return proto.Fail(DecodeError.TooLarge);
        BinaryPrimitives.WriteUInt32LittleEndian(free, (uint)text.Length);
        proto.Body.Slice(text.Start, text.Length).CopyTo(free[sizeof(uint)..]);
        into.Advance(sizeof(uint) + text.Length);
        tensor.SentElements++;
        return true;
    }

    private static bool AppendNumbers(ref ProtoReader proto, TensorMessage into, ref Tensor tensor)
    {
        if (proto.Type != WireType.Bytes)
            return AppendNumber(ref proto, proto.Type, into, ref tensor);
        if (!proto.ReadBytes(out var packed))
            return false;
        var numbers = new ProtoReader(proto.Body, packed);
        var type = tensor.DataType switch
        {
            DataType.Fp32 => WireType.Fixed32,
            DataType.Fp64 => WireType.Fixed64,
            _ => WireType.Varint,
        };
        while (numbers.Position < packed.Start + packed.Length)
        {
            if (!AppendNumber(ref numbers, type, into, ref tensor))
                return proto.Fail(numbers.Error);
        }

        return true;
    }

    private static bool AppendNumber(ref ProtoReader proto, WireType type, TensorMessage into, ref Tensor tensor)
    {
        ulong bits;
        switch (type)
        {
            case WireType.Varint:
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

        if (!Fits(bits, tensor.DataType))
            tensor.Error = DecodeError.ValueMismatch;
        if (tensor.DataType == DataType.Bool)
            bits = bits == 0 ? 0UL : 1;
        if (!into.TryReserve(sizeof(ulong), out var free))
            return proto.Fail(DecodeError.TooLarge);
        // Eight bytes are written and those of the element counted: the next one overwrites the rest.
        BinaryPrimitives.WriteUInt64LittleEndian(free, bits);
        into.Advance(tensor.DataType.Size());
        tensor.SentElements++;
        return true;
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
        _ => true,
    };
}
