namespace Sidecar.Offline.Tables;

/// <summary>Finds a column's type by looking at every cell: one text among a million numbers makes it a column of texts.</summary>
internal struct TypeGuess
{
    private bool _any;
    private bool _notNumber;
    private bool _notBoolean;
    private bool _notTime;

    public TypeGuess()
    {
    }

    public readonly ColumnType Type => !_any ? ColumnType.Empty
        : !_notNumber ? ColumnType.Number
        : !_notBoolean ? ColumnType.Boolean
        : !_notTime ? ColumnType.Timestamp
        : ColumnType.Text;

    public void Look(ReadOnlySpan<char> cell)
    {
        if ((_notNumber && _notBoolean && _notTime) || CellText.IsMissing(cell, ColumnType.Number))
            return;
        var isNumber = CellText.TryNumber(cell, out var number);
        // Nothing but NaN is no column of numbers, but may be one of texts that are missing.
        _any |= !isNumber || !double.IsNaN(number);
        _notNumber |= !isNumber;
        _notBoolean |= !CellText.TryBoolean(cell, out _);
        _notTime = _notTime || isNumber || !CellText.TryTime(cell, out _);
    }
}
