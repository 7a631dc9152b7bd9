namespace Sidecar.Offline.Tables;

/// <summary>The rows of several tables, one after the other, in the columns that all of them have.</summary>
internal sealed class JoinedTable : Table
{
    private readonly IReadOnlyList<Table> _tables;
    private readonly List<TableColumn> _columns = [];
    private readonly List<(string Column, string Why)> _left = [];

    private JoinedTable(IReadOnlyList<Table> tables)
        : base(string.Join(", ", tables.Select(table => table.File)))
    {
        _tables = tables;
        foreach (var name in tables.SelectMany(table => table.Columns).Select(column => column.Name).Distinct(StringComparer.Ordinal))
        {
            ColumnType? type = null;
            Table? without = null;
            foreach (var table in tables)
            {
                if (table.Columns.FirstOrDefault(column => column.Name == name) is { } column)
                    type = Common(type ?? column.Type, column.Type);
                else
                    without ??= table;
            }

            if (without is null)
                _columns.Add(new TableColumn(name, type!.Value));
            else
                _left.Add((name, $"{without.File} does not have it"));
        }

        _left.AddRange(tables.SelectMany(table => table.LeftOut).Distinct());
        if (_columns.Count == 0)
            throw new InputFileException($"{File} have no column in common");
    }

    public override IReadOnlyList<TableColumn> Columns => _columns;

    /// <summary>With the columns that not all tables have: rows without them would look as if values were missing.</summary>
    public override IReadOnlyList<(string Column, string Why)> LeftOut => _left;

    public override long Rows => _tables.Sum(table => table.Rows);

    /// <summary>Opens tables; of one it is that table.</summary>
    /// <exception cref="InputFileException">One can't be read, or they have no column in common.</exception>
    public static Table Open(IReadOnlyList<string> files)
    {
        Table[] tables = [.. files.Select(Open)];
        return tables.Length == 1 ? tables[0] : new JoinedTable(tables);
    }

    public override IEnumerable<TableBatch> Read(IReadOnlyList<TableColumn> columns) => _tables.SelectMany(table => table.Read(columns));

    // An empty column fits any; what one file holds as numbers and another as texts are texts.
    private static ColumnType Common(ColumnType one, ColumnType other) =>
        one == other || other == ColumnType.Empty ? one : one == ColumnType.Empty ? other : ColumnType.Text;
}
