using System.Globalization;

namespace Sidecar.Demo.Detection;

/// <summary>
/// What a detector concludes from one pair of windows.
/// </summary>
/// <param name="State">Unknown, Quiet or Firing; before debouncing.</param>
/// <param name="Value">The indicator, for people.</param>
/// <param name="Limit">Where it fires, for people.</param>
/// <param name="Evidence">What was seen, should it fire.</param>
internal readonly record struct Judgement(DetectorState State, string Value, string Limit, string Evidence);

/// <summary>
/// A detector sees indicators only. It fires while both a long window (enough evidence) and a short one (still going on) are bad: the multi-window
/// rule of burn-rate alerts, which also lets it clear soon after the cause is gone.
/// </summary>
internal interface IDetector
{
    Symptom Symptom { get; }

    /// <summary>Offers a window while the detector is learning.</summary>
    /// <returns>Whether it now knows what is normal.</returns>
    bool Learn(Slis window);

    /// <summary>Judges once it has learned.</summary>
    Judgement Judge(Slis window, Slis recent);
}

/// <summary>Fires when even the upper bound of the success ratio is two points below normal.</summary>
internal sealed class SuccessDetector : IDetector
{
    private const double Margin = 0.02;
    private const int Enough = 30;
    private double _limit;

    public Symptom Symptom => Symptom.Success;

    public bool Learn(Slis window)
    {
        if (window.Success.Of < 100)
            return false;
        _limit = window.Success.Share - Margin;
        return true;
    }

    public Judgement Judge(Slis window, Slis recent)
    {
        var state = Math.Min(window.Success.Of, recent.Success.Of) < Enough ? DetectorState.Unknown
            : window.Success.Upper < _limit && recent.Success.Upper < _limit ? DetectorState.Firing
            : DetectorState.Quiet;
        return new(state, In.Percent(window.Success.Share), $"≥ {In.Percent(_limit)}",
            $"{In.Percent(recent.Success.Share)} of {recent.Success.Of} requests succeeded");
    }
}

/// <summary>Fires when the 90th percentile is twice the normal one, and at least 150 ms above it (half of what the demo adds, far above a hiccup).</summary>
internal sealed class LatencyDetector : IDetector
{
    private const double Factor = 2;
    private const double MarginSeconds = 0.15;
    private const int Enough = 20;
    private double _normal;

    public Symptom Symptom => Symptom.Latency;

    public bool Learn(Slis window)
    {
        if (window.P90Seconds is not { } p90 || window.Success.Of < 100)
            return false;
        _normal = p90;
        return true;
    }

    public Judgement Judge(Slis window, Slis recent)
    {
        var limit = Math.Max(_normal * Factor, _normal + MarginSeconds);
        var state = window.P90Seconds is null || recent.P90Seconds is null || recent.Success.Of < Enough ? DetectorState.Unknown
            : window.P90Seconds > limit && recent.P90Seconds > limit ? DetectorState.Firing
            : DetectorState.Quiet;
        return new(state, In.Milliseconds(window.P90Seconds), $"≤ {In.Milliseconds(limit)}",
            $"p90 {In.Milliseconds(recent.P90Seconds)}, normally {In.Milliseconds(_normal)}");
    }
}

/// <summary>Fires when even the lower bound of the violation rate is a point above the upper bound of the normal one.</summary>
internal sealed class ContractDetector : IDetector
{
    private const double Margin = 0.01;
    private const int Enough = 30;
    private double _limit;

    public Symptom Symptom => Symptom.Contract;

    public bool Learn(Slis window)
    {
        if (window.Violations.Of < 100)
            return false;
        _limit = window.Violations.Upper + Margin;
        return true;
    }

    public Judgement Judge(Slis window, Slis recent)
    {
        var state = Math.Min(window.Violations.Of, recent.Violations.Of) < Enough ? DetectorState.Unknown
            : window.Violations.Lower > _limit && recent.Violations.Lower > _limit ? DetectorState.Firing
            : DetectorState.Quiet;
        return new(state, In.Percent(window.Violations.Share), $"≤ {In.Percent(_limit)}",
            $"{In.Percent(recent.Violations.Share)} of requests: {string.Join(", ", recent.ViolationKinds.Take(3))}");
    }
}

/// <summary>Fires when the sidecar's own lower bound of a drift distance is above δ: nothing to learn here, the sidecar did.</summary>
internal sealed class DriftDetector(double delta) : IDetector
{
    public Symptom Symptom => Symptom.Drift;

    public bool Learn(Slis window) => window.Drift is not null;

    public Judgement Judge(Slis window, Slis recent)
    {
        var state = recent.Drift is not { } drift ? DetectorState.Unknown : drift > delta ? DetectorState.Firing : DetectorState.Quiet;
        return new(state, In.Number(recent.Drift), $"≤ {In.Number(delta)}", $"distance at least {In.Number(recent.Drift)}: {recent.DriftFeature}");
    }
}

/// <summary>Fires when even the lower bound of the disagreement rate is three points above the upper bound of the normal one.</summary>
internal sealed class AgreementDetector : IDetector
{
    private const double Margin = 0.03;
    private const int Enough = 30;
    private double _limit;

    public Symptom Symptom => Symptom.Agreement;

    public bool Learn(Slis window)
    {
        if (window.Disagreement.Of < 100)
            return false;
        _limit = window.Disagreement.Upper + Margin;
        return true;
    }

    public Judgement Judge(Slis window, Slis recent)
    {
        // The short window is asked for its share alone: it holds too few comparisons for a bound of its own.
        var state = Math.Min(window.Disagreement.Of, recent.Disagreement.Of) < Enough ? DetectorState.Unknown
            : window.Disagreement.Lower > _limit && recent.Disagreement.Share > _limit ? DetectorState.Firing
            : DetectorState.Quiet;
        return new(state, window.Disagreement.Of == 0 ? "–" : In.Percent(1 - window.Disagreement.Share), $"≥ {In.Percent(1 - _limit)}",
            $"candidate agrees on {In.Percent(1 - recent.Disagreement.Share)} of {recent.Disagreement.Of} comparisons");
    }
}

/// <summary>Numbers for people.</summary>
internal static class In
{
    public static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.0} %");

    public static string Milliseconds(double? seconds) =>
        seconds is { } known ? string.Create(CultureInfo.InvariantCulture, $"{known * 1000:0} ms") : "–";

    public static string Number(double? value) => value is { } known ? string.Create(CultureInfo.InvariantCulture, $"{known:0.00}") : "–";
}
