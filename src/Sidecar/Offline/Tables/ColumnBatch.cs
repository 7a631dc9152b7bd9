using System.Text;

namespace Sidecar.Offline.Tables;

/// <summary>Some rows of one column. Reused from batch to batch.</summary>
internal sealed class ColumnBatch(ColumnType type)
{
    private readonly double[] _numbers = type == ColumnType.Number ? new double[TableBatch.Capacity] : [];
    private readonly long[] _times = type == ColumnType.Timestamp ? new long[TableBatch.Capacity] : [];
    private readonly int[] _ends = type is ColumnType.Text or ColumnType.Boolean ? new int[TableBatch.Capacity] : [];
    private readonly bool[] _missing = new bool[TableBatch.Capacity];
    private byte[] _texts = type is ColumnType.Text or ColumnType.Boolean ? new byte[16 * TableBatch.Capacity] : [];

    public ColumnType Type => type;

    /// <summary>Rows held.</summary>
    public int Rows { get; private set; }

    /// <summary>Cells so far that held something, but nothing of the column's type: NaN among numbers, missing elsewhere.</summary>
    public long Unreadable { get; private set; }

    private int Used => Rows == 0 ? 0 : _ends[Rows - 1];

    /// <summary>The row has no value.</summary>
    public bool IsMissing(int row) => _missing[row];

    /// <summary>A number; NaN for a missing one, and for what is none.</summary>
    public double Number(int row) => _numbers[row];

    /// <summary>A time in Unix nanoseconds; 0 for a missing one.</summary>
    public long Time(int row) => _times[row];

    /// <summary>A text in UTF-8; empty for a missing one.</summary>
    public ReadOnlySpan<byte> Text(int row)
    {
        var from = row == 0 ? 0 : _ends[row - 1];
        return _texts.AsSpan(from, _ends[row] - from);
    }

    public void Clear() => Rows = 0;

    /// <summary>Adds a cell as it stands in a text file; null or a word for "nothing" is a missing one.</summary>
    public void Add(ReadOnlySpan<char> cell)
    {
        if (CellText.IsMissing(cell, type))
        {
            AddMissing();
            return;
        }

        switch (type)
        {
            case ColumnType.Number:
                Add(CellText.TryNumber(cell, out var number) ? number : Unread());
                break;
            case ColumnType.Timestamp when CellText.TryTime(cell, out var time):
                AddTime(time);
                break;
            case ColumnType.Boolean when CellText.TryBoolean(cell, out var value):
                AddText(value ? "true" : "false");
                break;
            case ColumnType.Text:
                AddText(cell);
                break;
            default:
                Unreadable++;
                AddMissing();
                break;
        }
    }

    /// <summary>Adds a number, in the form of the column's type.</summary>
    public void Add(double number)
    {
        switch (type)
        {
            case ColumnType.Number:
                _missing[Rows] = false;
                _numbers[Rows++] = number;
                break;
            case ColumnType.Timestamp when CellText.TryTime(number, out var time):
                AddTime(time);
                break;
            case ColumnType.Boolean when number is 0 or 1:
                AddText(number != 0 ? "true" : "false");
                break;
            case ColumnType.Text:
                AddText(CellText.Of(number));
                break;
            default:
                Unreadable++;
                AddMissing();
                break;
        }
    }

    /// <summary>Adds a time in Unix nanoseconds, in the form of the column's type.</summary>
    public void AddTime(long unixNanos)
    {
        switch (type)
        {
            case ColumnType.Timestamp:
                _missing[Rows] = false;
                _times[Rows++] = unixNanos;
                break;
            case ColumnType.Number:
                Add((double)unixNanos);
                break;
            default:
                AddText(CellText.OfTime(unixNanos));
                break;
        }
    }

    /// <summary>Adds a text as it is, whatever it says.</summary>
    public void AddText(ReadOnlySpan<char> text)
    {
        var used = Used;
        var needed = used + Encoding.UTF8.GetMaxByteCount(text.Length);
        if (_texts.Length < needed)
            Array.Resize(ref _texts, Math.Max(needed, 2 * _texts.Length));
        _missing[Rows] = false;
        _ends[Rows++] = used + Encoding.UTF8.GetBytes(text, _texts.AsSpan(used));
    }

    public void AddMissing()
    {
        if (type == ColumnType.Number)
            _numbers[Rows] = double.NaN;
        else if (type == ColumnType.Timestamp)
            _times[Rows] = 0;
        else if (_ends.Length > 0)
            _ends[Rows] = Used;
        _missing[Rows++] = true;
    }

    private double Unread()
    {
        Unreadable++;
        return double.NaN;
    }
}

/// <summary>Some rows of the columns that were asked for, in that order.</summary>
internal sealed class TableBatch
{
    /// <summary>Rows at most.</summary>
    public const int Capacity = 4096;

    public TableBatch(IEnumerable<TableColumn> columns) => Columns = [.. columns.Select(column => new ColumnBatch(column.Type))];

    public ColumnBatch[] Columns { get; }

    public int Rows { get; set; }

    public void Clear()
    {
        Rows = 0;
        foreach (var column in Columns)
            column.Clear();
    }
}
