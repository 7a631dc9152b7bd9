using System.Buffers.Binary;
using System.Globalization;
using Sidecar.Tensors.Json;

namespace Sidecar.Tensors.Tables;

/// <summary>
/// Reads JSON into the columns of a table: rows of objects, objects of tensors, values by themselves. Each method reads the value that is next; false: the
/// scanner has the error.
/// </summary>
internal static class JsonRows
{
    /// <summary>
    /// The value of a member such as <c>instances</c> or <c>outputs</c>: a list of objects is rows, an object has a tensor in each member, and anything else is
    /// one tensor of that member's name.
    /// </summary>
    /// <param name="found">It is there, and is not <c>null</c>.</param>
    public static bool ReadContainer(ref JsonScanner json, TensorMessage into, ReadOnlySpan<byte> name, out bool found)
    {
        found = !json.TryReadNull();
        if (!found)
            return json.Error == DecodeError.None;
        return json.Peek() switch
        {
            (byte)'{' when !JsonCells.IsBase64(json) => ReadTensors(ref json, into),
            (byte)'[' when IsListOfRows(json) => ReadList(ref json, into, name),
            _ => TryAdd(into, name, hasRows: false, out var column) ? JsonCells.Read(ref json, into.Table, column) : json.Fail(DecodeError.TooLarge),
        };
    }

    /// <summary>An object whose members are tensors, in the shape that they have; <c>null</c> is a tensor that is absent.</summary>
    public static bool ReadTensors(ref JsonScanner json, TensorMessage into)
    {
        var section = into.Table.Count;
        var hint = section;
        var first = true;
        if (!json.Enter('{'))
            return false;
        while (json.NextMember(ref first, out var member))
        {
            if (!ReadTensor(ref json, into, member, section, ref hint))
                return false;
        }

        return json.Error == DecodeError.None;
    }

    /// <summary>A member that is a tensor by itself; <c>null</c>: it is absent, even if it was there before.</summary>
    public static bool ReadTensor(ref JsonScanner json, TensorMessage into, scoped JsonText name, int section, ref int hint)
    {
        var isNull = json.Peek() == 'n';
        if (!TryFindOrAdd(into, name, section, hint, hasRows: false, out var column))
            return json.Fail(DecodeError.TooLarge);
        hint = column + 1;
        into.Table[column].IsLeftOut = isNull;
        return isNull ? json.ReadLiteral("null"u8) : JsonCells.Read(ref json, into.Table, column);
    }

    /// <summary>A list of objects, each of them a row.</summary>
    /// <param name="name">What a row that is none is called.</param>
    public static bool ReadList(ref JsonScanner json, TensorMessage into, ReadOnlySpan<byte> name)
    {
        var rows = new JsonRowReader(into, name);
        var first = true;
        if (!json.Enter('['))
            return false;
        while (json.NextElement(ref first))
        {
            if (!rows.Read(ref json))
                return false;
        }

        return json.Error == DecodeError.None && rows.Close(ref json);
    }

    /// <summary>A value as the column of its name, which is added where the section of the table has none yet.</summary>
    /// <param name="section">Where the section begins.</param>
    /// <param name="hint">The column that is probably meant, since rows have their members in the same order; the one behind it afterwards.</param>
    public static bool ReadMember(ref JsonScanner json, TensorMessage into, scoped JsonText name, int section, ref int hint, bool hasRows, int row)
    {
        if (!TryFindOrAdd(into, name, section, hint, hasRows, out var column))
            return json.Fail(DecodeError.TooLarge);
        hint = column + 1;
        return JsonCells.Read(ref json, into.Table, column, row);
    }

    public static bool TryAdd(TensorMessage into, ReadOnlySpan<byte> name, bool hasRows, out int column)
    {
        column = -1;
        return into.TryAppend(name, out var slice) && into.Table.TryAdd(slice, HashOf(name), hasRows, out column);
    }

    /// <summary>A column of rows that has no name: <c>_c0</c>, <c>_c1</c> and so on, as Spark and what is built on it call them.</summary>
    public static bool TryAddNumbered(TensorMessage into, int number, out int column)
    {
        Span<byte> name = stackalloc byte[16];
        "_c"u8.CopyTo(name);
        _ = number.TryFormat(name[2..], out var digits, default, CultureInfo.InvariantCulture);
        return TryAdd(into, name[..(2 + digits)], hasRows: true, out column);
    }

    /// <summary>The list that is next holds objects that are rows: its first value says so, that is no null.</summary>
    public static bool IsListOfRows(JsonScanner json)
    {
        var first = true;
        if (!json.Enter('['))
            return false;
        while (json.NextElement(ref first))
        {
            if (!json.TryReadNull())
                return json.Peek() == '{' && !JsonCells.IsBase64(json);
        }

        return false;
    }

    private static bool TryFindOrAdd(TensorMessage into, scoped JsonText name, int section, int hint, bool hasRows, out int column)
    {
        column = -1;
        // A name with escapes is written out where it is going to stay, should it be a new one.
        if (!into.TryReserve(name.IsEscaped ? name.Raw.Length : 0, out var free))
            return false;
        var text = name.IsEscaped ? free[..name.CopyTo(free)] : name.Raw;
        var hash = HashOf(text);
        column = Find(into, text, hash, section, hint);
        if (column >= 0)
            return true;
        if (!name.IsEscaped)
            return TryAdd(into, text, hasRows, out column);
        var slice = new Slice(into.Used, text.Length);
        into.Advance(text.Length);
        return into.Table.TryAdd(slice, hash, hasRows, out column);
    }

    /// <summary>The column of that name; -1: there is none.</summary>
    public static int Find(TensorMessage into, ReadOnlySpan<byte> name, int hash, int section, int hint)
    {
        var table = into.Table;
        if (hint < table.Count && table[hint].NameHash == hash && into.TextOf(table[hint].Name).SequenceEqual(name))
            return hint;
        for (var i = section; i < table.Count; i++)
        {
            if (table[i].NameHash == hash && into.TextOf(table[i].Name).SequenceEqual(name))
                return i;
        }

        return -1;
    }

    /// <summary>A number that tells most names of one table apart, by their length and their ends.</summary>
    public static int HashOf(ReadOnlySpan<byte> name)
    {
        var hash = (ulong)name.Length;
        if (name.Length >= sizeof(ulong))
        {
            hash += BinaryPrimitives.ReadUInt64LittleEndian(name) * 0x9E3779B97F4A7C15;
            hash ^= BinaryPrimitives.ReadUInt64LittleEndian(name[^sizeof(ulong)..]);
        }
        else
        {
            foreach (var letter in name)
                hash = (hash << 8) | letter;
        }

        return (int)((hash * 0x9E3779B97F4A7C15) >> 32);
    }
}
