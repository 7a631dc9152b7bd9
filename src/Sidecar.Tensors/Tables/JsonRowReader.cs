using Sidecar.Tensors.Json;

namespace Sidecar.Tensors.Tables;

/// <summary>
/// Reads one row after another, from a list or from lines: an object has a column in each member, anything else is a row of one column without a name of its own.
/// The first row says which of the two they are.
/// </summary>
internal ref struct JsonRowReader(TensorMessage into, ReadOnlySpan<byte> name)
{
    private readonly TensorMessage _into = into;
    private readonly ReadOnlySpan<byte> _name = name;
    private readonly int _section = into.Table.Count;
    private int _nameless = -1;
    private bool _isOfObjects;
    private int _rows;

    /// <summary>Reads the row that is next; false: the scanner has the error.</summary>
    public bool Read(ref JsonScanner json)
    {
        var row = _rows++;
        var next = json.Peek();
        if (next == '{' && _nameless < 0 && !JsonCells.IsBase64(json))
        {
            _isOfObjects = true;
            return ReadObject(ref json, row);
        }

        // A row that is absent is one of nulls.
        if (next == 'n' && _nameless < 0)
            return json.ReadLiteral("null"u8);
        if (_nameless < 0 && !JsonRows.TryAdd(_into, _name, hasRows: true, out _nameless))
            return json.Fail(DecodeError.TooLarge);
        if (!_isOfObjects)
            return JsonCells.Read(ref json, _into.Table, _nameless, row);
        // Rows of both kinds: no tensor holds them.
        ref var column = ref _into.Table[_nameless];
        return _into.Table.TryBegin(ref column, row) && _into.Table.TryAddCell(ref column, CellKind.Other, 0, 0)
            ? json.SkipValue()
            : json.Fail(DecodeError.TooLarge);
    }

    /// <summary>There are no more rows; false: the scanner has the error.</summary>
    public readonly bool Close(ref JsonScanner json) => _into.Table.TryClose(_section, _rows) || json.Fail(DecodeError.TooLarge);

    private readonly bool ReadObject(ref JsonScanner json, int row)
    {
        var hint = _section;
        var first = true;
        if (!json.Enter('{'))
            return false;
        while (json.NextMember(ref first, out var member))
        {
            if (!JsonRows.ReadMember(ref json, _into, member, _section, ref hint, hasRows: true, row))
                return false;
        }

        return json.Error == DecodeError.None;
    }
}
