using System.Runtime.InteropServices;
using Sidecar.Tensors.Protobuf;

namespace Sidecar.Tensors.TensorFlowServing;

/// <summary>
/// The input of Classify, Regress and MultiInference: rows of tf.Examples (tensorflow_serving: apis/input.proto; tensorflow: core/example/feature.proto), which
/// become columns: one tensor a feature name, of shape [examples], or [examples, values] where each example has as many values, and more than one. The
/// features of a context belong to every example that has none of that name itself.
/// </summary>
internal static class ExampleColumns
{
    /// <summary>Reads input = 2 of a request.</summary>
    public static bool Read(ref ProtoReader outer, Slice request, TensorMessage into)
    {
        if (!ReadKind(ref outer, request, out var kind))
            return false;
        // Input: example_list = 1, example_list_with_context = 2. Both have their examples = 1.
        var path = kind == 2 ? (ReadOnlySpan<byte>)[2, 2, 1] : [2, 1, 1];
        if (!FindColumns(ref outer, request, path, hasContext: kind == 2, into, out var examples))
            return false;
        if (examples == 0 || into.Count == 0)
        {
            into.ClearTensors();
            return true;
        }

        // A cell for each feature of each example, and a first row for the context: where the entry of that name lies.
        var size = (examples + 1L) * into.Count * Cell.Bytes;
        if (!into.TryAlign() || !into.TryReserve(size, out var free))
            return outer.Fail(DecodeError.TooLarge);
        free[..(int)size].Clear();
        var cells = new Slice(into.Used, (int)size);
        into.Advance(cells.Length);
        FillCells(outer.Body, request, path, hasContext: kind == 2, into, MemoryMarshal.Cast<byte, Cell>(free[..cells.Length]));
        for (var column = 0; column < into.Count; column++)
        {
            if (!ReadColumn(ref outer, cells, column, examples, into))
                return false;
        }

        into.SortByName();
        return true;
    }

    /// <summary>Of the two kinds that an input may be, the one that was set last.</summary>
    private static bool ReadKind(ref ProtoReader outer, Slice request, out int kind)
    {
        kind = 0;
        var inputs = new ProtoPath(outer.Body, request, [2]);
        while (inputs.Next(out var input))
        {
            var proto = new ProtoReader(outer.Body, input);
            while (proto.Next())
            {
                if (proto is { Field: 1 or 2, Type: WireType.Bytes })
                    kind = proto.Field;
                if (!proto.Skip())
                    return outer.Fail(proto.Error);
            }

            if (proto.Error != DecodeError.None)
                return outer.Fail(proto.Error);
        }

        return inputs.Error == DecodeError.None || outer.Fail(inputs.Error);
    }

    /// <summary>Adds a tensor for each name of a feature, and counts the examples.</summary>
    private static bool FindColumns(ref ProtoReader outer, Slice request, ReadOnlySpan<byte> path, bool hasContext, TensorMessage into, out int examples)
    {
        examples = 0;
        into.Names.Clear();
        var rows = new ProtoPath(outer.Body, request, path);
        while (rows.Next(out var example))
        {
            examples++;
            if (!FindColumns(ref outer, new ProtoPath(outer.Body, example, Features), into))
                return false;
        }

        if (rows.Error != DecodeError.None)
            return outer.Fail(rows.Error);
        return !hasContext || FindColumns(ref outer, new ProtoPath(outer.Body, request, ContextFeatures), into);
    }

    private static bool FindColumns(ref ProtoReader outer, ProtoPath entries, TensorMessage into)
    {
        var next = 0;
        while (entries.Next(out var entry))
        {
            if (!ReadKey(ref outer, entry, out var key))
                return false;
            var column = Find(into, outer.Body, key, next, out var slot);
            if (column < 0)
            {
                column = into.Count;
                if (!into.TryAdd(new Tensor { NameSlice = key, DataSlice = Slice.Absent, BinaryBytes = -1 }))
                    return outer.Fail(DecodeError.TooLarge);
                into.Names.Add(slot, column);
            }

            next = column + 1;
        }

        return entries.Error == DecodeError.None || outer.Fail(entries.Error);
    }

    // Example: features = 1; Features: feature = 1, a map.
    private static ReadOnlySpan<byte> Features => [1, 1];

    // Input = 2, example_list_with_context = 2, context = 2: an example.
    private static ReadOnlySpan<byte> ContextFeatures => [2, 2, 2, 1, 1];

    /// <summary>Notes where each entry lies; all that is read here was found well-formed before. Of two with the same key the last counts.</summary>
    private static void FillCells(ReadOnlySpan<byte> body, Slice request, ReadOnlySpan<byte> path, bool hasContext, TensorMessage into, Span<Cell> cells)
    {
        if (hasContext)
            FillCells(body, new ProtoPath(body, request, ContextFeatures), into, cells);
        var rows = new ProtoPath(body, request, path);
        for (var row = 1; rows.Next(out var example); row++)
            FillCells(body, new ProtoPath(body, example, Features), into, cells[(row * into.Count)..]);
    }

