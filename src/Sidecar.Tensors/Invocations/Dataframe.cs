using Sidecar.Tensors.Json;
using Sidecar.Tensors.OpenInference;
using Sidecar.Tensors.Tables;

namespace Sidecar.Tensors.Invocations;

/// <summary>A pandas DataFrame in its orientation <c>split</c>: <c>{"columns": [names], "index": […], "data": [rows]}</c>.</summary>
internal static class Dataframe
{
    /// <summary>Reads the value that is next; false: the scanner has the error.</summary>
    public static bool Read(ref JsonScanner json, TensorMessage into, ref JsonAny any)
    {
        any.EndSection();
        var section = into.Table.Count;
        var hasColumns = false;
        var hasData = false;
        var pending = false;
        var data = json;
        var first = true;
        if (json.Peek() != '{')
            return json.SkipValue();
        if (!json.Enter('{'))
            return false;
        while (json.NextMember(ref first, out var member))
        {
            bool read;
            if (member.Is("columns"u8) && json.Peek() == '[')
            {
                hasColumns = true;
                pending = hasData; // sent again: of both the last one counts
                read = ReadColumns(ref json, into, section);
            }
            else if (member.Is("data"u8) && json.Peek() == '[')
            {
                // Rows before the names of their columns are read over, and read when those are known.
                if (hasData)
                    into.Table.Restart(section);
                hasData = true;
                pending = !hasColumns;
                data = json;
                read = pending ? json.SkipValue() : ReadRows(ref json, into, section, hasColumns);
            }
            else
            {
                read = json.SkipValue();
            }

            if (!read)
                return false;
        }

        if (json.Error != DecodeError.None || (pending && !ReadRows(ref data, into, section, hasColumns)))
            return json.Fail(data.Error);
        any.Found |= hasData;
        any.EndSection();
        return true;
    }

    private static bool ReadColumns(ref JsonScanner json, TensorMessage into, int section)
    {
        var table = into.Table;
        var first = true;
        table.Drop(section);
        if (!json.Enter('['))
            return false;
        while (json.NextElement(ref first))
        {
            bool added;
            if (json.Peek() is (byte)'"' or (byte)'-' or (>= (byte)'0' and <= (byte)'9'))
            {
                if (!V2Member.ReadText(ref json, into, out var name))
                    return false;
                added = table.TryAdd(name, JsonRows.HashOf(into.TextOf(name)), hasRows: true, out _);
            }
            else
            {
                // Names of several levels, or none.
                if (!json.SkipValue())
                    return false;
                added = JsonRows.TryAddNumbered(into, table.Count - section, out _);
            }

            if (!added)
                return json.Fail(DecodeError.TooLarge);
        }

        return json.Error == DecodeError.None;
    }

    private static bool ReadRows(ref JsonScanner json, TensorMessage into, int section, bool hasColumns)
    {
        var rows = 0;
        var first = true;
        if (!json.Enter('['))
            return false;
        for (; json.NextElement(ref first); rows++)
        {
            if (!(json.Peek() == '[' ? ReadRow(ref json, into, section, rows, hasColumns) : ReadCell(ref json, into, section, 0, rows, hasColumns)))
                return false;
        }

        return json.Error == DecodeError.None && (into.Table.TryClose(section, rows) || json.Fail(DecodeError.TooLarge));
    }

    private static bool ReadRow(ref JsonScanner json, TensorMessage into, int section, int row, bool hasColumns)
    {
        var first = true;
        if (!json.Enter('['))
            return false;
        for (var cell = 0; json.NextElement(ref first); cell++)
        {
            if (!ReadCell(ref json, into, section, cell, row, hasColumns))
                return false;
        }

        return json.Error == DecodeError.None;
    }

    private static bool ReadCell(ref JsonScanner json, TensorMessage into, int section, int cell, int row, bool hasColumns)
    {
        var table = into.Table;
        if (section + cell < table.Count)
            return JsonCells.Read(ref json, table, section + cell, row);
        if (!hasColumns && row == 0)
        {
            return JsonRows.TryAddNumbered(into, cell, out var column) ? JsonCells.Read(ref json, table, column, row) : json.Fail(DecodeError.TooLarge);
        }

        for (var i = section; i < table.Count; i++)
            table[i].IsOfRaggedTable = true;
        return json.SkipValue();
    }
}
