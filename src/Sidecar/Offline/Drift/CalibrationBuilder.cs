using System.Text;
using Sidecar.Model.Profiles;
using Sidecar.Offline.Tables;
using Sidecar.Statistics;

namespace Sidecar.Offline.Drift;

/// <summary>What a calibration is learned from.</summary>
/// <param name="Score">The column with the score of the positive class, 0 to 1; a feature as any other.</param>
/// <param name="Label">The column that says what was true: 1 and 0, or true and false. No feature: traffic has none.</param>
/// <param name="Threshold">Rows with a higher score were called positive.</param>
internal sealed record CalibrationColumns(string Score, string Label, double Threshold);

/// <summary>Learns a calibration from the labelled rows of a table, by isotonic regression.</summary>
internal static class CalibrationBuilder
{
    // With fewer, the map would be the noise of its rows.
    private const int FewestRows = 64;

    /// <returns>The calibration, and the rows that it was learned from.</returns>
    /// <exception cref="InputFileException">A column isn't there or holds something else, or the rows are too few, or of one kind.</exception>
    public static (Calibration Calibration, int Rows) Build(Table table, CalibrationColumns columns, string? model, string? version)
    {
        var label = Find(table, columns.Label, "--calibration-label");
        TableColumn score = Find(table, columns.Score, "--calibration-score") with { Type = ColumnType.Number };
        label = label with { Type = label.Type == ColumnType.Number ? ColumnType.Number : ColumnType.Text };
        List<double> scores = [];
        List<bool> labels = [];
        foreach (var batch in table.Read([score, label]))
        {
            for (var row = 0; row < batch.Rows; row++)
            {
                if (batch.Columns[0].IsMissing(row) || batch.Columns[1].IsMissing(row))
                    continue; // without both it teaches nothing
                var value = batch.Columns[0].Number(row);
                if (value is not (>= 0 and <= 1))
                    throw new InputFileException($"{table.File}: column '{columns.Score}' holds {Words.Number(value, "g6")}, and a score lies between 0 and 1");
                scores.Add(value);
                labels.Add(Truth(batch.Columns[1], row) ?? throw new InputFileException($"{table.File}: column '{columns.Label}' must hold 1 and 0, or true and false"));
            }
        }

        if (scores.Count < FewestRows || labels.TrueForAll(positive => positive) || !labels.Contains(true))
            throw new InputFileException($"{table.File} has {scores.Count} rows with score and label; a calibration needs {FewestRows}, of both kinds");
        var map = CalibrationMap.Fit(scores.ToArray(), labels.ToArray())!;
        return (new Calibration { Model = model, ModelVersion = version, Score = columns.Score, Threshold = columns.Threshold, Map = map }, scores.Count);
    }

    private static TableColumn Find(Table table, string name, string option) => table.Columns.FirstOrDefault(column => column.Name == name)
        ?? throw new InputFileException($"{table.File} has no column '{name}' for {option}; it has {string.Join(", ", table.Columns.Select(column => column.Name))}");

    private static bool? Truth(ColumnBatch column, int row)
    {
        if (column.Type == ColumnType.Number)
            return column.Number(row) switch { 0 => false, 1 => true, _ => null };
        return bool.TryParse(Encoding.UTF8.GetString(column.Text(row)), out var value) ? value : null;
    }
}
