using Sidecar.Offline.Tables;
using Sidecar.Statistics;
using Sidecar.Statistics.Detection;
using Sidecar.Statistics.Drift;

namespace Sidecar.Offline.Drift;

/// <summary>How rows of a table depend on those before them: φ of each feature, and whether it follows the clock.</summary>
internal sealed class DependenceLearner
{
    private const double InOrder = 0.99;
    private const long LeastRowsPerHour = 1000;
    private const double DecidedByTheHour = 0.9;
    private const double NanosPerSecond = 1e9;
    private const long NanosPerHour = 3_600_000_000_000;
    private readonly FeatureCounts[] _counts;
    private readonly PhiLearner[] _phi;
    private readonly HourOfWeek?[] _hours;
    private readonly long[][] _cells;

    public DependenceLearner(IReadOnlyList<FeatureReference> features, bool withHours)
    {
        _counts = [.. features.Select(feature => new FeatureCounts(feature))];
        _cells = [.. features.Select(feature => new long[feature.Model.Cells])];
        _phi = [.. features.Select(feature => new PhiLearner(feature.Model))];
        _hours = [.. features.Select(feature => withHours ? new HourOfWeek(feature.Model) : null)];
    }

    /// <summary>φ of the rows in the file's order.</summary>
    public PhiTable Phi(int feature) => _phi[feature].Current();

    /// <summary>
    /// The hours' own references where they differ more than weeks do, and each has rows enough that what it is shrunk by is small beside them; else null. Null also for what the hour
    /// decides alone, the hour itself for one: shrunk to the whole it would never look as it should.
    /// </summary>
    public HourOfWeek? Hours(int feature, double chance)
    {
        if (_hours[feature] is not { } hours || !(hours.SlotDependence() < chance))
            return null;
        long rows = 0, largest = 0;
        var cells = _cells[feature].Length;
        for (var slot = 0; slot < HourOfWeek.Slots; slot++)
        {
            long most = 0;
            foreach (var count in hours.Counts.Slice(slot * cells, cells))
            {
                rows += count;
                most = Math.Max(most, count);
            }

            largest += most;
        }

        return rows >= LeastRowsPerHour * HourOfWeek.Slots && largest < DecidedByTheHour * rows ? hours : null;
    }

    /// <summary>By how many of the rows are no older than the row ahead of them.</summary>
    public static RowOrder OrderOf(long steps, long inOrder) => inOrder >= InOrder * steps ? RowOrder.InTime : RowOrder.Shuffled;

    /// <summary>Reads rows.</summary>
    /// <param name="time">The column that says when; null: none.</param>
    /// <param name="rate">Rows a second where no column says when.</param>
    /// <param name="most">Rows at most, from the first.</param>
    public RowOrder Read(Table table, TableColumn? time, double rate, long most = long.MaxValue)
    {
        TableColumn[] columns = [.. _counts.Select(counts => FeatureColumns.Of(counts.Reference))];
        long rows = 0, steps = 0, inOrder = 0, last = long.MinValue, hour = long.MinValue, pending = 0;
        var clock = default(SubWindowClock?);
        foreach (var batch in table.Read(time is null ? columns : [.. columns, time with { Type = ColumnType.Timestamp }]))
        {
            for (var row = 0; row < batch.Rows && rows < most; row++, rows++)
            {
                var now = time is null ? (long)(rows / rate * NanosPerSecond) : batch.Columns[^1].IsMissing(row) ? last : batch.Columns[^1].Time(row);
                steps++;
                inOrder += now >= last ? 1 : 0;
                last = now;
                if (now / NanosPerHour != hour && pending > 0)
                    Flush(); // an hour's reference is learned from whole sub-windows
                hour = now / NanosPerHour;
                var ticking = clock ?? new SubWindowClock(now);
                for (var i = 0; i < _counts.Length; i++)
                    FeatureColumns.Show(batch.Columns[i], row, _counts[i]);
                if (ticking.TryClose(now, ++pending, out _))
                    Flush();
                clock = ticking;
            }

            if (rows >= most)
                break;
        }

        if (pending > 0)
            Flush();
        foreach (var hours in _hours)
            hours?.Complete();
        return time is null ? RowOrder.Unknown : OrderOf(steps, inOrder);

        void Flush()
        {
            pending = 0;
            for (var i = 0; i < _counts.Length; i++)
            {
                var cells = _cells[i];
                _counts[i].Take(cells);
                _phi[i].Add(cells);
                if (time is not null)
                    _hours[i]?.Add(hour * NanosPerHour, cells);
            }
        }
    }
}
