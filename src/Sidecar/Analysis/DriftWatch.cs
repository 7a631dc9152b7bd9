using Sidecar.Model;
using Sidecar.Statistics.Drift;

namespace Sidecar.Analysis;

/// <summary>What a drift engine says.</summary>
/// <param name="Result">The loudest alarm that lasts; without one good, or uncalibrated where no feature can be judged.</param>
/// <param name="Tickets">Features with an alarm that is a ticket.</param>
/// <param name="Pages">Features with one that pages.</param>
internal sealed record DriftNow(DriftResult Result, int Tickets, int Pages);

/// <summary>The drift engine of one side of one model, live: the same that <c>sidecar drift backtest</c> runs over tables. Written by one worker.</summary>
internal sealed class DriftWatch
{
    // Rows that φ is learned from where the reference does not know it; half an hour's at two a second.
    private const long CalibrationRows = 3200;

    private readonly Side _side;
    private readonly DriftEngine _engine;
    private readonly List<(DriftEpisode Episode, DriftSeverity Severity)> _lasting = [];
    private volatile DriftNow _now = new(DriftResult.Uncalibrated, 0, 0);
    private int _told;

    /// <param name="features">Their references, in the order of the engine's monitors.</param>
    public DriftWatch(Side side, IReadOnlyList<FeatureReference> features, DriftSettings settings, long unixNanos)
    {
        _side = side;
        _engine = new DriftEngine(
            features,
            new DriftPolicy { Delta = settings.Delta, Replicas = settings.Replicas, CalibrationRows = CalibrationRows },
            unixNanos);
    }

    public IReadOnlyList<FeatureMonitor> Features => _engine.Features;

    /// <summary>What it says now; may be read by anyone.</summary>
    public DriftNow Now => _now;

    /// <summary>Ends a message's rows; null when nothing is to be told, which is nearly always.</summary>
    public IReadOnlyList<DriftAlarm>? End(long unixNanos, long rows, ModelIdentity model)
    {
        if (!_engine.EndRequest(unixNanos, rows))
            return null;
        List<DriftAlarm>? told = null;
        for (; _told < _engine.Episodes.Count; _told++)
        {
            var episode = _engine.Episodes[_told];
            _lasting.Add((episode, episode.Severity));
            (told ??= []).Add(Alarm(episode, "raised", model, unixNanos));
        }

        for (var i = _lasting.Count - 1; i >= 0; i--)
        {
            var (episode, severity) = _lasting[i];
            if (episode.ClearedRow >= 0)
                _lasting.RemoveAt(i);
            else if (episode.Severity != severity)
                _lasting[i] = (episode, episode.Severity);
            else
                continue;
            (told ??= []).Add(Alarm(episode, episode.ClearedRow >= 0 ? "cleared" : "louder", model, unixNanos));
        }

        var pages = 0;
        foreach (var (_, severity) in _lasting)
            pages += severity == DriftSeverity.Page ? 1 : 0;
        var result = pages > 0 ? DriftResult.Page : _lasting.Count > 0 ? DriftResult.Ticket : IsCalibrated() ? DriftResult.Good : DriftResult.Uncalibrated;
        if (_now.Result != result || _now.Pages != pages || _now.Tickets != _lasting.Count - pages)
            _now = new DriftNow(result, _lasting.Count - pages, pages);
        return told;
    }

    private bool IsCalibrated()
    {
        foreach (var feature in _engine.Features)
        {
            if (feature.State != MonitorState.Uncalibrated)
                return true;
        }

        return false;
    }

    private DriftAlarm Alarm(DriftEpisode episode, string state, ModelIdentity model, long unixNanos) => new(
        model, _side, episode.Feature.Name, Labels<DriftKind>.Of((int)episode.Kind), state, episode.Severity == DriftSeverity.Page ? DriftResult.Page : DriftResult.Ticket,
        Time(episode.FirstUnixNanos), Time(unixNanos), episode.Effect, episode.Bound);

    private static DateTimeOffset Time(long unixNanos) => DateTimeOffset.UnixEpoch.AddTicks(unixNanos / 100);
}
