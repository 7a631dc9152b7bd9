using Sidecar.Model.Profiles;
using Sidecar.Offline.Tables;

namespace Sidecar.Offline.Drift;

/// <summary>A profile, and what is to be said of how it was learned.</summary>
internal sealed record BuiltProfile(ReferenceProfile Profile, IReadOnlyList<(string Column, string Why)> LeftOut, string AboutOrder);

/// <summary>Learns a profile from a table.</summary>
internal static class ProfileBuilder
{
    /// <exception cref="InputFileException">The table can't be read, or has nothing to watch.</exception>
    public static BuiltProfile Build(string file, ColumnChoice columns, string? timestamp, string? model, string? version)
    {
        var table = Table.Open(file);
        if (timestamp is not null && table.Columns.All(column => column.Name != timestamp))
            throw new InputFileException($"{file} has no column '{timestamp}' for --timestamp; it has {string.Join(", ", table.Columns.Select(column => column.Name))}");
        var learned = TableReference.Learn(table, columns, timestamp, BacktestArguments.UsualRate);
        // φ of shuffled rows says nothing about traffic: better none, which is learned from the first live rows.
        var features = learned.Order == RowOrder.InTime ? learned.Features : [.. learned.Features.Select(feature => feature.With((Statistics.Detection.PhiTable?)null))];
        var about = learned.Order switch
        {
            RowOrder.InTime => "rows are in time order: they tell how dependent they are (φ)",
            RowOrder.Shuffled => $"rows are not in the order of {timestamp}: how dependent they are (φ) is left to the first live rows",
            _ => "nobody says when rows happened (--timestamp): how dependent they are (φ) is left to the first live rows",
        };
        return new BuiltProfile(new ReferenceProfile { Model = model, ModelVersion = version, Rows = learned.Rows, Features = features }, learned.LeftOut, about);
    }
}
