using System.Diagnostics.Metrics;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using Sidecar.Model;
using Sidecar.Telemetry;

namespace Sidecar.Emit.Otlp;

/// <summary>
/// From the meter to the two ways out: <c>/metrics</c> always, OTLP when an endpoint is configured. A push that fails is counted and one that hangs
/// holds up only its own thread.
/// </summary>
public sealed class MetricsPipeline : IDisposable
{
    private MetricsPipeline(MeterProvider provider, ExportBook exports, OtlpSettings? otlp)
    {
        Provider = provider;
        Exports = exports;
        Otlp = otlp;
    }

    // What the sidecar itself costs, by the names that OpenTelemetry gives it for .NET.
    private const string RuntimeMeter = "System.Runtime";
    private static readonly HashSet<string> OwnCost =
        ["dotnet.process.cpu.time", "dotnet.process.memory.working_set", "dotnet.gc.heap.total_allocated", "dotnet.gc.collections"];

    /// <summary>What the admin server scrapes.</summary>
    public MeterProvider Provider { get; }

    /// <summary>Outcome of OTLP batches; feed it to <see cref="Catalogue.Export"/>.</summary>
    public ExportBook Exports { get; }

    /// <summary>Where metrics are pushed; null for nowhere.</summary>
    public OtlpSettings? Otlp { get; }

    /// <summary>Builds the pipeline; it collects from then on.</summary>
    /// <param name="meter">The one meter to collect from; another of the same name in this process is not ours.</param>
    /// <param name="resource">See <see cref="Resources.Detect"/>.</param>
    /// <param name="otlp">Null for no push.</param>
    /// <param name="exemplars">There are spans to point at.</param>
    public static MetricsPipeline Start(Meter meter, IReadOnlyDictionary<string, object> resource, OtlpSettings? otlp, bool exemplars = true)
    {
        var exports = new ExportBook(OtlpSignal.Metrics);
        var streams = Catalogue.All.ToDictionary(static definition => definition.Name, Stream, StringComparer.Ordinal);
        var builder = Sdk.CreateMeterProviderBuilder()
            // OTEL_SDK_DISABLED ends what is pushed; the SDK, which reads it itself, would leave /metrics an empty page too.
            .ConfigureServices(static services => services.AddSingleton<IConfiguration>(
                new ConfigurationBuilder().AddEnvironmentVariables().AddInMemoryCollection([new("OTEL_SDK_DISABLED", "false")]).Build()))
            .SetResourceBuilder(Resources.Builder(resource))
            .AddMeter(meter.Name, RuntimeMeter)
            // An exchange that has a span gives its trace to the buckets that count it; looking for one costs each of them.
            .SetExemplarFilter(exemplars ? ExemplarFilterType.TraceBased : ExemplarFilterType.AlwaysOff)
            .AddView(instrument => ReferenceEquals(instrument.Meter, meter) && streams.TryGetValue(instrument.Name, out var stream) ? stream
                : instrument.Meter.Name == RuntimeMeter && OwnCost.Contains(instrument.Name) ? new MetricStreamConfiguration()
                : MetricStreamConfiguration.Drop)
            .AddPrometheusExporter(options =>
            {
                // Series then carry the same labels as those pushed over OTLP, where Prometheus adds no scope labels by default.
                options.ScopeInfoEnabled = false;
                // Both ways out name the pod alike; recording rules rename these two to namespace and pod.
                options.ResourceConstantLabels = static name => name is "k8s.namespace.name" or "k8s.pod.name";
                // A scrape must show what is true now, and one that waits longer than a scrape interval is of no use.
                options.ScrapeResponseCacheDurationMilliseconds = 0;
                options.ScrapeResponseTimeoutMilliseconds = 10_000;
            });
        if (otlp is not null)
            builder.AddReader(Reader(otlp, exports));

        return new MetricsPipeline(builder.Build(), exports, otlp);
    }

    /// <summary>Pushes what is left and stops, giving up at the deadline. Blocks the caller for that long at most.</summary>
    /// <returns>True when the receiver acknowledged the last batch, or there is none to push to.</returns>
    public bool Shutdown(TimeSpan deadline)
    {
        // Not the SDK's answer, which is always false where a scrape endpoint is part of the provider: that one can't be flushed.
        var (succeeded, failed) = (Exports.Succeeded, Exports.Failed);
        Provider.Shutdown((int)deadline.TotalMilliseconds);
        return Otlp is null || (Exports.Succeeded > succeeded && Exports.Failed == failed);
    }

    /// <summary>Stops without a last push if <see cref="Shutdown"/> has run; otherwise the SDK's own five seconds apply.</summary>
    public void Dispose() => Provider.Dispose();

    // Operators set OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION for a whole fleet. Boundaries given as advice yield to it, and every latency
    // objective that reads buckets would go blank; a view does not yield, nor does a reader that we construct ourselves.
    private static MetricStreamConfiguration Stream(InstrumentDefinition definition) => definition.Buckets is { } buckets
        ? new ExplicitBucketHistogramConfiguration { Boundaries = [.. buckets], CardinalityLimit = definition.MaxSeries }
        : new MetricStreamConfiguration { CardinalityLimit = definition.MaxSeries };

    private static CountingMetricReader Reader(OtlpSettings settings, ExportBook book) =>
        new(new OtlpMetricExporter(OtlpExporters.Options(settings)), settings, book) { TemporalityPreference = settings.Temporality };
}
