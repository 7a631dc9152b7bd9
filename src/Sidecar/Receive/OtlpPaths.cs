using Sidecar.Model;

namespace Sidecar.Receive;

/// <summary>The paths of OTLP, over HTTP and over gRPC.</summary>
internal static class OtlpPaths
{
    /// <summary>The service of gRPC that takes a signal.</summary>
    public static string ServiceOf(OtlpSignal signal) => signal switch
    {
        OtlpSignal.Traces => "opentelemetry.proto.collector.trace.v1.TraceService",
        OtlpSignal.Logs => "opentelemetry.proto.collector.logs.v1.LogsService",
        _ => "opentelemetry.proto.collector.metrics.v1.MetricsService",
    };

    /// <summary>What a path takes, and how; null for another path.</summary>
    public static (OtlpSignal Signal, bool Grpc)? Find(PathString path) => path.Value switch
    {
        "/v1/traces" => (OtlpSignal.Traces, false),
        "/v1/metrics" => (OtlpSignal.Metrics, false),
        "/v1/logs" => (OtlpSignal.Logs, false),
        "/opentelemetry.proto.collector.trace.v1.TraceService/Export" => (OtlpSignal.Traces, true),
        "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export" => (OtlpSignal.Metrics, true),
        "/opentelemetry.proto.collector.logs.v1.LogsService/Export" => (OtlpSignal.Logs, true),
        _ => null,
    };
}
