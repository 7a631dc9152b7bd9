using Sidecar.Model.Profiles;
using Sidecar.Offline.Tables;

namespace Sidecar.Offline.Drift;

/// <summary>A profile, and what is to be said of how it was learned.</summary>
/// <param name="Calibration">With the rows that it was learned from; null: nobody asked for one.</param>
internal sealed record BuiltProfile(
    ReferenceProfile Profile, IReadOnlyList<(string Column, string Why)> LeftOut, string AboutOrder, (Calibration Calibration, int Rows)? Calibration);

/// <summary>Learns a profile from tables: all their rows, in the order given.</summary>
internal static class ProfileBuilder
{
    /// <exception cref="InputFileException">A table can't be read, or they have nothing to watch.</exception>
    public static BuiltProfile Build(
        IReadOnlyList<string> files, ColumnChoice columns, string? timestamp, string? model, string? version, CalibrationColumns? calibration = null)
    {
        var table = JoinedTable.Open(files);
        if (timestamp is not null && table.Columns.All(column => column.Name != timestamp))
            throw new InputFileException($"{table.File} has no column '{timestamp}' for --timestamp; it has {string.Join(", ", table.Columns.Select(column => column.Name))}");
        if (timestamp is not null)
            TimeCheck.Read(table, table.Columns.First(column => column.Name == timestamp), ordered: false);
        (Calibration, int)? calibrated = null;
        if (calibration is not null)
        {
            calibrated = CalibrationBuilder.Build(table, calibration, model, version);
            columns = columns with { Outputs = [.. columns.Outputs, calibration.Score], Label = calibration.Label };
        }

        var learned = TableReference.Learn(table, columns, timestamp, BacktestArguments.UsualRate);
        // φ of shuffled rows says nothing about traffic: better none, which is learned from the first live rows.
        var features = learned.Order == RowOrder.InTime ? learned.Features : [.. learned.Features.Select(feature => feature.With((Statistics.Detection.PhiTable?)null))];
        var about = learned.Order switch
        {
            RowOrder.InTime => "rows are in time order: they tell how dependent they are (φ)",
            RowOrder.Shuffled => $"rows are not in the order of {timestamp ?? "their times"}: how dependent they are (φ) is left to the first live rows",
            _ => "nobody says when rows happened (--timestamp): how dependent they are (φ) is left to the first live rows",
        };
        return new BuiltProfile(
            new ReferenceProfile { Model = model, ModelVersion = version, Rows = learned.Rows, Features = features }, [.. table.LeftOut, .. learned.LeftOut], about, calibrated);
    }
}
