using Sidecar.Tensors.Protobuf;

namespace Sidecar.Tensors.OpenInference;

/// <summary>InferTensorContents: bool = 1, int (8 to 32 bits) = 2, int64 = 3, uint = 4, uint64 = 5, fp32 = 6, fp64 = 7, bytes = 8.</summary>
internal static class ProtoContents
{
    /// <summary>
    /// Reads the contents under the tensor's datatype. Contents that come twice are merged. An element that the datatype can't hold is the tensor's error;
    /// false: the reader has one.
    /// </summary>
    /// <param name="part">The tensor.</param>
    public static bool Read(ref ProtoReader outer, Slice part, TensorMessage into, ref Tensor tensor)
    {
        var contents = new ProtoPath(outer.Body, part, [ProtoTensor.ContentsField]);
        if (!contents.Next(out var first))
            return outer.Fail(contents.Error);
        var field = FieldOf(tensor.DataType);
        var more = contents;
        if (!more.Next(out _) && ProtoElements.TryView(outer.Body, first, field, ref tensor))
            return true;
        if (!into.TryAlign())
            return outer.Fail(DecodeError.TooLarge);
        var start = into.Used;
        for (var next = first; next.Present; contents.Next(out next))
        {
            if (!Append(ref outer, next, field, into, ref tensor))
                return false;
        }

        tensor.DataSlice = new Slice(start, into.Used - start);
        return true;
    }

    private static bool Append(ref ProtoReader outer, Slice contents, int field, TensorMessage into, ref Tensor tensor)
    {
        var proto = new ProtoReader(outer.Body, contents);
        while (proto.Next())
        {
            // Elements in the list of another datatype are none of this one.
            if (!(proto.Field == field ? ProtoElements.Append(ref proto, into, ref tensor) : proto.Skip()))
                break;
        }

        return proto.Error == DecodeError.None || outer.Fail(proto.Error);
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
}
