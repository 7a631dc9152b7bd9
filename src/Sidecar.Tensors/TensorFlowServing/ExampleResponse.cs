using Sidecar.Tensors.Protobuf;

namespace Sidecar.Tensors.TensorFlowServing;

/// <summary>
/// ClassificationResponse and RegressionResponse (result = 1, model_spec = 2), and MultiInferenceResponse (results = 1, each with its model_spec = 1 and a
/// classification_result = 2 or regression_result = 3). A classification becomes <c>classes</c> and <c>scores</c> of shape [examples, classes], a regression
/// <c>value</c> of shape [examples]; of several results each has its signature's name in front, as in <c>sex/classes</c>.
/// </summary>
internal static class ExampleResponse
{
    public enum Kind : byte
    {
        Classification,
        Regression,
    }

    public static bool Read(ref ProtoReader proto, TensorMessage into, Kind kind)
    {
        var whole = new Slice(proto.Position, proto.Length);
        var signature = Slice.Absent;
        var isPresent = false;
        while (proto.Next())
        {
            isPresent |= proto is { Field: 1, Type: WireType.Bytes };
            if (!(proto is { Field: 2, Type: WireType.Bytes } ? proto.ReadBytes(out var spec) && ModelSpec.Read(ref proto, spec, into, ref signature) : proto.Skip()))
                break;
        }

        return proto.Error == DecodeError.None && (!isPresent || AddResult(ref proto, whole, 1, kind, Slice.Absent, into));
    }

    public static bool ReadMulti(ref ProtoReader proto, TensorMessage into)
    {
        var results = new ProtoPath(proto.Body, new Slice(proto.Position, proto.Length), [1]);
        var more = results;
        var several = more.Next(out _) && more.Next(out _);
        while (results.Next(out var result))
        {
            if (!ReadResult(ref proto, result, several, into))
                return false;
        }

        return results.Error == DecodeError.None || proto.Fail(results.Error);
    }

    private static bool ReadResult(ref ProtoReader outer, Slice result, bool several, TensorMessage into)
    {
        var signature = Slice.Absent;
        var field = 0;
        var proto = new ProtoReader(outer.Body, result);
        while (proto.Next())
        {
            if (proto is { Field: 2 or 3, Type: WireType.Bytes })
                field = proto.Field;
            if (!(proto is { Field: 1, Type: WireType.Bytes } ? proto.ReadBytes(out var spec) && ModelSpec.Read(ref proto, spec, into, ref signature) : proto.Skip()))
                break;
        }

        if (proto.Error != DecodeError.None)
            return outer.Fail(proto.Error);
        return field == 0 || AddResult(ref outer, result, field, field == 2 ? Kind.Classification : Kind.Regression, several ? signature : Slice.Absent, into);
    }

    /// <summary>Adds the tensors of one result, which is under that field of the message; in it is one item an example = 1.</summary>
    private static bool AddResult(ref ProtoReader outer, Slice message, int field, Kind kind, Slice signature, TensorMessage into)
    {
        var items = field switch { 1 => (ReadOnlySpan<byte>)[1, 1], 2 => [2, 1], _ => [3, 1] };
        return kind == Kind.Regression
            ? AddColumn(ref outer, new ProtoPath(outer.Body, message, items), Column.Value, signature, into)
            : AddColumn(ref outer, new ProtoPath(outer.Body, message, items), Column.Classes, signature, into)
                && AddColumn(ref outer, new ProtoPath(outer.Body, message, items), Column.Scores, signature, into);
    }

    private static bool AddColumn(ref ProtoReader outer, ProtoPath items, Column column, Slice signature, TensorMessage into)
    {
        var tensor = new Tensor { DataSlice = Slice.Absent, BinaryBytes = -1, DataType = column == Column.Classes ? DataType.Bytes : DataType.Fp32 };
        if (!TryName(into, signature, column, out tensor.NameSlice) || !into.TryAlign())
            return outer.Fail(DecodeError.TooLarge);
        var start = into.Used;
        var examples = 0;
        var (fewest, most) = (int.MaxValue, 0);
        while (items.Next(out var item))
        {
            var before = tensor.SentElements;
            if (!(column == Column.Value ? AppendField(ref outer, item, 1, into, ref tensor) : AppendClasses(ref outer, item, column, into, ref tensor)))
                return false;
            var values = tensor.SentElements - before;
            (fewest, most) = (Math.Min(fewest, values), Math.Max(most, values));
            examples++;
        }

        if (items.Error != DecodeError.None)
            return outer.Fail(items.Error);
        tensor.Rank = column == Column.Value ? 1 : 2;
        tensor.Dims[0] = examples;
        tensor.Dims[1] = most;
        tensor.Elements = Shapes.Product(tensor.Shape);
        tensor.Error = tensor.SentElements == tensor.Elements ? DecodeError.None : DecodeError.ShapeMismatch; // not as many classes for each example
        if (tensor.Error == DecodeError.None)
            tensor.DataSlice = new Slice(start, into.Used - start);
        return into.TryAdd(in tensor) || outer.Fail(DecodeError.TooLarge);
    }

    /// <summary>Classifications: classes = 1, in each label = 1 and score = 2.</summary>
    private static bool AppendClasses(ref ProtoReader outer, Slice item, Column column, TensorMessage into, ref Tensor tensor)
    {
        var classes = new ProtoPath(outer.Body, item, [1]);
        while (classes.Next(out var one))
        {
            if (!AppendField(ref outer, one, column == Column.Classes ? 1 : 2, into, ref tensor))
                return false;
        }

        return classes.Error == DecodeError.None || outer.Fail(classes.Error);
    }

    /// <summary>Appends one field of a message; what isn't there is 0 or empty, as it is never sent.</summary>
    private static bool AppendField(ref ProtoReader outer, Slice message, int field, TensorMessage into, ref Tensor tensor)
    {
        var (start, sent) = (into.Used, tensor.SentElements);
        var type = tensor.DataType == DataType.Bytes ? WireType.Bytes : WireType.Fixed32;
        var proto = new ProtoReader(outer.Body, message);
        while (proto.Next())
        {
            if (proto.Field != field || proto.Type != type)
            {
                if (!proto.Skip())
                    break;
                continue;
            }

            // Of a field that comes twice the last counts.
            into.Rewind(start);
            tensor.SentElements = sent;
            if (!ProtoElements.Append(ref proto, into, ref tensor))
                break;
        }

        if (proto.Error != DecodeError.None)
            return outer.Fail(proto.Error);
        if (tensor.SentElements > sent)
            return true;
        if (!into.TryReserve(sizeof(uint), out var free))
            return outer.Fail(DecodeError.TooLarge);
        free[..sizeof(uint)].Clear(); // 0 as FP32, and the length of an empty text
        into.Advance(sizeof(uint));
        tensor.SentElements++;
        return true;
    }

    private static bool TryName(TensorMessage into, Slice signature, Column column, out Slice name)
    {
        var own = column switch
        {
            Column.Classes => "classes"u8,
            Column.Scores => "scores"u8,
            _ => "value"u8,
        };
        var prefix = into.TextOf(signature);
        name = new Slice(into.Used, own.Length + (prefix.IsEmpty ? 0 : prefix.Length + 1));
        if (!into.TryReserve(name.Length, out var free))
            return false;
        if (!prefix.IsEmpty)
        {
            prefix.CopyTo(free);
            free[prefix.Length] = (byte)'/';
            free = free[(prefix.Length + 1)..];
        }

        own.CopyTo(free);
        into.Advance(name.Length);
        return true;
    }

    private enum Column : byte
    {
        Classes,
        Scores,
        Value,
    }
}
