using System.Text;
using nietras.SeparatedValues;

namespace Sidecar.Offline.Tables;

/// <summary>
/// CSV with a header row (RFC 4180: quoted cells may hold separators, quotes and line ends), separated by commas, semicolons or tabs. A row that is shorter than the header lacks
/// its last cells; one that is longer is an error, because nobody knows which cell is one too many.
/// </summary>
internal sealed class CsvTable : Table
{
    private readonly char? _separator;
    private readonly List<TableColumn> _columns = [];
    private long _rows;

    /// <param name="separator">Null: the one that the header has.</param>
    public CsvTable(string file, char? separator)
        : base(file)
    {
        _separator = separator;
        var guesses = Array.Empty<TypeGuess>();
        IReadOnlyList<string> names = [];
        Each(
            header =>
            {
                names = header;
                if (header.Count == 0)
                    throw new InputFileException($"{file} is empty: a header row with the columns' names is needed");
                guesses = [.. header.Select(_ => new TypeGuess())];
            },
            (column, cell) => guesses[column].Look(cell),
            () => _rows++);
        _columns.AddRange(names.Zip(guesses, (name, guess) => new TableColumn(name, guess.Type)));
    }

    private delegate void OnCell(int column, ReadOnlySpan<char> cell);

    public override IReadOnlyList<TableColumn> Columns => _columns;

    public override long Rows => _rows;

    public override IEnumerable<TableBatch> Read(IReadOnlyList<TableColumn> columns)
    {
        var places = Places(Columns, columns);
        var batch = new TableBatch(columns);
        using var reader = OpenReader();
        while (Next(reader))
        {
            var row = reader.Current;
            for (var i = 0; i < places.Length; i++)
            {
                if (places[i] >= 0 && places[i] < row.ColCount)
                    batch.Columns[i].Add(row[places[i]].Span);
                else
                    batch.Columns[i].AddMissing();
            }

            if (++batch.Rows < TableBatch.Capacity)
                continue;
            yield return batch;
            batch.Clear();
        }

        if (batch.Rows > 0)
            yield return batch;
    }

    private void Each(Action<IReadOnlyList<string>> header, OnCell cell, Action row)
    {
        using var reader = OpenReader();
        header(reader.Header.ColNames);
        while (Next(reader))
        {
            var current = reader.Current;
            for (var column = 0; column < current.ColCount; column++)
                cell(column, current[column].Span);
            row();
        }
    }

    private SepReader OpenReader()
    {
        var stream = TextFile.Open(File);
        try
        {
            var sep = _separator is { } known ? Sep.New(known) : (Sep?)null;
            return Sep.Reader(options => options with { Sep = sep, Unescape = true, DisableColCountCheck = true }).From(new StreamReader(stream, new UTF8Encoding(false, throwOnInvalidBytes: true)));
        }
        catch (DecoderFallbackException failure)
        {
            stream.Dispose();
            throw NotUtf8(failure);
        }
        catch (Exception failure) when (failure is IOException or InvalidDataException or ArgumentException or NotSupportedException)
        {
            stream.Dispose();
            throw new InputFileException($"{File}: its header row can't be read: {failure.Message}");
        }
    }

    // What can't be read would become one and the same character, and different categories with it.
    private InputFileException NotUtf8(DecoderFallbackException failure) =>
        new($"{File} is not UTF-8 text ({string.Join(' ', (failure.BytesUnknown ?? []).Select(value => $"0x{value:X2}"))} in it): convert it first, for example with iconv -f latin1 -t utf-8");

    private bool Next(SepReader reader)
    {
        try
        {
            while (reader.MoveNext())
            {
                var row = reader.Current;
                // A line without anything is the end that some editors leave, unless the table has one column.
                if (row.ColCount == 1 && row.Span.IsEmpty && reader.Header.ColNames.Count > 1)
                    continue;
                if (row.ColCount > reader.Header.ColNames.Count)
                    throw new InputFileException($"{File}, line {row.LineNumberFrom}: {row.ColCount} cells under {reader.Header.ColNames.Count} names; quote what holds a separator");
                // A quote that nobody closes takes all rows behind it along.
                if (row.Span.Count('"') % 2 != 0)
                    throw new InputFileException($"{File}, line {row.LineNumberFrom}: a quote is opened and never closed; double it if it is part of the cell");
                return true;
            }

            return false;
        }
        catch (DecoderFallbackException failure)
        {
            throw NotUtf8(failure);
        }
        catch (Exception failure) when (failure is IOException or InvalidDataException or ArgumentException or NotSupportedException)
        {
            throw new InputFileException($"{File}: {failure.Message}");
        }
    }
}
