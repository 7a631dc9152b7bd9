namespace Sidecar.Tensors.Tables;

/// <summary>Makes the tensors of a message from the columns of a table: shape from the nesting, datatype from the values where nobody says it.</summary>
internal static class TableTensors
{
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
        var hasNull = column.Has(CellKind.Null) || column.Has(CellKind.Gap);
        var hasBool = column.Has(CellKind.False) || column.Has(CellKind.True);
        var hasInteger = column.Has(CellKind.Integer) || column.Has(CellKind.Unsigned);
        var hasNumber = hasInteger || column.Has(CellKind.Fraction);
        var hasText = column.Has(CellKind.Text) || column.Has(CellKind.EscapedText) || column.Has(CellKind.Base64) || column.Has(CellKind.EscapedBase64);
        if (column.Has(CellKind.Other))
            return DataType.Unknown;
        if (hasText)
            return !(hasBool || hasNumber) || mixedIsText ? DataType.Bytes : DataType.Unknown;
        if (hasBool)
            return hasNumber ? DataType.Unknown : DataType.Bool;
        // Nothing but nulls, or nothing at all, is what numpy makes of it: floats.
        if (hasNull || !hasInteger || column.Has(CellKind.Fraction))
            return DataType.Fp64;
        if (!column.Has(CellKind.Unsigned))
            return DataType.Int64;
        return column.HasNegative ? DataType.Fp64 : DataType.UInt64;
    }
}
