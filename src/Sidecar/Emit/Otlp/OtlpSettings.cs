using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using Sidecar.Model;

namespace Sidecar.Emit.Otlp;

/// <summary>
/// Where and how one signal is pushed: the standard <c>OTEL_*</c> variables, those of the signal first. Nothing is pushed unless an endpoint is
/// named, since the default of the specification (localhost) would make every pod without a collector fail to export once a minute.
/// </summary>
/// <param name="Endpoint">Base address, or the whole address if <paramref name="EndpointIsComplete"/>.</param>
/// <param name="EndpointIsComplete">True when it came from the signal's own variable, which is used as it is; else <c>v1/metrics</c> and so on is added over HTTP.</param>
/// <param name="Protocol">gRPC, or protobuf over HTTP.</param>
/// <param name="Headers">As <c>key=value,key=value</c>; null for none.</param>
/// <param name="Timeout">For one batch.</param>
/// <param name="Interval">Between two batches: <c>OTEL_METRIC_EXPORT_INTERVAL</c>, <c>OTEL_BSP_SCHEDULE_DELAY</c>, <c>OTEL_BLRP_SCHEDULE_DELAY</c>.</param>
/// <param name="Temporality">Of metrics. Cumulative unless asked otherwise: Prometheus refuses delta by default.</param>
public sealed record OtlpSettings(
    Uri Endpoint, bool EndpointIsComplete, OtlpExportProtocol Protocol, string? Headers, TimeSpan Timeout, TimeSpan Interval,
    MetricReaderTemporalityPreference Temporality)
{
    private const string CommonPrefix = "OTEL_EXPORTER_OTLP_";
    private const string Temporalities = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE";

    /// <summary>What is pushed.</summary>
    public OtlpSignal Signal { get; init; } = OtlpSignal.Metrics;

    /// <summary>The address that batches are sent to; over gRPC the exporter adds the name of the method itself.</summary>
    public Uri SignalEndpoint => EndpointIsComplete || Protocol == OtlpExportProtocol.Grpc
        ? Endpoint
        : new UriBuilder(Endpoint) { Path = Endpoint.AbsolutePath.TrimEnd('/') + "/v1/" + Signal.Label() }.Uri;

    /// <summary>Reads the variables of one signal.</summary>
    /// <param name="signal">What is pushed.</param>
    /// <param name="variable">An environment variable by name, null where unset.</param>
    /// <param name="complain">Called with a plain sentence for each value that can't be used; the default is taken instead.</param>
    /// <returns>Null when no endpoint is named or the one that is can't be used, or when <c>OTEL_METRICS_EXPORTER=none</c> (<c>OTEL_TRACES_EXPORTER</c>, <c>OTEL_LOGS_EXPORTER</c>) or <c>OTEL_SDK_DISABLED=true</c>.</returns>
    public static OtlpSettings? FromEnvironment(OtlpSignal signal, Func<string, string?> variable, Action<string> complain)
    {
        var name = signal.Label().ToUpperInvariant();
        if (Is(variable("OTEL_SDK_DISABLED"), "true") || Is(variable($"OTEL_{name}_EXPORTER"), "none"))
            return null;

        var prefix = $"{CommonPrefix}{name}_";
        var own = Given(variable, prefix + "ENDPOINT");
        var address = own ?? Given(variable, CommonPrefix + "ENDPOINT");
        if (address is null)
            return null;
        if (!Uri.TryCreate(address, UriKind.Absolute, out var endpoint) || endpoint.Scheme is not ("http" or "https"))
        {
            complain($"the OTLP endpoint '{address}' is not an http:// or https:// address, so no {signal.Label()} are pushed");
            return null;
        }

        string? Setting(string key) => Given(variable, prefix + key) ?? Given(variable, CommonPrefix + key);
        var (interval, otherwise) = signal switch
        {
            OtlpSignal.Traces => ("OTEL_BSP_SCHEDULE_DELAY", 5_000),
            OtlpSignal.Logs => ("OTEL_BLRP_SCHEDULE_DELAY", 1_000),
            _ => ("OTEL_METRIC_EXPORT_INTERVAL", 60_000),
        };
        return new OtlpSettings(
            endpoint,
            own is not null,
            ProtocolOf(Setting("PROTOCOL"), complain),
            Setting("HEADERS"),
            Milliseconds("OTEL_EXPORTER_OTLP_TIMEOUT", Setting("TIMEOUT"), 10_000, complain),
            Milliseconds(interval, Given(variable, interval), otherwise, complain),
            TemporalityOf(signal == OtlpSignal.Metrics ? Given(variable, Temporalities) : null, complain)) { Signal = signal };
    }

    private static string? Given(Func<string, string?> variable, string name) => variable(name) is { } value && value.Trim().Length > 0 ? value.Trim() : null;

    private static bool Is(string? value, string expected) => string.Equals(value?.Trim(), expected, StringComparison.OrdinalIgnoreCase);

    // The default of the .NET SDK; the specification recommends http/protobuf but allows grpc, and operators of .NET fleets expect this one.
    private static OtlpExportProtocol ProtocolOf(string? value, Action<string> complain)
    {
        switch (value)
        {
            case null or "grpc":
                return OtlpExportProtocol.Grpc;
            case "http/protobuf":
                return OtlpExportProtocol.HttpProtobuf;
            default:
                complain($"OTEL_EXPORTER_OTLP_PROTOCOL is '{value}'; it can be grpc or http/protobuf, and grpc is used");
                return OtlpExportProtocol.Grpc;
        }
    }

    private static MetricReaderTemporalityPreference TemporalityOf(string? value, Action<string> complain)
    {
        if (value is null || Is(value, "cumulative"))
            return MetricReaderTemporalityPreference.Cumulative;
        if (Is(value, "delta"))
            return MetricReaderTemporalityPreference.Delta;
        complain($"{Temporalities} is '{value}'; it can be cumulative or delta, and cumulative is used");
        return MetricReaderTemporalityPreference.Cumulative;
    }

    private static TimeSpan Milliseconds(string name, string? value, int otherwise, Action<string> complain)
    {
        if (value is null)
            return TimeSpan.FromMilliseconds(otherwise);
        if (int.TryParse(value, System.Globalization.CultureInfo.InvariantCulture, out var parsed) && parsed > 0)
            return TimeSpan.FromMilliseconds(parsed);
        complain($"{name} is '{value}'; it must be a whole number of milliseconds above 0, and {otherwise} is used");
        return TimeSpan.FromMilliseconds(otherwise);
    }
}
