using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Compression;
using Parquet;
using Parquet.Schema;
using Sidecar.Testing;

namespace Sidecar.Statistics.Tests.Golden;

/// <summary>A fixture table, columns by name as text; null where a value is missing. Numbers keep their shortest round-trip form.</summary>
internal sealed class Table(Dictionary<string, string?[]> columns, int rows)
{
    private static readonly ConcurrentDictionary<string, Lazy<Table>> Loaded = new();

    public int Rows => rows;

    public IEnumerable<string> Columns => columns.Keys;

    public string?[] Text(string column) => columns[column];

    /// <summary>The finite numbers of a column.</summary>
    public double[] Numbers(string column) =>
        [.. columns[column].Where(text => text is not null).Select(text => double.Parse(text!, CultureInfo.InvariantCulture)).Where(double.IsFinite)];

    public Table Where(Func<int, bool> row)
    {
        int[] kept = [.. Enumerable.Range(0, rows).Where(row)];
        return new(columns.ToDictionary(column => column.Key, column => kept.Select(i => column.Value[i]).ToArray()), kept.Length);
    }

    public Table Slice(int from, int to) => Where(row => row >= from && row < to);

    /// <summary>Loads a table by its file name in the data folder; a CSV, a Parquet file, or <c>hour.csv</c> of the zip.</summary>
    public static Table Load(string file) => Loaded.GetOrAdd(file, name => new(() => Read(name))).Value;

    private static Table Read(string file)
    {
        if (file == "hour.csv")
        {
            using var zip = ZipFile.OpenRead(Fixtures.Require("data", "bike_sharing.zip"));
            using var reader = new StreamReader(zip.GetEntry(file)!.Open());
            return Csv(Lines(reader));
        }

        var path = Fixtures.Require("data", file);
        return file.EndsWith(".parquet", StringComparison.Ordinal) ? ReadParquet(path).GetAwaiter().GetResult() : Csv(File.ReadLines(path));
    }

    /// <summary>A CSV without quotes, as all of the fixtures are; but a row of one empty field is written as two of them.</summary>
    public static Table Csv(IEnumerable<string> lines)
    {
        string[][] rows = [.. lines.Where(line => line.Length > 0).Select(line => line.Split(','))];
        return new(
            rows[0].Index().ToDictionary(
                name => name.Item,
                name => rows.Skip(1).Select(row => row[name.Index] is "" or "\"\"" ? null : row[name.Index]).ToArray()),
            rows.Length - 1);
    }

    public static IEnumerable<string> Lines(TextReader reader)
    {
        while (reader.ReadLine() is { } line)
            yield return line;
    }

    private static async Task<Table> ReadParquet(string path)
    {
        await using var reader = await ParquetReader.CreateAsync(path);
        var columns = new Dictionary<string, string?[]>();
        var rows = 0;
        foreach (var field in reader.Schema.GetDataFields())
        {
            var values = new List<string?>();
            for (var group = 0; group < reader.RowGroupCount; group++)
            {
                using var of = reader.OpenRowGroupReader(group);
                values.AddRange(await ReadColumn(of, field, (int)of.RowCount));
            }

            columns[field.Name] = [.. values];
            rows = values.Count;
        }

        return new(columns, rows);
    }

    private static async Task<IEnumerable<string?>> ReadColumn(ParquetRowGroupReader reader, DataField field, int rows)
    {
        if (field.ClrType == typeof(string) || field.ClrType == typeof(ReadOnlyMemory<char>))
        {
            var text = new string?[rows];
            await reader.ReadAsync(field, text.AsMemory()!);
            return text;
        }

        return field.ClrType == typeof(double) ? await ReadValues<double>(reader, field, rows)
            : field.ClrType == typeof(float) ? await ReadValues<float>(reader, field, rows)
            : field.ClrType == typeof(long) ? await ReadValues<long>(reader, field, rows)
            : field.ClrType == typeof(int) ? await ReadValues<int>(reader, field, rows)
            : field.ClrType == typeof(bool) ? await ReadValues<bool>(reader, field, rows)
            : Enumerable.Repeat<string?>(null, rows); // times are not compared
    }

    private static async Task<IEnumerable<string?>> ReadValues<T>(ParquetRowGroupReader reader, DataField field, int rows)
        where T : struct => field.IsNullable
        ? await Nullable<T>(reader, field, rows)
        : await Plain<T>(reader, field, rows);

    private static async Task<IEnumerable<string?>> Plain<T>(ParquetRowGroupReader reader, DataField field, int rows)
        where T : struct
    {
        var values = new T[rows];
        await reader.ReadAsync<T>(field, values.AsMemory());
        return values.Select(value => Text(value));
    }

    private static async Task<IEnumerable<string?>> Nullable<T>(ParquetRowGroupReader reader, DataField field, int rows)
        where T : struct
    {
        var values = new T?[rows];
        await reader.ReadAsync(field, values.AsMemory());
        return values.Select(value => value is null ? null : Text(value.Value));
    }

    // As pandas writes a value that becomes text: True, 7, 0.25.
    private static string Text<T>(T value) => Convert.ToString(value, CultureInfo.InvariantCulture)!;
}
