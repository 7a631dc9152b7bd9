using Sidecar.Tensors.Json;

namespace Sidecar.Tensors.Tables;

/// <summary>Reads JSON values into the cells of a column. Each method reads the value that is next; false: the scanner has the error.</summary>
internal static class JsonCells
{
    /// <summary>A column's value of one row: a scalar, or arrays nested in any way that the other rows have too. <c>null</c> is no value.</summary>
    public static bool Read(ref JsonScanner json, Table table, int column, int row = 0)
    {
        ref var into = ref table[column];
        if (!table.TryBegin(ref into, row))
            return json.Fail(DecodeError.TooLarge);
        var next = json.Peek();
        if (next == '[')
            return ReadArrays(ref json, table, ref into);
        if (next == 'n')
            return json.ReadLiteral("null"u8) && (table.TryAddCell(ref into, CellKind.Gap, 1, 0) || json.Fail(DecodeError.TooLarge));
        into.NoteDepth(0);
        return ReadCell(ref json, table, ref into, next);
    }

    /// <summary>One value that is no array, as the next element of a column whose shape the caller looks after.</summary>
    public static bool ReadElement(ref JsonScanner json, Table table, ref Column into) => ReadCell(ref json, table, ref into, json.Peek());

    /// <summary>The object is a value and no row: bytes in base64 (TensorFlow Serving's <c>{"b64": …}</c>).</summary>
    public static bool IsBase64(JsonScanner json)
    {
        var first = true;
        return json.Enter('{') && json.Peek() == '"' && json.MayBe("\"b64\""u8) && json.NextMember(ref first, out var name) && name.Is("b64"u8)
            && json.ReadString(out _) && !json.NextMember(ref first, out _) && json.Error == DecodeError.None;
    }

    private static bool ReadArrays(ref JsonScanner json, Table table, ref Column into)
    {
        // How many values each open array has so far.
        Span<int> lengths = stackalloc int[Tensor.MaxRank];
        var depth = 0;
        while (true)
        {
            var next = json.Peek();
            if (next == '[')
            {
                if (depth == Tensor.MaxRank)
                    return json.Fail(DecodeError.TooLarge);
                if (!json.Enter('['))
                    return false;
                lengths[depth++] = 0;
                if (json.Peek() != ']')
                    continue;
                into.NoteDepth(depth);
            }
            else
            {
                into.NoteDepth(depth);
                if (!ReadCell(ref json, table, ref into, next))
                    return false;
                lengths[depth - 1]++;
            }

            while (json.Peek() == ']')
            {
                json.Leave();
                depth--;
                into.NoteLength(depth, lengths[depth]);
                if (depth == 0)
                    return true;
                lengths[depth - 1]++;
            }

            if (!json.Expect(','))
                return false;
        }
    }

    private static bool ReadCell(ref JsonScanner json, Table table, ref Column into, byte next)
    {
        var start = json.Position;
        CellKind kind;
        ulong bits = 0;
        switch (next)
        {
            case (byte)'"':
                if (!json.ReadString(out var text))
                    return false;
                kind = text.IsEscaped ? CellKind.EscapedText : CellKind.Text;
                bits = (ulong)text.Raw.Length;
                start++;
                break;
            case (byte)'t':
                if (!json.ReadLiteral("true"u8))
                    return false;
                kind = CellKind.True;
                break;
            case (byte)'f':
                if (!json.ReadLiteral("false"u8))
                    return false;
                kind = CellKind.False;
                break;
            case (byte)'n':
                if (!json.ReadLiteral("null"u8))
                    return false;
                kind = CellKind.Null;
                break;
            case (byte)'{':
                if (!ReadObject(ref json, out kind, out bits, ref start))
                    return false;
                break;
            default:
                if (!json.ReadNumber(out var number))
                    return false;
                kind = KindOf(number, out bits);
                break;
        }

        return table.TryAddCell(ref into, kind, bits, start) || json.Fail(DecodeError.TooLarge);
    }

    private static bool ReadObject(ref JsonScanner json, out CellKind kind, out ulong bits, ref int start)
    {
        kind = CellKind.Other;
        bits = 0;
        if (!IsBase64(json))
            return json.SkipValue();
        var first = true;
        if (!json.Enter('{') || !json.NextMember(ref first, out _))
            return false;
        json.Peek();
        start = json.Position + 1;
        if (!json.ReadString(out var text))
            return false;
        kind = text.IsEscaped ? CellKind.EscapedBase64 : CellKind.Base64;
        bits = (ulong)text.Raw.Length;
        json.NextMember(ref first, out _);
        return json.Error == DecodeError.None;
    }

    /// <summary>A number's kind and value.</summary>
    public static CellKind KindOf(in JsonNumber number, out ulong bits)
    {
        if (number.IsWhole && number.TryToInteger(out var negative, out var magnitude))
        {
            bits = negative ? 0 - magnitude : magnitude;
            if (!negative)
                return magnitude <= long.MaxValue ? CellKind.Integer : CellKind.Unsigned;
            if (magnitude <= 1UL << 63)
                return CellKind.Integer;
        }

        bits = BitConverter.DoubleToUInt64Bits(number.ToDouble());
        return CellKind.Fraction;
    }
}
