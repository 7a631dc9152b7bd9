using Sidecar.Offline.Tables;
using Sidecar.Statistics.Drift;

namespace Sidecar.Offline.Drift;

/// <summary>Whether the rows of a reference stand in the order in which they happened.</summary>
internal enum RowOrder : byte
{
    /// <summary>No column says when.</summary>
    Unknown,
    InTime,
    Shuffled,
}

/// <summary>What a table teaches: a reference for each column that can be watched.</summary>
internal sealed class TableReference
{
    // A chance so small that among hundreds of features none is kept by luck.
    private const double SlotDependence = 1e-4;

    private TableReference(IReadOnlyList<FeatureReference> features, IReadOnlyList<(string Column, string Why)> left, RowOrder order, long rows) =>
        (Features, LeftOut, Order, Rows) = (features, left, order, rows);

    /// <summary>With φ of the rows in the file's order, whatever that is.</summary>
    public IReadOnlyList<FeatureReference> Features { get; }

    /// <summary>Columns that are not watched, and why.</summary>
    public IReadOnlyList<(string Column, string Why)> LeftOut { get; }

    public RowOrder Order { get; }

    public long Rows { get; }

    /// <summary>Learns them.</summary>
    /// <param name="timestamp">The column that says when a row happened; null: none does.</param>
    /// <param name="rate">Rows a second where none does.</param>
    /// <exception cref="InputFileException">The table can't be read, has no such column, or nothing to watch.</exception>
    public static TableReference Learn(Table table, ColumnChoice choice, string? timestamp, double rate)
    {
        var left = new List<(string, string)>();
        List<TableColumn> columns = [];
        foreach (var column in choice.Of(table).Where(column => column.Name != timestamp))
        {
            if (column.Type is ColumnType.Empty or ColumnType.Timestamp)
                left.Add((column.Name, column.Type == ColumnType.Empty ? "it has no value" : "it holds times"));
            else
                columns.Add(column);
        }

        var learners = columns.Select(column => new FeatureLearner(column.Name, choice.SideOf(column.Name))).ToArray();
        foreach (var batch in table.Read(columns))
        {
            for (var i = 0; i < learners.Length; i++)
                Teach(learners[i], batch.Columns[i], batch.Rows);
        }

        var features = new List<FeatureReference>();
        foreach (var (i, learner) in learners.Index())
        {
            if (learner.Learn(out var why) is { } feature)
                features.Add(feature);
            else
                left.Add((columns[i].Name, why!));
        }

        if (features.Count == 0)
            throw new InputFileException($"{table.File} has no column to watch: {string.Join("; ", left.Select(one => $"{one.Item1}: {one.Item2}"))}");
        var time = timestamp is null ? null : table.Columns.FirstOrDefault(column => column.Name == timestamp);
        var dependence = new DependenceLearner(features, withHours: time is not null);
        var order = dependence.Read(table, time, rate);
        // Without being told, a table's only column of times says at least in what order its rows are.
        if (time is null && table.Columns.Where(column => column.Type == ColumnType.Timestamp).ToArray() is [var only])
            order = OrderBy(table, only);
        return new TableReference(
            [.. features.Select((feature, i) => feature.With(dependence.Phi(i)).With(dependence.Hours(i, SlotDependence)))], left, order, table.Rows);
    }

    private static RowOrder OrderBy(Table table, TableColumn time)
    {
        long steps = 0, inOrder = 0, last = long.MinValue;
        foreach (var batch in table.Read([time]))
        {
            for (var row = 0; row < batch.Rows; row++)
            {
                if (batch.Columns[0].IsMissing(row))
                    continue;
                var now = batch.Columns[0].Time(row);
                steps++;
                inOrder += now >= last ? 1 : 0;
                last = now;
            }
        }

        return DependenceLearner.OrderOf(steps, inOrder);
    }

    private static void Teach(FeatureLearner learner, ColumnBatch column, int rows)
    {
        for (var row = 0; row < rows; row++)
        {
            if (column.IsMissing(row))
                learner.AddMissing();
            else if (column.Type == ColumnType.Number)
                learner.Add(column.Number(row));
            else
                learner.Add(column.Text(row));
        }
    }
}

/// <summary>Which columns are features, and which of those come out of the model.</summary>
/// <param name="Columns">Names; empty: all.</param>
/// <param name="Outputs">Names of those that are outputs.</param>
internal sealed record ColumnChoice(IReadOnlyList<string> Columns, IReadOnlyList<string> Outputs)
{
    /// <summary>What was true: never a feature, because traffic does not have it.</summary>
    public string? Label { get; init; }

    public FeatureSide SideOf(string column) => Outputs.Contains(column, StringComparer.Ordinal) ? FeatureSide.Output : FeatureSide.Input;

    /// <exception cref="InputFileException">A name that the table lacks.</exception>
    public IEnumerable<TableColumn> Of(Table table)
    {
        var unknown = Columns.Concat(Outputs).FirstOrDefault(name => table.Columns.All(column => column.Name != name));
        if (unknown is not null)
            throw new InputFileException($"{table.File} has no column '{unknown}'; it has {string.Join(", ", table.Columns.Select(column => column.Name))}");
        return table.Columns.Where(column => column.Name != Label).Where(column => Columns.Count == 0 || Columns.Contains(column.Name, StringComparer.Ordinal) || SideOf(column.Name) == FeatureSide.Output);
    }
}
