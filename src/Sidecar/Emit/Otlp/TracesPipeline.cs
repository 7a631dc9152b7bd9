using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Trace;
using Sidecar.Model;

namespace Sidecar.Emit.Otlp;

/// <summary>From spans to OTLP: in batches, on a thread of the SDK. What is kept was decided before: the sampler keeps everything.</summary>
public sealed class TracesPipeline : IDisposable
{
    /// <summary>Name of the source of all spans.</summary>
    public const string SourceName = "Sidecar";

    private readonly TracerProvider _provider;

    private TracesPipeline(ActivitySource source, TracerProvider provider, ExportBook exports) => (Source, _provider, Exports) = (source, provider, exports);

    /// <summary>What spans are started from.</summary>
    public ActivitySource Source { get; }

    /// <summary>Outcome of batches and spans.</summary>
    public ExportBook Exports { get; }

    /// <summary>Builds the pipeline.</summary>
    /// <param name="version">The program's version, reported as the version of the instrumentation scope.</param>
    /// <param name="resource">See <see cref="Resources.Detect"/>.</param>
    /// <param name="settings">Where spans go.</param>
    public static TracesPipeline Start(string version, IReadOnlyDictionary<string, object> resource, OtlpSettings settings)
    {
        var book = new ExportBook(OtlpSignal.Traces);
        var source = new ActivitySource(SourceName, version);
        var provider = Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(Resources.Builder(resource))
            .SetSampler(new AlwaysOnSampler())
            .AddSource(source.Name)
            .AddProcessor(new OwnSpans(source, settings, book))
            .Build();
        return new TracesPipeline(source, provider, book);
    }

    /// <summary>Sends what is left, giving up at the deadline.</summary>
    public void Shutdown(TimeSpan deadline) => _provider.Shutdown((int)deadline.TotalMilliseconds);

    /// <inheritdoc/>
    public void Dispose()
    {
        _provider.Dispose();
        Source.Dispose();
    }

    /// <summary>The SDK listens to a source by its name, which another sidecar of this process has too: its spans are not ours, and were not counted in.</summary>
    private sealed class OwnSpans(ActivitySource source, OtlpSettings settings, ExportBook book) : BatchActivityExportProcessor(
        new CountedTraceExporter(settings, book), ExportBook.Waiting, (int)settings.Interval.TotalMilliseconds, (int)settings.Timeout.TotalMilliseconds)
    {
        public override void OnEnd(Activity data)
        {
            if (ReferenceEquals(data.Source, source))
                base.OnEnd(data);
        }
    }
}
