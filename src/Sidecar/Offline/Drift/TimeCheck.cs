using System.Globalization;
using Sidecar.Offline.Tables;

namespace Sidecar.Offline.Drift;

/// <summary>Whether a column can say when rows happened: a comparison in event time would else be one of no time at all, and find nothing.</summary>
internal static class TimeCheck
{
    // Of the time that the rows span: requests that are written down when they end are a little out of order, a table that is newest first by all of it.
    private const double MostBack = 0.1;

    /// <summary>Reads the column once.</summary>
    /// <param name="ordered">Rows must also be in its order, give or take a tenth of the time that they span.</param>
    /// <exception cref="InputFileException">The column can't say it: why, in which row, and what to do.</exception>
    public static void Read(Table table, TableColumn column, bool ordered)
    {
        long rows = 0, read = 0, first = long.MaxValue, last = long.MinValue, back = 0, backAt = 0;
        foreach (var batch in table.Read([column with { Type = ColumnType.Timestamp }]))
        {
            for (var row = 0; row < batch.Rows; row++, rows++)
            {
                if (batch.Columns[0].IsMissing(row))
                    continue;
                var time = batch.Columns[0].Time(row);
                read++;
                first = Math.Min(first, time);
                if (read > 1 && last - time > back)
                    (back, backAt) = (last - time, rows);
                last = Math.Max(last, time);
            }
        }

        if (rows == 0)
            throw new InputFileException($"{table.File} has no row");
        var name = $"{table.File}, --timestamp: column '{column.Name}'";
        if (read * 2 < rows)
            throw new InputFileException($"{name} holds a time in {Words.Count(read)} of {Words.Count(rows)} rows; ISO 8601 and Unix times are read (2026-03-04T10:00:00Z, 1772618400). Name another column, or give --rate");
        if (first == last && rows > 1)
            throw new InputFileException($"{name} holds the same time in every row, {Of(first)}: name another column, or give --rate");
        if (ordered && back > ((double)last - first) * MostBack)
            throw new InputFileException($"{name}: row {Words.Count(backAt)} is {Words.Time(back / 1e9)} older than one ahead of it, and all of them span {Words.Time(((double)last - first) / 1e9)} ({Of(first)} to {Of(last)}); sort the rows by time, or give --rate");
    }

    private static string Of(long unixNanos) => DateTime.UnixEpoch.AddTicks(unixNanos / 100).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
}
