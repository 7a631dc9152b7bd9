using Parquet;
using Parquet.Schema;

namespace Sidecar.Offline.Tables;

/// <summary>The cells of one column of a row group, whatever they are stored as.</summary>
internal static class ParquetCells
{
    public static bool IsText(Type type) => type == typeof(string) || type == typeof(ReadOnlyMemory<char>);

    public static bool IsTime(Type type) => type == typeof(DateTime) || type == typeof(DateOnly) || type == typeof(DateTimeOffset);

    public static bool IsNumber(Type type) => Type.GetTypeCode(type) is >= TypeCode.SByte and <= TypeCode.Decimal;

    /// <summary>Reads them; the answer adds the cell of a row to a batch.</summary>
    public static Action<int, ColumnBatch> Read(ParquetRowGroupReader reader, DataField field, int rows)
    {
        if (IsText(field.ClrType))
        {
            var texts = new string?[rows];
            Wait(reader.ReadAsync(field, texts.AsMemory()!));
            return (row, column) =>
            {
                // Empty texts are values here: nulls have a mark of their own.
                if (texts[row] is not { } text)
                    column.AddMissing();
                else if (column.Type == ColumnType.Text)
                    column.AddText(text);
                else
                    column.Add(text);
            };
        }

        return Type.GetTypeCode(field.ClrType) switch
        {
            TypeCode.Double => Numbers<double>(reader, field, rows, value => value),
            TypeCode.Single => Numbers<float>(reader, field, rows, value => value),
            TypeCode.Int64 => Numbers<long>(reader, field, rows, value => value),
            TypeCode.Int32 => Numbers<int>(reader, field, rows, value => value),
            TypeCode.Int16 => Numbers<short>(reader, field, rows, value => value),
            TypeCode.SByte => Numbers<sbyte>(reader, field, rows, value => value),
            TypeCode.UInt64 => Numbers<ulong>(reader, field, rows, value => value),
            TypeCode.UInt32 => Numbers<uint>(reader, field, rows, value => value),
            TypeCode.UInt16 => Numbers<ushort>(reader, field, rows, value => value),
            TypeCode.Byte => Numbers<byte>(reader, field, rows, value => value),
            TypeCode.Decimal => Numbers<decimal>(reader, field, rows, value => (double)value),
            TypeCode.Boolean => Numbers<bool>(reader, field, rows, value => value ? 1 : 0),
            TypeCode.DateTime => Times<DateTime>(reader, field, rows, value => value.Ticks),
            _ when field.ClrType == typeof(DateOnly) => Times<DateOnly>(reader, field, rows, value => value.ToDateTime(default).Ticks),
            _ => Times<DateTimeOffset>(reader, field, rows, value => value.UtcTicks),
        };
    }

    private static Action<int, ColumnBatch> Numbers<T>(ParquetRowGroupReader reader, DataField field, int rows, Func<T, double> number)
        where T : struct
    {
        var values = Values<T>(reader, field, rows);
        return (row, column) =>
        {
            if (values[row] is { } value)
                column.Add(number(value));
            else
                column.AddMissing();
        };
    }

    private static Action<int, ColumnBatch> Times<T>(ParquetRowGroupReader reader, DataField field, int rows, Func<T, long> ticks)
        where T : struct
    {
        var values = Values<T>(reader, field, rows);
        return (row, column) =>
        {
            if (values[row] is { } value)
                column.AddTime(CellText.Nanos(ticks(value)));
            else
                column.AddMissing();
        };
    }

    private static T?[] Values<T>(ParquetRowGroupReader reader, DataField field, int rows)
        where T : struct
    {
        var values = new T?[rows];
        if (field.IsNullable)
        {
            Wait(reader.ReadAsync(field, values.AsMemory()));
            return values;
        }

        var plain = new T[rows];
        Wait(reader.ReadAsync<T>(field, plain.AsMemory()));
        for (var row = 0; row < rows; row++)
            values[row] = plain[row];
        return values;
    }

    private static void Wait(ValueTask task) => task.AsTask().GetAwaiter().GetResult();

    private static void Wait(Task task) => task.GetAwaiter().GetResult();
}
