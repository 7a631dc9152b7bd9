namespace Sidecar.Offline.Tables;

/// <summary>
/// A table in a file: CSV, TSV, JSON lines or Parquet, the texts also compressed with gzip. Read batch by batch, as often as wanted, so that memory does not depend on
/// the number of rows.
/// </summary>
internal abstract class Table(string file)
{
    private static readonly string[] Kinds = [".csv", ".tsv", ".txt", ".jsonl", ".ndjson", ".parquet", ".pq"];

    /// <summary>The file's name as it was given.</summary>
    public string File => file;

    /// <summary>The columns in the file's order.</summary>
    public abstract IReadOnlyList<TableColumn> Columns { get; }

    /// <summary>Columns of the files that the table lacks, and why.</summary>
    public virtual IReadOnlyList<(string Column, string Why)> LeftOut => [];

    /// <summary>Rows of it.</summary>
    public abstract long Rows { get; }

    /// <summary>Opens a table, and looks through it for its columns and their types.</summary>
    /// <exception cref="InputFileException">It can't be read as a table: the message names the file, the place and what to do.</exception>
    public static Table Open(string file)
    {
        var plain = file.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? file[..^3] : file;
        return Path.GetExtension(plain).ToLowerInvariant() switch
        {
            ".csv" or ".txt" => new CsvTable(file, separator: null),
            ".tsv" => new CsvTable(file, '\t'),
            ".jsonl" or ".ndjson" => new JsonLinesTable(file),
            ".parquet" or ".pq" when plain == file => new ParquetTable(file),
            ".zip" => throw new InputFileException($"{file} may hold several tables: unpack it and name one of them"),
            _ when file is "-" || file.StartsWith("/dev/", StringComparison.Ordinal) || file.StartsWith("/proc/", StringComparison.Ordinal) =>
                throw new InputFileException($"{file} is a pipe, and a table is read more than once: write it to a file first, named .csv, .jsonl or .parquet"),
            var other => throw new InputFileException($"{file} is no table that can be read: '{other}' is none of {string.Join(' ', Kinds)}, texts also with .gz"),
        };
    }

    /// <summary>The rows from the first, columns by name in the form of the types asked for. The batch is reused.</summary>
    /// <exception cref="InputFileException">A row can't be read.</exception>
    public abstract IEnumerable<TableBatch> Read(IReadOnlyList<TableColumn> columns);

    protected static int[] Places(IReadOnlyList<TableColumn> of, IReadOnlyList<TableColumn> wanted)
    {
        var places = of.Index().ToDictionary(column => column.Item.Name, column => column.Index, StringComparer.Ordinal);
        return [.. wanted.Select(column => places.GetValueOrDefault(column.Name, -1))];
    }
}
