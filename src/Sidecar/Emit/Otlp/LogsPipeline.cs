using Microsoft.Extensions.Options;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using Sidecar.Model;

namespace Sidecar.Emit.Otlp;

/// <summary>From the program's log lines to OTLP, in batches; lines that are written while an exchange's span is current carry its trace.</summary>
public sealed class LogsPipeline : IDisposable
{
    private readonly OpenTelemetryLoggerProvider _provider;
    private readonly CountingBatches _batches;

    private LogsPipeline(OpenTelemetryLoggerProvider provider, CountingBatches batches, ExportBook exports) => (_provider, _batches, Exports) = (provider, batches, exports);

    /// <summary>Outcome of batches and records.</summary>
    public ExportBook Exports { get; }

    /// <summary>Adds OTLP to the ways out of a log factory.</summary>
    /// <param name="logs">Whose lines are sent too, from now on.</param>
    /// <param name="resource">See <see cref="Resources.Detect"/>.</param>
    /// <param name="settings">Where records go.</param>
    public static LogsPipeline Start(ILoggerFactory logs, IReadOnlyDictionary<string, object> resource, OtlpSettings settings)
    {
        var book = new ExportBook(OtlpSignal.Logs);
        var exporter = new OtlpLogExporter(OtlpExporters.Options(settings));
        var batches = new CountingBatches(exporter, settings, book);
        var options = new OpenTelemetryLoggerOptions { IncludeFormattedMessage = true, ParseStateValues = true };
        options.SetResourceBuilder(Resources.Builder(resource));
        options.AddProcessor(new CountedLogExporter.Holder(exporter));
        options.AddProcessor(batches);
        var provider = new OpenTelemetryLoggerProvider(new Fixed(options));
        logs.AddProvider(provider);
        return new LogsPipeline(provider, batches, book);
    }

    /// <summary>Sends what is left, giving up at the deadline. Later lines are not sent.</summary>
    public void Shutdown(TimeSpan deadline) => _batches.Shutdown((int)deadline.TotalMilliseconds);

    /// <inheritdoc/>
    public void Dispose() => _provider.Dispose();

    /// <summary>The SDK's batches, which would drop silently what comes when too many wait.</summary>
    private sealed class CountingBatches(OtlpLogExporter exporter, OtlpSettings settings, ExportBook book) : BatchLogRecordExportProcessor(
        new CountedLogExporter(exporter, book), ExportBook.Waiting, (int)settings.Interval.TotalMilliseconds, (int)settings.Timeout.TotalMilliseconds)
    {
        // Here and not in OnExport, which the SDK's batches of log records never call.
        public override void OnEnd(LogRecord data)
        {
            if (book.TryTake())
                base.OnEnd(data);
        }
    }

    private sealed class Fixed(OpenTelemetryLoggerOptions options) : IOptionsMonitor<OpenTelemetryLoggerOptions>
    {
        public OpenTelemetryLoggerOptions CurrentValue => options;

        public OpenTelemetryLoggerOptions Get(string? name) => options;

        public IDisposable? OnChange(Action<OpenTelemetryLoggerOptions, string?> listener) => null;
    }
}
