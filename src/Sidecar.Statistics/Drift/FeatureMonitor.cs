using Sidecar.Statistics.Detection;

namespace Sidecar.Statistics.Drift;

/// <summary>Whether a feature can be judged.</summary>
public enum MonitorState : byte
{
    /// <summary>How dependent its rows are isn't known yet: nothing is alarmed on.</summary>
    Uncalibrated,

    /// <summary>Judged, and no alarm.</summary>
    Quiet,

    /// <summary>An alarm lasts.</summary>
    Alarmed,
}

/// <summary>One feature under watch: its counts, its detector, and what is kept to size a change. One writer at a time; rows allocate nothing.</summary>
public sealed class FeatureMonitor
{
    private readonly MixtureDetector _detector;
    private readonly Checkpoints _checkpoints;
    private SubWindowHistory? _history; // takes the place of the learner: a feature has one or the other
    private readonly long[] _cells;
    private readonly CellModel?[] _hourly;
    private PhiLearner? _learner;
    private int _slot = -1;

    internal FeatureMonitor(FeatureReference reference, DetectorOptions options, long start)
    {
        Reference = reference;
        Counts = new FeatureCounts(reference);
        _detector = new MixtureDetector(reference.Model, options);
        _checkpoints = new Checkpoints(reference.Model.Cells, start);
        _cells = new long[reference.Model.Cells];
        _hourly = reference.Hours is null ? [] : new CellModel?[HourOfWeek.Slots];
        if (reference.Phi is { } phi)
            Calibrate(phi, start);
        else
            _learner = new PhiLearner(reference.Model);
    }

    public FeatureReference Reference { get; }

    /// <summary>Where its rows go.</summary>
    public FeatureCounts Counts { get; }

    /// <summary>What can be said of it now.</summary>
    public MonitorState State => _learner is not null ? MonitorState.Uncalibrated : Episode is not null ? MonitorState.Alarmed : MonitorState.Quiet;

    /// <summary>φ in use.</summary>
    public PhiTable Phi => _detector.Phi;

    /// <summary>Where the evidence stands: 1 raises an alarm.</summary>
    public double Level => _detector.Level;

    /// <summary>The episode that lasts; null while it is quiet.</summary>
    public DriftEpisode? Episode { get; internal set; }

    /// <summary>An alarm of the detector that isn't told yet.</summary>
    internal DriftEpisode? Pending { get; set; }

    internal int LooksAbove { get; set; }

    internal Expert Leading => _detector.Leading();

    /// <summary>Ends a sub-window.</summary>
    /// <param name="seconds">What it weighs.</param>
    internal DetectorEvent Close(long unixNanos, double seconds, long calibrationRows)
    {
        var (below, above) = Counts.Take(_cells);
        if (_learner is { } learner)
        {
            learner.Add(_cells);
            if (learner.Rows < calibrationRows)
                return DetectorEvent.None;
            Calibrate(learner.Current(), unixNanos);
            return DetectorEvent.None;
        }

        FollowTheClock(unixNanos);
        _checkpoints.Add(_cells, unixNanos, below, above);
        _history!.Add(_cells, unixNanos);
        return _detector.Update(_cells, seconds);
    }

    /// <summary>Where the change began that the alarm is about: its age in sub-windows, and the event time.</summary>
    internal (long Age, long UnixNanos) Locate()
    {
        var (index, ratio) = _checkpoints.Locate(_detector);
        var near = _history!.Locate(_detector);
        return near.Age > 0 && near.Ratio >= ratio ? (near.Age, near.UnixNanos) : (_checkpoints.Age(index), _checkpoints.Time(index));
    }

    /// <summary>The size of the change over the last sub-windows, as far back as counts are kept: no farther than <paramref name="age"/>.</summary>
    internal EffectSize Measure(long age, double level)
    {
        var index = 0;
        while (index < _checkpoints.Count - 2 && _checkpoints.Age(index) > age)
            index++;
        Span<long> counts = stackalloc long[_cells.Length];
        _checkpoints.Since(index, counts);
        return Reference.Numeric is { } numeric
            ? Effect.Of(numeric, counts, _checkpoints.TailsSince(index), level, Phi)
            : Effect.Of(Reference.Categorical!, counts, level, Phi);
    }

    private void Calibrate(PhiTable phi, long unixNanos)
    {
        _detector.Calibrate(phi);
        _history = new SubWindowHistory(Reference.Model.Cells, unixNanos);
        _learner = null;
    }

    private void FollowTheClock(long unixNanos)
    {
        if (Reference.Hours is not { } hours || HourOfWeek.Slot(unixNanos) is var slot && slot == _slot)
            return;
        _slot = slot;
        _detector.Rebase(_hourly[slot] ??= hours.Model(slot));
    }
}
