namespace Sidecar.Demo.Detection;

/// <summary>One scrape: the sidecar's series and when they were read.</summary>
internal sealed class MetricsSnapshot
{
    private readonly Dictionary<string, MetricSample> _samples = [];

    /// <param name="at">Time since some fixed moment.</param>
    /// <param name="samples">What the page held; of a series that occurs twice the last counts.</param>
    public MetricsSnapshot(TimeSpan at, IEnumerable<MetricSample> samples)
    {
        At = at;
        foreach (var sample in samples)
            _samples[sample.Series] = sample;
    }

    public TimeSpan At { get; }

    /// <summary>The series of a metric.</summary>
    public IEnumerable<MetricSample> Of(string name) => _samples.Values.Where(sample => sample.Name == name);

    /// <summary>
    /// The series of a counter with their increase since <paramref name="earlier"/>. A series that was not there counts from 0; one that went down
    /// was reset and counts from 0 too, as Prometheus' <c>increase</c> does.
    /// </summary>
    public IEnumerable<(MetricSample Series, double Increase)> Increases(string name, MetricsSnapshot earlier)
    {
        foreach (var sample in Of(name))
        {
            var before = earlier._samples.TryGetValue(sample.Series, out var old) ? old.Value : 0;
            yield return (sample, sample.Value >= before ? sample.Value - before : sample.Value);
        }
    }
}