    private static void FillCells(ReadOnlySpan<byte> body, ProtoPath entries, TensorMessage into, Span<Cell> cells)
    {
        var proto = new ProtoReader(body, 0, body.Length);
        var column = -1;
        while (entries.Next(out var entry))
        {
            ReadKey(ref proto, entry, out var key);
            column = Find(into, body, key, column + 1, out _);
            cells[column] = new Cell(entry);
        }
    }

    private static bool ReadKey(ref ProtoReader outer, Slice entry, out Slice key)
    {
        key = Slice.OfSource(entry.Start, 0);
        var proto = new ProtoReader(outer.Body, entry);
        while (proto.Next())
        {
            if (!(proto is { Field: 1, Type: WireType.Bytes } ? proto.ReadBytes(out key) : proto.Skip()))
                break;
        }

        return proto.Error == DecodeError.None || outer.Fail(proto.Error);
    }

    /// <summary>The column of that name, or -1.</summary>
    /// <param name="guess">Where it is if this example has its features in the same order as the first.</param>
    private static int Find(TensorMessage into, ReadOnlySpan<byte> body, Slice key, int guess, out int slot)
    {
        slot = 0;
        var name = body.Slice(key.Start, key.Length);
        return guess < into.Count && into.Name(guess).SequenceEqual(name) ? guess : into.Names.Find(into, name, out slot);
    }

    private static bool ReadColumn(ref ProtoReader outer, Slice cells, int column, int examples, TensorMessage into)
    {
        ref var tensor = ref into.At(column);
        if (!into.TryAlign())
            return outer.Fail(DecodeError.TooLarge);
        var start = into.Used;
        var (fewest, most) = (int.MaxValue, 0);
        for (var row = 1; row <= examples; row++)
        {
            var before = tensor.SentElements;
            var at = MemoryMarshal.Cast<byte, Cell>(into.TextOf(cells));
            var cell = at[(row * into.Count) + column].Or(at[column]);
            if (cell.IsPresent && !ReadFeature(ref outer, cell.Entry, into, ref tensor))
                return false;
            var values = tensor.SentElements - before;
            (fewest, most) = (Math.Min(fewest, values), Math.Max(most, values));
        }

        tensor.Rank = most == 1 ? 1 : 2;
        tensor.Dims[0] = examples;
        tensor.Dims[1] = most;
        tensor.Elements = Shapes.Product(tensor.Shape);
        tensor.Error = tensor.DataType == DataType.Unknown ? DecodeError.MissingMember
            : tensor.Error != DecodeError.None ? tensor.Error
            : fewest != most ? DecodeError.ShapeMismatch
            : DecodeError.None;
        if (tensor.Error != DecodeError.None)
            into.Rewind(start);
        else
            tensor.DataSlice = new Slice(start, into.Used - start);
        return true;
    }

    /// <summary>Appends an example's values of a feature: value = 2 of the map's entry, in it bytes_list = 1, float_list = 2 or int64_list = 3, in that value = 1.</summary>
    private static bool ReadFeature(ref ProtoReader outer, Slice entry, TensorMessage into, ref Tensor tensor)
    {
        var features = new ProtoPath(outer.Body, entry, [2]);
        while (features.Next(out var feature))
        {
            var proto = new ProtoReader(outer.Body, feature);
            while (proto.Next())
            {
                var type = proto.Type != WireType.Bytes ? DataType.Unknown : proto.Field switch
                {
                    1 => DataType.Bytes,
                    2 => DataType.Fp32,
                    3 => DataType.Int64,
                    _ => DataType.Unknown,
                };
                if (type == DataType.Unknown)
                {
                    if (!proto.Skip())
                        break;
                    continue;
                }

                if (!proto.ReadBytes(out var list))
                    break;
                if (tensor.DataType == DataType.Unknown)
                    tensor.DataType = type;
                if (tensor.DataType != type)
                    tensor.Error = DecodeError.ValueMismatch; // another kind than in the examples before
                else if (!ReadList(ref proto, list, into, ref tensor))
                    break;
            }

            if (proto.Error != DecodeError.None)
                return outer.Fail(proto.Error);
        }

        return features.Error == DecodeError.None || outer.Fail(features.Error);
    }

    private static bool ReadList(ref ProtoReader outer, Slice list, TensorMessage into, ref Tensor tensor)
    {
        var proto = new ProtoReader(outer.Body, list);
        while (proto.Next())
        {
            if (!(proto.Field == 1 ? ProtoElements.Append(ref proto, into, ref tensor) : proto.Skip()))
                break;
        }

        return proto.Error == DecodeError.None || outer.Fail(proto.Error);
    }

    /// <summary>Where an entry lies; the default value: nowhere. None begins at 0, since its own tag and length are in front of it.</summary>
    private readonly struct Cell(Slice entry)
    {
        public const int Bytes = 2 * sizeof(int);

        private readonly int _start = entry.Start;
        private readonly int _length = entry.Length;

        public bool IsPresent => _start > 0;

        public Slice Entry => Slice.OfSource(_start, _length);

        public Cell Or(Cell other) => IsPresent ? this : other;
    }
}
