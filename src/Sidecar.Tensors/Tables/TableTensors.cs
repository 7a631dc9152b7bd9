namespace Sidecar.Tensors.Tables;

/// <summary>Makes the tensors of a message from the columns of a table: shape from the nesting, datatype from the values where nobody says it.</summary>
internal static class TableTensors
{
    // Sets of kinds, as the columns have them.
    private const int Nulls = (1 << (int)CellKind.Gap) | (1 << (int)CellKind.Null);
    private const int Truths = (1 << (int)CellKind.False) | (1 << (int)CellKind.True);
    private const int Integers = (1 << (int)CellKind.Integer) | (1 << (int)CellKind.Unsigned);
    private const int Fractions = 1 << (int)CellKind.Fraction;
    private const int Texts = (1 << (int)CellKind.Text) | (1 << (int)CellKind.EscapedText) | (1 << (int)CellKind.Base64) | (1 << (int)CellKind.EscapedBase64);

    /// <summary>Adds a tensor for each column; the answer is the error of the first one that has one.</summary>
    /// <param name="source">The text that the cells stand in.</param>
    /// <param name="scalarIsVector">A value by itself has the shape [1] instead of none.</param>
    public static DecodeError AddTo(TensorMessage into, ReadOnlySpan<byte> source, bool scalarIsVector = false)
    {
        var table = into.Table;
        for (var i = 0; i < table.Count; i++)
        {
            ref var column = ref table[i];
            if (column.IsLeftOut)
                continue;
            var tensor = new Tensor { NameSlice = column.Name, DataSlice = Slice.Absent, BinaryBytes = -1 };
            if (!TrySetShape(ref tensor, column, scalarIsVector))
                return DecodeError.TooLarge;
            tensor.DataType = column.Declared != DataType.Unknown ? column.Declared : TypeOf(column, table.IsCsv);
            tensor.Error = column.IsRagged ? DecodeError.ShapeMismatch
                : tensor.DataType == DataType.Unknown ? DecodeError.ValueMismatch
                : DecodeError.None;
            if (tensor.Error == DecodeError.None && !ColumnData.TryFill(ref tensor, column, table, source, into))
                return DecodeError.TooLarge;
            if (!into.TryAdd(in tensor))
                return DecodeError.TooLarge;
        }

        return into.FirstError();
    }

    private static bool TrySetShape(ref Tensor tensor, in Column column, bool scalarIsVector)
    {
        if (column.HasRows)
            tensor.Dims[tensor.Rank++] = column.Rows;
        var inner = column.ListOfOneIsValue && Shapes.Product(column.Inner) == 1 ? default : column.Inner;
        foreach (var length in inner)
        {
            if (tensor.Rank == Tensor.MaxRank)
                return false;
            tensor.Dims[tensor.Rank++] = Math.Max(0, length);
        }

        if (tensor.Rank == 0 && scalarIsVector)
            tensor.Dims[tensor.Rank++] = 1;
        tensor.Elements = Shapes.Product(tensor.Shape);
        tensor.SentElements = column.Cells + (int)Math.Min(column.GapRows, int.MaxValue - column.Cells);
        return true;
    }

    /// <summary>The narrowest of few datatypes that holds all values of a column; unknown where none does.</summary>
    /// <param name="mixedIsText">Numbers among texts are texts: CSV has no other way to write them.</param>
    private static DataType TypeOf(in Column column, bool mixedIsText)
    {
        var hasNumber = column.HasAny(Integers | Fractions);
        if (column.Has(CellKind.Other))
            return DataType.Unknown;
        if (column.HasAny(Texts))
            return mixedIsText || !(hasNumber || column.HasAny(Truths)) ? DataType.Bytes : DataType.Unknown;
        if (column.HasAny(Truths))
            return hasNumber ? DataType.Unknown : DataType.Bool;
        // Nothing but nulls, or nothing at all, is what numpy makes of it: floats.
        if (!column.HasAny(Integers) || column.HasAny(Fractions | Nulls))
            return DataType.Fp64;
        if (!column.Has(CellKind.Unsigned))
            return DataType.Int64;
        return column.HasNegative ? DataType.Fp64 : DataType.UInt64;
    }
}
