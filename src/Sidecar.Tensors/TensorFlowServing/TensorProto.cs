using System.Buffers.Binary;
using Sidecar.Tensors.Protobuf;

namespace Sidecar.Tensors.TensorFlowServing;

/// <summary>
/// A named TensorProto (tensorflow: core/framework/tensor.proto), an entry of the maps of PredictRequest and PredictResponse: dtype = 1, tensor_shape = 2,
/// tensor_content = 4, and a list of values for each type. TensorFlow's rules for what isn't said: no shape is a scalar's; the last value stands for
/// those that are left out at the end, and zero where there is none.
/// </summary>
internal static class TensorProto
{
    /// <summary>Reads an entry of the map (key = 1, value = 2) and adds it; of two with the same key the last counts.</summary>
    public static bool Read(ref ProtoReader outer, Slice entry, TensorMessage into)
    {
        var tensor = new Tensor { NameSlice = Slice.OfSource(entry.Start, 0), DataSlice = Slice.Absent, BinaryBytes = -1 };
        var head = new Head { Content = Slice.Absent };
        var proto = new ProtoReader(outer.Body, entry);
        while (proto.Next())
        {
            if (!(proto.Field == 1 ? proto.ReadBytes(out tensor.NameSlice)
                : proto.Field == 2 ? proto.ReadBytes(out var value) && ReadHead(ref proto, value, ref tensor, ref head)
                : proto.Skip()))
                break;
        }

        if (proto.Error != DecodeError.None)
            return outer.Fail(proto.Error);
        tensor.DataType = TensorFlowTypes.Map(head.Type);
        tensor.Elements = Shapes.Product(tensor.Shape);
        tensor.Error = head.Type == 0 ? DecodeError.MissingMember
            : tensor.DataType == DataType.Unknown ? DecodeError.UnsupportedDatatype
            : head.IsUnknownRank || Shapes.HasNegative(tensor.Shape) ? DecodeError.ShapeMismatch
            : DecodeError.None;
        if (tensor.Error == DecodeError.None && !ReadData(ref outer, entry, head.Content, into, ref tensor))
            return false;
        if (tensor.Error != DecodeError.None)
            tensor.DataSlice = Slice.Absent;
        return into.TryPut(in tensor) || outer.Fail(DecodeError.TooLarge);
    }

    /// <summary>The dimensions of a TensorShapeProto: dim = 2 with size = 1, unknown_rank = 3.</summary>
    public static bool ReadShape(ref ProtoReader outer, Slice shape, ref Tensor tensor, ref bool isUnknownRank)
    {
        var proto = new ProtoReader(outer.Body, shape);
        while (proto.Next())
        {
            if (proto is { Field: 3, Type: WireType.Varint })
            {
                if (!proto.ReadVarint(out var unknown))
                    break;
                isUnknownRank = unknown != 0;
            }
            else if (!(proto is { Field: 2, Type: WireType.Bytes } ? proto.ReadBytes(out var dimension) && ReadLength(ref proto, dimension, ref tensor) : proto.Skip()))
            {
                break;
            }
        }

        return proto.Error == DecodeError.None || outer.Fail(proto.Error);
    }

    private static bool ReadLength(ref ProtoReader outer, Slice dimension, ref Tensor tensor)
    {
        var length = 0UL;
        var proto = new ProtoReader(outer.Body, dimension);
        while (proto.Next())
        {
            if (!(proto is { Field: 1, Type: WireType.Varint } ? proto.ReadVarint(out length) : proto.Skip()))
                break;
        }

        if (proto.Error != DecodeError.None)
            return outer.Fail(proto.Error);
        if (tensor.Rank == Tensor.MaxRank)
            return outer.Fail(DecodeError.TooLarge);
        tensor.Dims[tensor.Rank++] = (long)length;
        return true;
    }

    private static bool ReadHead(ref ProtoReader outer, Slice value, ref Tensor tensor, ref Head head)
    {
        var proto = new ProtoReader(outer.Body, value);
        while (proto.Next())
        {
            if (!(proto switch
            {
                { Field: 1, Type: WireType.Varint } => proto.ReadVarint(out head.Type),
                { Field: 2, Type: WireType.Bytes } => proto.ReadBytes(out var shape) && ReadShape(ref proto, shape, ref tensor, ref head.IsUnknownRank),
                { Field: 4, Type: WireType.Bytes } => proto.ReadBytes(out head.Content),
                _ => proto.Skip(),
            }))
                break;
        }

        return proto.Error == DecodeError.None || outer.Fail(proto.Error);
    }

