using Sidecar.Offline.Tables;
using Sidecar.Statistics.Drift;

namespace Sidecar.Offline.Drift;

/// <summary>Between columns of tables and features.</summary>
internal static class FeatureColumns
{
    /// <summary>The column that a feature's values stand in, and what they are to be read as: whatever another file holds them as.</summary>
    public static TableColumn Of(FeatureReference feature) => new(
        feature.Name,
        feature.Values is FeatureValues.Number or FeatureValues.Code ? ColumnType.Number : feature.IsBoolean ? ColumnType.Boolean : ColumnType.Text);

    /// <summary>Adds a cell to a feature's counts.</summary>
    public static void Show(ColumnBatch column, int row, FeatureCounts counts)
    {
        if (column.IsMissing(row))
            counts.AddMissing();
        else if (column.Type == ColumnType.Number)
            counts.Add(column.Number(row));
        else
            counts.Add(column.Text(row));
    }
}
