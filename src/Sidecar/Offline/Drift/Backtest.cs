using Sidecar.Offline.Tables;
using Sidecar.Statistics.Detection;
using Sidecar.Statistics.Drift;

namespace Sidecar.Offline.Drift;

/// <summary>The drift engine over a recorded table in event time, as if its rows were traffic.</summary>
internal static class Backtest
{
    private const double NanosPerSecond = 1e9;

    // Of the stream, where its first rows must tell how dependent rows are: enough for blocks of four sub-windows.
    private const double QuietShare = 0.2;
    private const long LeastQuietRows = CellDispersion.MinimumBlocks * SubWindowClock.MinimumRows;
    private const long MostQuietRows = 20_000;

    // A reference in time order is as dependent as the stream; by this much less, in most features, it was shuffled.
    private const double Contradiction = 2;

    /// <summary>Runs it.</summary>
    /// <exception cref="InputFileException">A file can't be read, or has nothing to compare.</exception>
    public static BacktestResult Run(BacktestArguments arguments)
    {
        var stream = Table.Open(arguments.Stream);
        var time = TimeColumn(stream, arguments.Timestamp);
        if (time is not null)
            TimeCheck.Read(stream, time, ordered: true);
        var known = BacktestReference.Read(arguments);
        var left = new List<(string, string)>(known.LeftOut);
        var features = new List<FeatureReference>();
        foreach (var feature in known.Features)
        {
            if (stream.Columns.Any(column => column.Name == feature.Name))
                features.Add(feature);
            else
                left.Add((feature.Name, "the stream lacks it"));
        }

        left.AddRange(stream.Columns.Where(column => column.Name != arguments.Timestamp && known.Knows(column.Name) is false).Select(column => (column.Name, "the reference lacks it")));
        left.AddRange(stream.LeftOut.Except(left));
        if (features.Count == 0)
            throw new InputFileException($"{arguments.Stream} and {arguments.Reference} have no column in common that can be watched");

        var (source, reason) = DecidePhi(known, stream, time, arguments.RowsPerSecond, ref features, out var quietRows);
        return new Pass(arguments, stream, time, features, quietRows).Go() with
        {
            LeftOut = left, ReferenceRows = known.Rows, PhiSource = source, PhiReason = reason,
        };
    }

    private static TableColumn? TimeColumn(Table stream, string? name) => name is null ? null
        : stream.Columns.FirstOrDefault(column => column.Name == name) is { } column ? column
        : throw new InputFileException($"{stream.File} has no column '{name}' for --timestamp; it has {string.Join(", ", stream.Columns.Select(one => one.Name))}");

    private static (PhiSource Source, string Reason) DecidePhi(
        BacktestReference known, Table stream, TableColumn? time, double rate, ref List<FeatureReference> features, out long quietRows)
    {
        quietRows = 0;
        var has = features.TrueForAll(feature => feature.Phi is not null);
        if (has && known.IsProfile)
            return (PhiSource.Profile, "as the profile has it");
        if (has && known.Order == RowOrder.InTime)
            return (PhiSource.Reference, "its rows are in time order");
        var first = (long)Math.Clamp(QuietShare * stream.Rows, LeastQuietRows, MostQuietRows);
        var dependence = new DependenceLearner(features, withHours: false);
        dependence.Read(stream, time, rate, first);
        double[] ratios = [.. features.Select((feature, i) => dependence.Phi(i).Typical(feature.Model) / (feature.Phi?.Typical(feature.Model) ?? 1)).Order()];
        if (has && ratios[ratios.Length / 2] <= Contradiction)
            return (PhiSource.Reference, "in the order of its rows, which depend on each other no less than the stream's first ones");
        quietRows = first;
        features = [.. features.Select(feature => feature.With((PhiTable?)null))];
        return (PhiSource.Stream, has
            ? FormattableString.Invariant($"the reference's rows, in their order, depend on each other {ratios[ratios.Length / 2]:0.#} times less than the stream's, so they were shuffled; the first {first} rows are not alarmed on")
            : $"the profile does not know it; the first {first} rows are not alarmed on");
    }

    /// <summary>One pass over the stream.</summary>
    private sealed class Pass(BacktestArguments arguments, Table stream, TableColumn? time, List<FeatureReference> features, long quietRows)
    {
        private readonly EvidenceTrace _trace = new(features.Count, stream.Rows);
        private readonly PeerRules _peers = new(features, stream.Rows);
        private DriftEngine? _engine;
        private long _first;
        private long _last = long.MinValue;
        private long _latest = long.MinValue;
        private long _stepsBack;
        private double _seconds;

        public BacktestResult Go()
        {
            List<TableColumn> columns = [.. features.Select(FeatureColumns.Of)];
            if (time is not null)
                columns.Add(time with { Type = ColumnType.Timestamp });
            long unreadable = 0;
            foreach (var batch in stream.Read(columns))
            {
                _engine ??= Start(batch);
                for (var row = 0; row < batch.Rows; row++)
                {
                    for (var i = 0; i < features.Count; i++)
                    {
                        FeatureColumns.Show(batch.Columns[i], row, _engine.Features[i].Counts);
                        _peers.Show(i, batch.Columns[i], row);
                    }

                    if (_engine.EndRequest(TimeOf(batch, row)))
                        _trace.Note(_engine.Features, _engine.Rows - 1);
                    _peers.EndRow();
                }

                unreadable = batch.Columns.Sum(column => column.Unreadable);
            }

            if (_engine is null)
                throw new InputFileException($"{arguments.Stream} has no row");
            return new BacktestResult
            {
                Arguments = arguments,
                Features = features,
                Episodes = _engine.Episodes,
                LeftOut = [],
                ReferenceRows = 0,
                Rows = _engine.Rows,
                Seconds = _seconds,
                PhiSource = PhiSource.Reference,
                PhiReason = "",
                Phi = [.. _engine.Features.Select(monitor => monitor.Phi.Typical(monitor.Reference.Model))],
                QuietRows = quietRows,
                Trace = _trace,
                Peers = _peers.Tallies(),
                Unreadable = unreadable,
                StepsBack = _stepsBack,
            };
        }

        private DriftEngine Start(TableBatch batch)
        {
            _first = time is null ? 0 : batch.Columns[^1].Time(0);
            var seconds = time is null
                ? SubWindowClock.MinimumRows / arguments.RowsPerSecond
                : SubWindowClock.MinimumRows * Math.Abs((double)batch.Columns[^1].Time(batch.Rows - 1) - _first) / NanosPerSecond / batch.Rows;
            var policy = arguments.Policy with { UsualSeconds = Math.Clamp(seconds, 1, 3600), CalibrationRows = quietRows };
            return new DriftEngine(features, policy, _first);
        }

        private long TimeOf(TableBatch batch, int row)
        {
            // A row without a time happened when the one ahead of it did.
            var now = time is null ? (long)(_engine!.Rows / arguments.RowsPerSecond * NanosPerSecond) : batch.Columns[^1].IsMissing(row) ? _last : batch.Columns[^1].Time(row);
            if (_last != long.MinValue)
            {
                _stepsBack += now < _last ? 1 : 0;
                _seconds += Math.Max(0, ((double)now - _latest) / NanosPerSecond);
            }

            _latest = Math.Max(_latest, now);
            return _last = now;
        }
    }
}
