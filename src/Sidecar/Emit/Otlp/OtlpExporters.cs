using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using Sidecar.Model;

namespace Sidecar.Emit.Otlp;

/// <summary>The SDK's exporters with our settings. Certificates and keys (<c>OTEL_EXPORTER_OTLP_CERTIFICATE</c>, <c>…_CLIENT_CERTIFICATE</c>, <c>…_CLIENT_KEY</c>) are read by the SDK itself.</summary>
internal static class OtlpExporters
{
    /// <summary>Whether an exporter can be made with these settings: the SDK reads headers and certificates only then, and throws at what it can't use.</summary>
    /// <param name="complain">Called with a plain sentence where not.</param>
    public static bool AreUsable(OtlpSettings settings, Action<string> complain)
    {
        try
        {
            // The signal makes no difference to what is read.
            using var probe = new OtlpMetricExporter(Options(settings));
            return true;
        }
#pragma warning disable CA1031 // Whatever the SDK throws at a header or a file: telemetry that can't be sent must not keep a pod from serving.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            complain($"OTEL_EXPORTER_OTLP_HEADERS or a certificate can't be used, so no {settings.Signal.Label()} are pushed: {failure.Message}");
            return false;
        }
    }

    public static OtlpExporterOptions Options(OtlpSettings settings)
    {
        var options = new OtlpExporterOptions
        {
            Protocol = settings.Protocol,
            TimeoutMilliseconds = (int)settings.Timeout.TotalMilliseconds,
            Endpoint = settings.SignalEndpoint,
        };
        if (settings.Headers is not null)
            options.Headers = settings.Headers;
        return options;
    }
}

/// <summary>Sends spans, and counts what became of them.</summary>
internal sealed class CountedTraceExporter(OtlpSettings settings, ExportBook book) : OtlpTraceExporter(OtlpExporters.Options(settings))
{
    public override ExportResult Export(in Batch<Activity> batch)
    {
        var items = batch.Count; // before it is emptied
        var result = base.Export(batch);
        book.Count(result == ExportResult.Success, items);
        return result;
    }
}

/// <summary>Sends log records, and counts what became of them.</summary>
/// <param name="held">The SDK's exporter, which can't be derived from; <see cref="Holder"/> makes the provider's resource known to it.</param>
internal sealed class CountedLogExporter(OtlpLogExporter held, ExportBook book) : BaseExporter<LogRecord>
{
    public override ExportResult Export(in Batch<LogRecord> batch)
    {
        var items = batch.Count;
        var result = held.Export(batch);
        book.Count(result == ExportResult.Success, items);
        return result;
    }

    protected override bool OnForceFlush(int timeoutMilliseconds) => held.ForceFlush(timeoutMilliseconds);

    protected override bool OnShutdown(int timeoutMilliseconds) => held.Shutdown(timeoutMilliseconds);

    /// <summary>A processor that processes nothing: an exporter learns the provider, and with it the resource, only from a processor that holds it.</summary>
    internal sealed class Holder(OtlpLogExporter held) : SimpleLogRecordExportProcessor(held)
    {
        protected override void OnExport(LogRecord data)
        {
        }
    }
}
