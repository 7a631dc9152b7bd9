using Parquet;
using Parquet.Schema;

namespace Sidecar.Offline.Tables;

/// <summary>Apache Parquet, as pandas and Spark write it: flat columns; lists, maps and structures are left out. One row group at a time is in memory.</summary>
internal sealed class ParquetTable : Table
{
    private readonly List<TableColumn> _columns = [];
    private long _rows;

    public ParquetTable(string file)
        : base(file)
    {
        Try(() =>
        {
            using var reader = new OpenParquet(file);
            for (var group = 0; group < reader.Parquet.RowGroupCount; group++)
            {
                using var of = reader.Parquet.OpenRowGroupReader(group);
                _rows += of.RowCount;
            }

            foreach (var field in reader.Parquet.Schema.GetDataFields())
            {
                if (TypeOf(field) is { } type && !field.IsArray && field.Path.Length == 1)
                    _columns.Add(new TableColumn(field.Name, type));
            }
        });
        for (var i = 0; i < _columns.Count; i++)
        {
            if (_columns[i].Type == ColumnType.Text && HoldsTimes(_columns[i]))
                _columns[i] = _columns[i] with { Type = ColumnType.Timestamp };
        }

        if (_columns.Count == 0)
            throw new InputFileException($"{file} has no flat column of numbers, texts, truth values or times");
    }

    public override IReadOnlyList<TableColumn> Columns => _columns;

    public override long Rows => _rows;

    public override IEnumerable<TableBatch> Read(IReadOnlyList<TableColumn> columns)
    {
        using var open = Try(() => new OpenParquet(File));
        var reader = open.Parquet;
        var fields = reader.Schema.GetDataFields().Where(field => field.Path.Length == 1).ToDictionary(field => field.Name, StringComparer.Ordinal);
        var batch = new TableBatch(columns);
        for (var group = 0; group < reader.RowGroupCount; group++)
        {
            var (rows, cells) = Try(() =>
            {
                using var of = reader.OpenRowGroupReader(group);
                var count = (int)of.RowCount;
                return (count, columns.Select(column => fields.TryGetValue(column.Name, out var field) ? ParquetCells.Read(of, field, count) : null).ToArray());
            });
            for (var row = 0; row < rows; row++)
            {
                for (var i = 0; i < cells.Length; i++)
                {
                    if (cells[i] is { } add)
                        add(row, batch.Columns[i]);
                    else
                        batch.Columns[i].AddMissing();
                }

                if (++batch.Rows < TableBatch.Capacity)
                    continue;
                yield return batch;
                batch.Clear();
            }
        }

        if (batch.Rows > 0)
            yield return batch;
    }

    // Times as texts: looked at until the first that is none.
    private bool HoldsTimes(TableColumn column)
    {
        var any = false;
        foreach (var batch in Read([column with { Type = ColumnType.Timestamp }]))
        {
            if (batch.Columns[0].Unreadable > 0)
                return false;
            for (var row = 0; row < batch.Rows && !any; row++)
                any = !batch.Columns[0].IsMissing(row);
        }

        return any;
    }

    private static ColumnType? TypeOf(DataField field) => ParquetCells.IsNumber(field.ClrType) ? ColumnType.Number
        : field.ClrType == typeof(bool) ? ColumnType.Boolean
        : ParquetCells.IsTime(field.ClrType) ? ColumnType.Timestamp
        : ParquetCells.IsText(field.ClrType) ? ColumnType.Text
        : null;

    private void Try(Action read) => Try(() =>
    {
        read();
        return true;
    });

    // A broken file makes the reader fail in many ways.
    private T Try<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception failure) when (failure is not InputFileException and not OutOfMemoryException)
        {
            throw new InputFileException($"{File} can't be read as Parquet: {failure.Message}");
        }
    }

    /// <summary>The library closes files only where one may wait for it.</summary>
    private sealed class OpenParquet : IDisposable
    {
        private readonly FileStream _stream;

        public OpenParquet(string file)
        {
            _stream = System.IO.File.OpenRead(file);
            try
            {
                Parquet = ParquetReader.CreateAsync(_stream).GetAwaiter().GetResult();
            }
            catch
            {
                _stream.Dispose();
                throw;
            }
        }

        public ParquetReader Parquet { get; }

        public void Dispose()
        {
            Parquet.DisposeAsync().AsTask().GetAwaiter().GetResult();
            _stream.Dispose();
        }
    }
}
