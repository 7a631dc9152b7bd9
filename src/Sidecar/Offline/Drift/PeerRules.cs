using Sidecar.Offline.Tables;
using Sidecar.Statistics;
using Sidecar.Statistics.Drift;
using Sidecar.Statistics.Peers;

namespace Sidecar.Offline.Drift;

/// <summary>What other rules say of windows of the same stream: fixed thresholds on PSI, Evidently's defaults, NannyML's.</summary>
/// <remarks>
/// They judge windows of 1,000 rows, at most 50 of them, evenly spread: whole samples are sorted for each, and people wait. Their reference is 10,000 quantiles of ours, so a figure may
/// differ from the tool's own in the third digit; Sidecar.Statistics/README.md has those that are held to ten.
/// </remarks>
internal sealed class PeerRules
{
    private const int WindowRows = 1000;
    private const int MostWindows = 50;
    private const int Sample = 10_000;
    private const int Deciles = 10;

    private readonly Watched[] _features;
    private readonly long _every;
    private long _window;
    private int _rows;

    public PeerRules(IReadOnlyList<FeatureReference> features, long rows)
    {
        _every = Math.Max(1, rows / WindowRows / MostWindows);
        _features = [.. features.Select(feature => new Watched(feature))];
    }

    public void Show(int feature, ColumnBatch column, int row)
    {
        if (_window % _every == 0)
            _features[feature].Show(column, row);
    }

    public void EndRow()
    {
        if (++_rows < WindowRows)
            return;
        if (_window % _every == 0)
        {
            foreach (var feature in _features)
                feature.Judge();
        }

        _window++;
        _rows = 0;
    }

    /// <summary>What they came to. Of a stream shorter than a window all rows are one.</summary>
    public IReadOnlyList<PeerTally> Tallies()
    {
        if (_window == 0 && _rows > 0)
        {
            foreach (var feature in _features)
                feature.Judge();
        }

        return
        [
            .. Watched.Rules.Select((rule, i) => new PeerTally(
                rule, _features.Sum(feature => feature.Asked(i)), _features.Sum(feature => feature.Alarms(i)),
                [.. _features.Where(feature => feature.Alarms(i) > 0).Select(feature => (feature.Name, feature.Alarms(i)))])),
        ];
    }

    private sealed class Watched
    {
        public static readonly string[] Rules = ["PSI > 0.1", "PSI > 0.2", "Evidently", "NannyML"];

        private readonly FeatureCounts _counts;
        private readonly long[] _cells;
        private readonly double[]? _reference;
        private readonly NannyMlRules? _nannyMl;
        private readonly List<double> _values = [];
        private readonly long[] _asked = new long[Rules.Length];
        private readonly long[] _alarms = new long[Rules.Length];

        public Watched(FeatureReference feature)
        {
            _counts = new FeatureCounts(feature);
            _cells = new long[feature.Model.Cells];
            if (feature.Numeric is not { } numeric)
                return;
            _reference = [.. Enumerable.Range(0, Sample).Select(i => numeric.Quantile((i + 0.5) / Sample))];
            _nannyMl = NannyMlRules.Learn(Shuffled(_reference));
        }

        public string Name => _counts.Reference.Name;

        public long Asked(int rule) => _asked[rule];

        public long Alarms(int rule) => _alarms[rule];

        public void Show(ColumnBatch column, int row)
        {
            if (_reference is null)
                FeatureColumns.Show(column, row, _counts);
            else if (!column.IsMissing(row) && (column.Type == ColumnType.Number ? column.Number(row) : column.Text(row).Length) is var value && double.IsFinite(value))
                _values.Add(value);
        }

        public void Judge()
        {
            if (_reference is not { } reference)
            {
                _counts.Take(_cells);
                var known = _counts.Reference.Categorical!;
                long[] now = [.. _cells.Take(known.Cells)];
                if (now.Sum() == 0)
                    return;
                var psi = CountDistances.PopulationStability(now, known.Counts);
                Tell(0, psi > 0.1);
                Tell(1, psi > 0.2);
                Tell(2, EvidentlyRules.Categorical(known.Counts.ToArray(), now).Drift);
                return;
            }

            double[] current = [.. _values];
            _values.Clear();
            if (current.Length == 0)
                return;
            var stability = DecileStability(reference, current);
            Tell(0, stability > 0.1);
            Tell(1, stability > 0.2);
            Tell(2, EvidentlyRules.Numeric(reference, current).Drift);
            Tell(3, _nannyMl!.Score(current).Drift);
        }

        private static double[] Shuffled(double[] values)
        {
            double[] shuffled = [.. values];
            new Random(1).Shuffle(shuffled);
            return shuffled;
        }

        // The usual form: ten bins between the reference's deciles.
        private static double DecileStability(double[] sorted, double[] current)
        {
            double[] edges = [.. Enumerable.Range(1, Deciles - 1).Select(i => sorted[i * sorted.Length / Deciles]).Distinct()];
            return CountDistances.PopulationStability(Count(current), Count(sorted));

            long[] Count(double[] values)
            {
                var counts = new long[edges.Length + 1];
                foreach (var value in values)
                {
                    var at = Array.BinarySearch(edges, value);
                    counts[at < 0 ? ~at : at]++;
                }

                return counts;
            }
        }

        private void Tell(int rule, bool drift)
        {
            _asked[rule]++;
            _alarms[rule] += drift ? 1 : 0;
        }
    }
}
