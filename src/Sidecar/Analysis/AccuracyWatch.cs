using Sidecar.Model;
using Sidecar.Model.Profiles;
using Sidecar.Statistics;

namespace Sidecar.Analysis;

/// <summary>Estimates how often a model is right, window by window, from the scores of one of its outputs and a calibration (CBPE). Written by one worker.</summary>
internal sealed class AccuracyWatch(Calibration calibration)
{
    private readonly PerformanceEstimate _estimate = new(calibration.Map);

    /// <summary>The feature that holds the score.</summary>
    public string Feature => calibration.Score;

    /// <summary>Scores in the current window.</summary>
    public long Rows => _estimate.Rows;

    public void Add(float score) => _estimate.Add(score, score > calibration.Threshold);

    /// <summary>Begins a window.</summary>
    public void Clear() => _estimate.Clear();

    /// <summary>Ends a window; null: it had too few scores between 0 and 1 to say anything.</summary>
    public AccuracyEstimate? Close(long minimumRows)
    {
        AccuracyEstimate? estimate = _estimate.Rows >= minimumRows ? new(_estimate.Current().Accuracy, _estimate.Rows) : null;
        _estimate.Clear();
        return estimate;
    }
}
