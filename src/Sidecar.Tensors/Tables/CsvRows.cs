using System.Globalization;
using System.Text.Unicode;
using Sidecar.Tensors.Json;

namespace Sidecar.Tensors.Tables;

/// <summary>
/// Reads CSV into the columns of a table; empty lines are read over. A field is a number where it looks like one, in quotes or not, as pandas has it; an empty
/// one is a null.
/// </summary>
internal static class CsvRows
{
    private const NumberStyles Decimal = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    /// <summary>Reads the whole body into tensors. Whether the first line names the columns says <paramref name="format"/>, or else the line itself.</summary>
    public static DecodeError Read(ReadOnlySpan<byte> body, BodyFormat format, TensorMessage into)
    {
        into.Table.IsCsv = true;
        var csv = new CsvText(body);
        if (!csv.HasLine())
            return DecodeError.Truncated;
        if (!Utf8.IsValid(body))
            return DecodeError.Malformed;
        var error = ReadHeader(ref csv, format, into);
        if (error == DecodeError.None)
            error = ReadRows(ref csv, body, into.Table);
        return error == DecodeError.None ? TableTensors.AddTo(into, body) : error;
    }

    /// <summary>The text of a number, for a column in which others are none.</summary>
    public static ReadOnlySpan<byte> TextOf(ReadOnlySpan<byte> body, int start)
    {
        var text = CsvText.Unquoted(body, start);
        var quote = text.IndexOf((byte)'"'); // behind it, where it stands in quotes
        return quote < 0 ? text : text[..quote];
    }

    private static DecodeError ReadHeader(ref CsvText csv, BodyFormat format, TensorMessage into)
    {
        var start = csv.Position;
        var looksLikeOne = true;
        CsvEnd end;
        do
        {
            if (csv.Next(out var field, out end) is not DecodeError.None and var error)
                return error;
            looksLikeOne &= KindOf(field, out _) is CellKind.Text or CellKind.EscapedText;
            if (!TryAddColumn(into, field, ref looksLikeOne))
                return DecodeError.TooLarge;
        }
        while (end == CsvEnd.Field);

        // Names of nothing are no names: a text alone is an answer, and its value must not be taken for one.
        if (format == BodyFormat.CsvWithHeader || (format != BodyFormat.CsvWithoutHeader && looksLikeOne && csv.HasLine()))
            return DecodeError.None;
        csv.Position = start;
        return TryNameColumns(into) ? DecodeError.None : DecodeError.TooLarge;
    }

    private static bool TryAddColumn(TensorMessage into, in CsvField field, ref bool isNew)
    {
        if (!into.TryReserve(field.Text.Length, out var free))
            return false;
        var name = new Slice(into.Used, field.CopyTo(free));
        into.Advance(name.Length);
        var hash = JsonRows.HashOf(into.TextOf(name));
        isNew = isNew && JsonRows.Find(into, into.TextOf(name), hash, section: 0, hint: 0) < 0;
        return into.Table.TryAdd(name, hash, hasRows: true, out _);
    }

    private static bool TryNameColumns(TensorMessage into)
    {
        var count = into.Table.Count;
        into.Table.Drop(0);
        for (var i = 0; i < count; i++)
        {
            if (!JsonRows.TryAddNumbered(into, i, out _))
                return false;
        }

        return true;
    }

    private static DecodeError ReadRows(ref CsvText csv, ReadOnlySpan<byte> body, Table table)
    {
        var rows = 0;
        for (; csv.HasLine(); rows++)
        {
            var column = 0;
            CsvEnd end;
            do
            {
                CellKind kind;
                ulong bits;
                int start;
                // Most fields are plain numbers, which end where the field does.
                if (csv.Position < body.Length && body[csv.Position] is >= (byte)'-' and <= (byte)'9'
                    && JsonNumber.Read(body, csv.Position, out var number, out var behind) == DecodeError.None && csv.IsEnd(behind))
                {
                    start = csv.Position;
                    kind = JsonCells.KindOf(number, out bits);
                    end = csv.PassEnd(behind);
                }
                else
                {
                    if (csv.Next(out var field, out end) is not DecodeError.None and var error)
                        return error;
                    kind = KindOf(field, out bits);
                    start = field.Start;
                }

                if (column == table.Count)
                {
                    for (var i = 0; i < table.Count; i++)
                        table[i].IsOfRaggedTable = true;
                    continue;
                }

                ref var into = ref table[column++];
                if (!table.TryBegin(ref into, rows) || !table.TryAddCell(ref into, kind, bits, start))
                    return DecodeError.TooLarge;
            }
            while (end == CsvEnd.Field);
        }

        return table.TryClose(0, rows) ? DecodeError.None : DecodeError.TooLarge;
    }

    private static CellKind KindOf(in CsvField field, out ulong bits)
    {
        bits = 0;
        var text = field.Text.Trim((byte)' ');
        if (text.IsEmpty)
            return CellKind.Null;
        if (text[0] is (>= (byte)'0' and <= (byte)'9') or (byte)'+' or (byte)'-' or (byte)'.' or (byte)'n' or (byte)'N' or (byte)'i' or (byte)'I')
        {
            if (JsonNumber.Read(text, 0, out var number, out var end) == DecodeError.None && end == text.Length)
                return JsonCells.KindOf(number, out bits);
            // What JSON has no words for: 007, +5, .5, 5., nan, inf.
            if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer))
            {
                bits = (ulong)integer;
                return CellKind.Integer;
            }

            if (TryDouble(text, out var value))
            {
                bits = BitConverter.DoubleToUInt64Bits(double.IsNaN(value) ? JsonNumber.NaN : value);
                return CellKind.Fraction;
            }
        }

        bits = (ulong)field.Text.Length;
        return field.IsEscaped ? CellKind.EscapedText : CellKind.Text;
    }

    private static bool TryDouble(ReadOnlySpan<byte> text, out double value)
    {
        if (double.TryParse(text, Decimal, CultureInfo.InvariantCulture, out value))
            return true;
        var name = text[0] is (byte)'+' or (byte)'-' ? text[1..] : text;
        value = text[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity;
        return System.Text.Ascii.EqualsIgnoreCase(name, "inf"u8);
    }
}
