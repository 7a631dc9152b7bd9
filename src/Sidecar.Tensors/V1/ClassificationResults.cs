using Sidecar.Tensors.Json;
using Sidecar.Tensors.Tables;

namespace Sidecar.Tensors.V1;

/// <summary>
/// What TensorFlow Serving answers to <c>:classify</c>: a list an example, of pairs of a label and its score. They become <c>classes</c> and <c>scores</c>, each of
/// shape [examples, classes], as the same answer has them over gRPC.
/// </summary>
internal static class ClassificationResults
{
    /// <summary>Reads the value that is next if it is that, and nothing at all if it is not. False: the scanner has the error.</summary>
    public static bool TryRead(ref JsonScanner json, TensorMessage into, out bool isOne)
    {
        isOne = IsOne(json);
        if (!isOne)
            return true;
        if (!JsonRows.TryAdd(into, "classes"u8, hasRows: true, out var classes) || !JsonRows.TryAdd(into, "scores"u8, hasRows: true, out var scores))
            return json.Fail(DecodeError.TooLarge);
        var rows = 0;
        var first = true;
        json.Enter('[');
        for (; json.NextElement(ref first); rows++)
        {
            if (!ReadExample(ref json, into.Table, classes, scores, rows))
                return false;
        }

        return json.Error == DecodeError.None && (into.Table.TryClose(classes, rows) || json.Fail(DecodeError.TooLarge));
    }

    // [[["yes", 0.75], …], …]
    private static bool IsOne(JsonScanner json)
    {
        var first = true;
        for (var depth = 0; depth < 3; depth++)
        {
            if (json.Peek() != '[' || !json.Enter('[') || !json.NextElement(ref first))
                return false;
            first = true;
        }

        return json.Peek() == '"' && json.SkipValue() && json.Peek() == ',' && json.Expect(',') && json.Peek() is (byte)'-' or (byte)'N' or (byte)'I' or (>= (byte)'0' and <= (byte)'9');
    }

    private static bool ReadExample(ref JsonScanner json, Table table, int classes, int scores, int row)
    {
        var length = 0;
        var first = true;
        ref var labels = ref table[classes];
        ref var values = ref table[scores];
        if (!table.TryBegin(ref labels, row) || !table.TryBegin(ref values, row))
            return json.Fail(DecodeError.TooLarge);
        labels.NoteDepth(1);
        values.NoteDepth(1);
        if (!json.Enter('['))
            return false;
        for (; json.NextElement(ref first); length++)
        {
            if (!(json.Enter('[') && JsonCells.ReadElement(ref json, table, ref labels) && json.Expect(',') && JsonCells.ReadElement(ref json, table, ref values)))
                return false;
            if (json.Peek() != ']')
                return json.Fail(DecodeError.Malformed);
            json.Leave();
        }

        labels.NoteLength(0, length);
        values.NoteLength(0, length);
        return json.Error == DecodeError.None;
    }
}
