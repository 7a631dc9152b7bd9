using System.Diagnostics;

namespace Sidecar.Benchmarks.ConstantRate;

/// <summary>What a run of the constant rate reports; the names are those of its line of JSON.</summary>
internal sealed record RateSummary(int Due, int Answered, double Seconds, double P50, double P99, int Failed, string? FirstFailure);

/// <summary>The latencies of all answers, and what failed.</summary>
internal sealed class RateLog
{
    private readonly List<long> _ticks = [];
    private int _unmeasured;
    private int _failed;
    private string? _firstFailure;

    public int Finished => _unmeasured + _ticks.Count + _failed;

    /// <summary>Requests that were due before this time are counted, but their latencies are not: this program is still being compiled then.</summary>
    public long MeasuredFrom { get; set; }

    public void Reserve(int requests) => _ticks.EnsureCapacity(requests);

    public void Answered(long due)
    {
        if (due < MeasuredFrom)
            _unmeasured++;
        else
            _ticks.Add(Stopwatch.GetTimestamp() - due);
    }

    public void Failed(int requests, string reason)
    {
        _failed += requests;
        _firstFailure ??= reason;
    }

    public RateSummary Summary(int due, TimeSpan duration)
    {
        _ticks.Sort();
        return new(due, _unmeasured + _ticks.Count, duration.TotalSeconds, Microseconds(0.50), Microseconds(0.99), _failed, _firstFailure);
    }

    private double Microseconds(double quantile) =>
        _ticks.Count == 0 ? 0 : Stopwatch.GetElapsedTime(0, _ticks[(int)Math.Ceiling(quantile * _ticks.Count) - 1]).TotalMicroseconds;
}
