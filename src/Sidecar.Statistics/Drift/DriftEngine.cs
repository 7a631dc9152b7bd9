using Sidecar.Statistics.Detection;

namespace Sidecar.Statistics.Drift;

/// <summary>
/// Watches the features of one version of a model, in event time: the same live and over a recorded table. A new version, or another reference, is a new engine.
/// One writer at a time; nothing is allocated for a row, and an episode is all that an alarm allocates.
/// </summary>
public sealed class DriftEngine
{
    // Past rows are known for as many sub-windows as counts are kept, and then some.
    private const int KeptWindows = 8192;

    // A lasting alarm is sized at each of its first looks, then every few: its severity may still rise.
    private const int CloseLooks = 32;
    private const int LooksApart = 16;

    private readonly DriftPolicy _policy;
    private readonly FeatureMonitor[] _monitors;
    private readonly long[] _rowAtClose = new long[KeptWindows];
    private readonly List<DriftEpisode> _episodes = [];
    private SubWindowClock _clock;
    private long _pending;
    private long _windows;

    /// <param name="features">What to watch, in the order in which rows are shown.</param>
    /// <param name="policy">How to judge it.</param>
    /// <param name="start">Event time in Unix nanoseconds at which counting begins.</param>
    public DriftEngine(IReadOnlyList<FeatureReference> features, DriftPolicy policy, long start)
    {
        _policy = policy;
        var outputs = features.Count(feature => feature.Side == FeatureSide.Output);
        var budget = new DetectionBudget(features.Count - outputs, outputs, replicas: policy.Replicas, falseAlarms: policy.FalseAlarms);
        _monitors = [.. features.Select(feature => new FeatureMonitor(feature, Options(feature), start))];
        _clock = new SubWindowClock(start);

        DetectorOptions Options(FeatureReference feature) => new()
        {
            Threshold = feature.Side == FeatureSide.Output ? budget.OutputThreshold : budget.InputThreshold,
            Tolerance = policy.Tolerance,
            MeanWeight = policy.UsualSeconds,
        };
    }

    /// <summary>The features, in the order given.</summary>
    public IReadOnlyList<FeatureMonitor> Features => _monitors;

    /// <summary>Rows shown so far.</summary>
    public long Rows { get; private set; }

    /// <summary>All episodes so far, in the order of their alarms.</summary>
    public IReadOnlyList<DriftEpisode> Episodes => _episodes;

    /// <summary>No feature has an alarm that pages.</summary>
    public bool IsGood => !Array.Exists(_monitors, monitor => monitor.Episode?.Severity == DriftSeverity.Page);

    /// <summary>Ends a request whose rows were added to the features before.</summary>
    /// <param name="unixNanos">Event time.</param>
    /// <param name="rows">Rows of it.</param>
    /// <returns>True when a sub-window ended with it: states may have changed.</returns>
    public bool EndRequest(long unixNanos, long rows = 1)
    {
        Rows += rows;
        _pending += rows;
        if (!_clock.TryClose(unixNanos, _pending, out var seconds))
            return false;
        _pending = 0;
        _rowAtClose[++_windows % KeptWindows] = Rows;
        foreach (var monitor in _monitors)
            Judge(monitor, unixNanos, monitor.Close(unixNanos, seconds, _policy.CalibrationRows));
        return true;
    }

    private void Judge(FeatureMonitor monitor, long unixNanos, DetectorEvent happened)
    {
        switch (happened)
        {
            case DetectorEvent.Raised:
                Raise(monitor, unixNanos);
                break;
            case DetectorEvent.Cleared:
                if (monitor.Episode is { } over)
                    over.ClearedRow = Rows - 1;
                monitor.Episode = monitor.Pending = null;
                break;
            case DetectorEvent.None when (monitor.Episode ?? monitor.Pending) is { } episode:
                var age = _windows - episode.Window;
                if (age - episode.DelayWindows > CloseLooks && age % LooksApart != 0)
                    break;
                Size(monitor, episode, age);
                if (monitor.Episode is null && episode.Bound > 0)
                    Tell(monitor, episode, unixNanos);
                break;
        }
    }

    private void Raise(FeatureMonitor monitor, long unixNanos)
    {
        var (age, began) = monitor.Locate();
        var episode = new DriftEpisode(monitor.Reference)
        {
            FirstRow = age >= KeptWindows ? Rows : _rowAtClose[(_windows - age) % KeptWindows],
            FirstUnixNanos = began,
            Window = _windows - age,
            DelayWindows = age,
        };
        monitor.Pending = episode;
        monitor.LooksAbove = 0;
        var leading = monitor.Leading;
        episode.Kind = KindOf(monitor.Reference, leading);
        episode.Where = monitor.Reference.Label(leading.Cell);
        Size(monitor, episode, age);
        if (leading.Phi < _policy.UncertainPhi || episode.Bound > 0)
            Tell(monitor, episode, unixNanos);
    }

    private void Tell(FeatureMonitor monitor, DriftEpisode episode, long unixNanos)
    {
        (episode.DetectedRow, episode.DetectedUnixNanos, episode.DelayWindows) = (Rows - 1, unixNanos, _windows - episode.Window);
        (monitor.Episode, monitor.Pending) = (episode, null);
        _episodes.Add(episode);
    }

    /// <summary>Measures an episode; a window that makes it more certain replaces the one before.</summary>
    private void Size(FeatureMonitor monitor, DriftEpisode episode, long age)
    {
        var size = monitor.Measure(age, _policy.EffectLevel);
        if (Math.Max(size.DistanceBound, size.RateBound) >= Math.Max(episode.Size.DistanceBound, episode.Size.RateBound) || episode.Size.Rows == 0)
            episode.Size = size;
        if (_policy.OwnReference || !monitor.Phi.Calibrated || episode.Severity == DriftSeverity.Page)
            return;
        var apart = IsApart(monitor.Reference, size.Cell);
        monitor.LooksAbove = size.RateBound > _policy.ShareGate ? monitor.LooksAbove + 1 : 0;
        if (size.DistanceBound > _policy.Delta || (apart && size.RateBound > _policy.ApartGate) || monitor.LooksAbove >= 2)
        {
            episode.Severity = DriftSeverity.Page;
            episode.Size = size;
        }
    }

    private static bool IsApart(FeatureReference reference, int cell) => reference.Numeric is { } numeric
        ? cell < NumericReference.FirstBin || cell > numeric.LastBin
        : cell >= reference.Categorical!.Unseen;

    private static DriftKind KindOf(FeatureReference reference, Expert leading) => leading.Kind switch
    {
        ExpertKind.Location => DriftKind.Location,
        ExpertKind.Scale => DriftKind.Scale,
        ExpertKind.Skew or ExpertKind.Tails => DriftKind.Shape,
        ExpertKind.Outside => DriftKind.OutsideRange,
        ExpertKind.Loss => DriftKind.Frequency,
        ExpertKind.Gain => OfCell(reference, leading.Cell),
        _ => DriftKind.Distribution,
    };

    private static DriftKind OfCell(FeatureReference reference, int cell)
    {
        if (reference.Categorical is { } categorical)
            return cell == categorical.Unseen ? DriftKind.Unseen : cell > categorical.Unseen ? DriftKind.Missing : DriftKind.Frequency;
        var numeric = reference.Numeric!;
        return (cell - numeric.Cells) switch
        {
            0 => DriftKind.Missing,
            1 => DriftKind.NotANumber,
            > 1 => DriftKind.Infinite,
            _ => IsApart(reference, cell) ? DriftKind.OutsideRange : DriftKind.Spike,
        };
    }
}
