using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Sidecar.Emit.Otlp;

/// <summary>
/// The SDK's periodic reader, on its own thread, that also counts the outcome of each collect-and-export. Around the reader rather than around the
/// exporter, because only an exporter held by a reader learns the provider's resource.
/// </summary>
internal sealed class CountingMetricReader(BaseExporter<Metric> exporter, OtlpSettings settings, ExportBook book) : PeriodicExportingMetricReader(
    exporter, (int)settings.Interval.TotalMilliseconds, (int)settings.Timeout.TotalMilliseconds)
{
    protected override bool OnCollect(int timeoutMilliseconds)
    {
        var success = false;
        try
        {
            success = base.OnCollect(timeoutMilliseconds);
        }
        finally
        {
            book.Count(success);
        }

        return success;
    }
}
