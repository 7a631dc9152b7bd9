using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Sidecar.Telemetry;

/// <summary>
/// Owns the one meter. Histograms are recorded into; everything else is pulled from snapshots by callbacks at collection, so a series
/// disappears with the state behind it. A callback that throws is counted in <c>sidecar.callback.failures</c> and yields nothing that time,
/// and no other callback notices; a NaN is left out, since an unknown number is absent and never a value.
/// </summary>
public sealed class SidecarMeter : IDisposable
{
    private readonly Lock _registration = new();
    private readonly Dictionary<string, Array> _callbacks = [];
    private readonly ConcurrentDictionary<string, long> _failures = new(StringComparer.Ordinal);

    /// <summary>Creates the meter and its histograms.</summary>
    /// <param name="version">The program's version, reported as the version of the instrumentation scope.</param>
    public SidecarMeter(string version)
    {
        Meter = new Meter(new MeterOptions(Catalogue.MeterName) { Version = version });
        InferenceDuration = CreateHistogram(Catalogue.InferenceDuration);
        UpstreamDuration = CreateHistogram(Catalogue.UpstreamDuration);
        TokenUsage = CreateHistogram(Catalogue.TokenUsage);
        TimeToFirstToken = CreateHistogram(Catalogue.TimeToFirstToken);
        TimePerOutputToken = CreateHistogram(Catalogue.TimePerOutputToken);
        ObserveCounter(Catalogue.CallbackFailures, CountFailures);
    }

    /// <summary>What the metrics pipeline collects from.</summary>
    public Meter Meter { get; }

    /// <summary>Seconds, see <see cref="Catalogue.InferenceDuration"/>. Recording with a cached <see cref="Tags"/> set does not allocate.</summary>
    public Histogram<double> InferenceDuration { get; }

    /// <summary>Seconds, see <see cref="Catalogue.UpstreamDuration"/>.</summary>
    public Histogram<double> UpstreamDuration { get; }

    /// <summary>Tokens, see <see cref="Catalogue.TokenUsage"/>.</summary>
    public Histogram<double> TokenUsage { get; }

    /// <summary>Seconds, see <see cref="Catalogue.TimeToFirstToken"/>.</summary>
    public Histogram<double> TimeToFirstToken { get; }

    /// <summary>Seconds, see <see cref="Catalogue.TimePerOutputToken"/>.</summary>
    public Histogram<double> TimePerOutputToken { get; }

    /// <summary>
    /// Adds a source of running totals. Several sources may feed one instrument as long as their attribute sets differ.
    /// </summary>
    /// <param name="definition">A <see cref="InstrumentKind.Counter"/> of the catalogue.</param>
    /// <param name="totals">Called at each collection, from any thread; totals since start, which never decrease.</param>
    /// <exception cref="ArgumentException">The definition is of another kind.</exception>
    public void ObserveCounter(InstrumentDefinition definition, Func<IEnumerable<Measurement<long>>> totals)
    {
        Require(definition, InstrumentKind.Counter);
        if (Register(definition, totals))
            Meter.CreateObservableCounter(definition.Name, () => Collect<long>(definition), definition.Unit, definition.Description);
    }

    /// <summary>Adds a source of current values; as <see cref="ObserveCounter"/>.</summary>
    /// <param name="definition">An <see cref="InstrumentKind.ObservableGauge"/> of the catalogue.</param>
    /// <param name="values">Called at each collection, from any thread; what it does not return is not exported.</param>
    /// <exception cref="ArgumentException">The definition is of another kind.</exception>
    public void ObserveGauge(InstrumentDefinition definition, Func<IEnumerable<Measurement<double>>> values)
    {
        Require(definition, InstrumentKind.ObservableGauge);
        if (Register(definition, values))
            Meter.CreateObservableGauge(definition.Name, () => Collect<double>(definition), definition.Unit, definition.Description);
    }

    /// <inheritdoc/>
    public void Dispose() => Meter.Dispose();

    private static void Require(InstrumentDefinition definition, InstrumentKind kind)
    {
        if (definition.Kind != kind)
            throw new ArgumentException($"{definition.Name} is a {definition.Kind}, not a {kind}", nameof(definition));
    }

    private Histogram<double> CreateHistogram(InstrumentDefinition definition) =>
        Meter.CreateHistogram(definition.Name, definition.Unit, definition.Description, tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = definition.Buckets });

    // One instrument per name: two of one name would be two streams, of which the SDK keeps the later callback's points only.
    private bool Register<T>(InstrumentDefinition definition, Func<IEnumerable<Measurement<T>>> callback) where T : struct
    {
        lock (_registration)
        {
            var known = _callbacks.TryGetValue(definition.Name, out var existing);
            // A new array each time: a collection that is under way keeps the one it has.
            Func<IEnumerable<Measurement<T>>>[] all = known ? [.. (Func<IEnumerable<Measurement<T>>>[])existing!, callback] : [callback];
            _callbacks[definition.Name] = all;
            return !known;
        }
    }

    private List<Measurement<T>> Collect<T>(InstrumentDefinition definition) where T : struct
    {
        Func<IEnumerable<Measurement<T>>>[] callbacks;
        lock (_registration)
            callbacks = (Func<IEnumerable<Measurement<T>>>[])_callbacks[definition.Name];

        List<Measurement<T>> all = [];
        foreach (var callback in callbacks)
        {
            var before = all.Count;
            try
            {
                foreach (var measurement in callback())
                {
                    if (measurement is not Measurement<double> { Value: double.NaN })
                        all.Add(measurement);
                }
            }
            catch (Exception)
            {
                // Whatever it is, it is counted, and the other series must come through.
                all.RemoveRange(before, all.Count - before);
                _failures.AddOrUpdate(definition.Name, 1, static (_, count) => count + 1);
            }
        }

        return all;
    }

    private IEnumerable<Measurement<long>> CountFailures() =>
        _failures.Select(pair => new Measurement<long>(pair.Value, new KeyValuePair<string, object?>("instrument", pair.Key)));
}
