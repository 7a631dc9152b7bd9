using System.Text.Json;

namespace Sidecar.Offline.Tables;

/// <summary>JSON lines: an object a line, its members the columns; members of objects inside are named <c>outer.inner</c>. Lists are no columns.</summary>
internal sealed class JsonLinesTable : Table
{
    // A line is an exchange or a row; one of more is a file of another kind.
    private const int LongestLine = 16 << 20;
    private const int MostColumns = 4096;
    private readonly List<TableColumn> _columns = [];
    private readonly List<(string Column, string Why)> _left = [];
    private long _rows;

    public JsonLinesTable(string file)
        : base(file)
    {
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        var guesses = new List<TypeGuess>();
        var names = new List<string>();
        var lists = new HashSet<string>(StringComparer.Ordinal);
        foreach (var line in Lines())
        {
            using var row = line;
            _rows++;
            Visit(row.RootElement, "", (name, value) =>
            {
                if (!places.TryGetValue(name, out var place))
                {
                    if (names.Count == MostColumns)
                        throw new InputFileException($"{file} has more than {MostColumns} different members: its lines are no rows of one table");
                    places.Add(name, place = names.Count);
                    names.Add(name);
                    guesses.Add(new TypeGuess());
                }

                var guess = guesses[place];
                Look(ref guess, value);
                guesses[place] = guess;
            }, list =>
            {
                if (lists.Count < MostColumns)
                    lists.Add(list);
            });
        }

        if (names.Count == 0)
            throw new InputFileException($"{file} has no row with a member");
        _left.AddRange(lists.Select(list => (list, "holds lists")));
        _columns.AddRange(names.Zip(guesses, (name, guess) => new TableColumn(name, guess.Type)));
    }

    public override IReadOnlyList<TableColumn> Columns => _columns;

    public override IReadOnlyList<(string Column, string Why)> LeftOut => _left;

    public override long Rows => _rows;

    public override IEnumerable<TableBatch> Read(IReadOnlyList<TableColumn> columns)
    {
        var places = columns.Index().ToDictionary(column => column.Item.Name, column => column.Index, StringComparer.Ordinal);
        var batch = new TableBatch(columns);
        foreach (var line in Lines())
        {
            using var row = line;
            Visit(row.RootElement, "", (name, value) =>
            {
                // Of members sent twice the first counts.
                if (places.TryGetValue(name, out var place) && batch.Columns[place].Rows == batch.Rows)
                    Add(batch.Columns[place], value);
            });
            foreach (var column in batch.Columns)
            {
                if (column.Rows == batch.Rows)
                    column.AddMissing();
            }

            if (++batch.Rows < TableBatch.Capacity)
                continue;
            yield return batch;
            batch.Clear();
        }

        if (batch.Rows > 0)
            yield return batch;
    }

    private static void Visit(JsonElement value, string prefix, Action<string, JsonElement> member, Action<string>? list = null)
    {
        foreach (var property in value.EnumerateObject())
        {
            if (property.Value.ValueKind == JsonValueKind.Object)
                Visit(property.Value, $"{prefix}{property.Name}.", member, list);
            else if (property.Value.ValueKind == JsonValueKind.Array)
                list?.Invoke(prefix + property.Name);
            else
                member(prefix + property.Name, property.Value);
        }
    }

    private static void Look(ref TypeGuess guess, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Null)
            guess.Look(value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText());
    }

    private static void Add(ColumnBatch column, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Null:
                column.AddMissing();
                break;
            case JsonValueKind.Number when value.TryGetDouble(out var number):
                column.Add(number);
                break;
            case JsonValueKind.String:
                column.Add(value.GetString());
                break;
            default:
                column.Add(value.GetRawText());
                break;
        }
    }

    private IEnumerable<JsonDocument> Lines()
    {
        using var reader = new StreamReader(TextFile.Open(File));
        for (long number = 1; ReadLine(reader, number) is { } line; number++)
        {
            if (line.AsSpan().Trim().IsEmpty)
                continue;
            yield return Parse(line, number);
        }
    }

    private string? ReadLine(StreamReader reader, long number)
    {
        try
        {
            return reader.ReadLine() is not { } line ? null
                : line.Length <= LongestLine ? line
                : throw new InputFileException($"{File}, line {number}: longer than {LongestLine >> 20} MiB; an object a line is expected");
        }
        catch (Exception failure) when (failure is IOException or InvalidDataException)
        {
            throw new InputFileException($"{File}, line {number}: {failure.Message}");
        }
    }

    private JsonDocument Parse(string line, long number)
    {
        try
        {
            var row = JsonDocument.Parse(line);
            return row.RootElement.ValueKind == JsonValueKind.Object ? row : throw new InputFileException($"{File}, line {number}: an object is expected, as {{\"age\": 41}}");
        }
        catch (JsonException failure)
        {
            throw new InputFileException($"{File}, line {number}: not JSON: {failure.Message}");
        }
    }
}
