namespace Sidecar.Tensors.Tables;

/// <summary>
/// Rows on their way to columns. Each cell is noted once, in the order of the text, with its value and its place; then the columns are made one after another
/// (<see cref="TableTensors"/>), so that the cost is that of the cells, however many columns there are. Scratch of a <see cref="TensorMessage"/>: it grows to the
/// largest message seen, within the limits, and is used again.
/// </summary>
internal sealed class Table(DecodeLimits limits)
{
    private readonly int _mostCells = Math.Min(limits.MaxBytes / Cell.Size, Cell.Most);
    private Cell[] _cells = [];
    private Column[] _columns = [];
    private int[] _counters = [];
    private int _used;

    /// <summary>The number of columns.</summary>
    public int Count { get; private set; }

    /// <summary>A column; valid until another one is added.</summary>
    public ref Column this[int column] => ref _columns[column];

    public ref readonly Cell CellAt(int cell) => ref _cells[cell];

    /// <summary>The text is CSV: it tells no numbers from texts, and doubles quotes instead of escaping them.</summary>
    public bool IsCsv { get; set; }

    /// <summary>Forgets what it holds and keeps the memory.</summary>
    public void Clear()
    {
        Count = _used = 0;
        IsCsv = false;
    }

    /// <summary>Forgets the columns from a position on.</summary>
    public void Drop(int from) => Count = from;

    /// <summary>Forgets the rows of the columns from a position on.</summary>
    public void Restart(int from)
    {
        for (var i = from; i < Count; i++)
            _columns[i].Begin(_columns[i].Name, _columns[i].NameHash, _columns[i].HasRows);
    }

    /// <summary>So many counters, for whoever reads the text; they hold anything.</summary>
    public Span<int> Counters(int count)
    {
        if (_counters.Length < count)
            _counters = new int[count];
        return _counters.AsSpan(0, count);
    }

    /// <summary>Adds a column; false when the limit is reached.</summary>
    public bool TryAdd(Slice name, int hash, bool hasRows, out int column)
    {
        column = Count;
        if (Count >= limits.MaxTensors)
            return false;
        if (Count == _columns.Length)
            Array.Resize(ref _columns, Math.Min(Math.Max(_columns.Length * 2, 8), limits.MaxTensors));
        _columns[Count++].Begin(name, hash, hasRows);
        return true;
    }

    /// <summary>
    /// Goes to a row of a column. Rows that were passed by become nulls; a value that the row has already does not count any more. False when the limit is reached.
    /// </summary>
    public bool TryBegin(ref Column column, int row)
    {
        if (column.Rows > row)
        {
            column.Forget();
            return true;
        }

        if (!TryPad(ref column, row))
            return false;
        column.Remember();
        column.Rows = row + 1;
        return true;
    }

    /// <summary>Adds a value to a column; false when the limit is reached.</summary>
    public bool TryAddCell(ref Column column, CellKind kind, ulong bits, int start)
    {
        if (_used == _cells.Length && !TryGrow())
            return false;
        var at = _used++;
        // The cells of a column mostly lie behind each other; where others came between, the last one is told.
        _cells[at] = new Cell(kind, bits, start, next: at + 1);
        if (column.Tail != at - 1 && column.Tail >= 0)
            _cells[column.Tail].Next = at;
        column.Note(kind, bits, at);
        return true;
    }

    /// <summary>The table that begins with a column has so many rows; false when the limit is reached.</summary>
    public bool TryClose(int first, int rows)
    {
        for (var i = first; i < Count; i++)
        {
            if (!TryPad(ref _columns[i], rows))
                return false;
        }

        return true;
    }

    /// <summary>Gives all rows of a column what its first one has; false when the limit is reached.</summary>
    public bool TryRepeat(ref Column column, int rows)
    {
        var (first, length) = (column.Head, column.Length);
        for (; column.Rows < rows; column.Rows++)
        {
            var at = first;
            for (var i = 0; i < length; i++, at = _cells[at].Next)
            {
                if (!TryAddCell(ref column, _cells[at].Kind, _cells[at].Bits, _cells[at].Start))
                    return false;
            }
        }

        return true;
    }

    /// <summary>Rows up to a number that a column has nothing for become nulls; false when the limit is reached.</summary>
    public bool TryPad(ref Column column, int rows)
    {
        if (column.Rows >= rows)
            return true;
        if (!TryAddCell(ref column, CellKind.Gap, (ulong)(rows - column.Rows), 0))
            return false;
        column.Rows = rows;
        return true;
    }

    private bool TryGrow()
    {
        if (_used >= _mostCells)
            return false;
        Array.Resize(ref _cells, Math.Clamp(_cells.Length * 2, Math.Min(64, _mostCells), _mostCells));
        return true;
    }
}