    /// <summary>Gives the tensor its data, in whichever of the ways it was sent.</summary>
    private static bool ReadData(ref ProtoReader outer, Slice entry, Slice content, TensorMessage into, ref Tensor tensor)
    {
        if (content.Length > 0 && tensor.DataType == DataType.Bytes)
            return ReadTexts(ref outer, content, into, ref tensor);
        if (content.Length > 0)
        {
            RawData.Assign(ref tensor, content, outer.Body.Slice(content.Start, content.Length));
            return true;
        }

        var field = TensorFlowTypes.ValuesField(tensor.DataType);
        var values = new ProtoPath(outer.Body, entry, [2]);
        if (!values.Next(out var first))
            return true;
        var more = values;
        if (!more.Next(out _) && ProtoElements.TryView(outer.Body, first, field, ref tensor) && tensor.SentElements == tensor.Elements)
            return true;
        if (!into.TryAlign())
            return outer.Fail(DecodeError.TooLarge);
        tensor.SentElements = 0;
        var start = into.Used;
        for (var next = first; next.Present; values.Next(out next))
        {
            if (!Append(ref outer, next, field, into, ref tensor))
                return false;
        }

        if (tensor.Error == DecodeError.None && tensor.SentElements > tensor.Elements)
            tensor.Error = DecodeError.ShapeMismatch;
        if (tensor.Error == DecodeError.None && !Repeat(start, into, ref tensor))
            return outer.Fail(DecodeError.TooLarge);
        tensor.DataSlice = new Slice(start, into.Used - start);
        return true;
    }

    private static bool Append(ref ProtoReader outer, Slice value, int field, TensorMessage into, ref Tensor tensor)
    {
        var proto = new ProtoReader(outer.Body, value);
        while (proto.Next())
        {
            if (!(proto.Field == field ? ProtoElements.Append(ref proto, into, ref tensor) : proto.Skip()))
                break;
        }

        return proto.Error == DecodeError.None || outer.Fail(proto.Error);
    }

    /// <summary>The last value for the elements that are left out; false: they are too many.</summary>
    /// <param name="start">Where the values that were sent begin.</param>
    private static bool Repeat(int start, TensorMessage into, ref Tensor tensor)
    {
        var missing = tensor.Elements - tensor.SentElements;
        if (missing == 0)
            return true;
        var unit = LastLength(into.TextOf(new Slice(start, into.Used - start)), in tensor);
        if (missing > into.Limits.MaxBytes || !into.TryReserve(missing * unit, out var free))
            return false;
        free = free[..(int)(missing * unit)];
        if (tensor.SentElements == 0)
        {
            free.Clear();
        }
        else
        {
            into.TextOf(new Slice(into.Used - unit, unit)).CopyTo(free);
            for (var filled = unit; filled < free.Length; filled *= 2)
                free[..Math.Min(filled, free.Length - filled)].CopyTo(free[filled..]);
        }

        into.Advance(free.Length);
        tensor.SentElements = (int)tensor.Elements;
        return true;
    }

    /// <summary>The bytes of the last element.</summary>
    private static int LastLength(ReadOnlySpan<byte> data, in Tensor tensor)
    {
        if (tensor.DataType != DataType.Bytes)
            return tensor.DataType.Size();
        var last = 0;
        foreach (var text in new BytesElements(data))
            last = text.Length;
        return sizeof(uint) + last;
    }

    /// <summary>The content of a tensor of texts: all lengths, then all bytes.</summary>
    private static bool ReadTexts(ref ProtoReader outer, Slice content, TensorMessage into, ref Tensor tensor)
    {
        var end = content.Start + content.Length;
        var lengths = new ProtoReader(outer.Body, content);
        var total = 0UL;
        for (var i = 0L; i < tensor.Elements; i++)
        {
            // Each length takes a byte at least, so this ends with the content, whatever the shape claims.
            if (!lengths.ReadVarint(out var length) || length > (ulong)content.Length)
            {
                tensor.Error = DecodeError.ShapeMismatch;
                return true;
            }

            total += length;
        }

        var text = lengths.Position;
        if (total != (ulong)(end - text))
        {
            tensor.Error = DecodeError.ShapeMismatch;
            return true;
        }

        if (!into.TryAlign() || !into.TryReserve((tensor.Elements * sizeof(uint)) + (long)total, out var free))
            return outer.Fail(DecodeError.TooLarge);
        var start = into.Used;
        lengths = new ProtoReader(outer.Body, content);
        for (var i = 0L; i < tensor.Elements && lengths.ReadVarint(out var length); i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(free, (uint)length);
            outer.Body.Slice(text, (int)length).CopyTo(free[sizeof(uint)..]);
            text += (int)length;
            into.Advance(sizeof(uint) + (int)length);
            free = free[(sizeof(uint) + (int)length)..];
        }

        tensor.SentElements = (int)tensor.Elements;
        tensor.DataSlice = new Slice(start, into.Used - start);
        return true;
    }

    private struct Head
    {
        public ulong Type;
        public bool IsUnknownRank;
        public Slice Content;
    }
}
