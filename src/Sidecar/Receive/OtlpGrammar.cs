using Sidecar.Model;

namespace Sidecar.Receive;

/// <summary>
/// The messages of OTLP 1.x (opentelemetry-proto: trace/v1, metrics/v1, logs/v1, common/v1, resource/v1), as far as it takes to tell whether a body is one and how many items it
/// has. Not generated classes: those would make an object of each two bytes of empty messages, and bodies come from whoever reaches the port.
/// </summary>
internal static class OtlpGrammar
{
    private static readonly OtlpMessageType Spans = new(), Metrics = new(), Logs = new();

    static OtlpGrammar()
    {
        OtlpMessageType value = new(), array = new(), list = new(), pair = new(), scope = new(), resource = new();
        value.Set(
            Bytes(1, "stringValue"), Varint(2, "boolValue"), Varint(3, "intValue"), Fixed64(4, "doubleValue"), One(5, "arrayValue", array), One(6, "kvlistValue", list), Bytes(7, "bytesValue"));
        array.Set(Many(1, "values", value));
        list.Set(Many(1, "values", pair));
        pair.Set(Bytes(1, "key"), One(2, "value", value));
        scope.Set(Bytes(1, "name"), Bytes(2, "version"), Many(3, "attributes", pair), Varint(4, "droppedAttributesCount"));
        resource.Set(Many(1, "attributes", pair), Varint(2, "droppedAttributesCount"));

        SetSpans(pair, scope, resource);
        SetLogs(pair, value, scope, resource);
        SetMetrics(pair, scope, resource);
    }

    /// <summary>The message of an export request.</summary>
    public static OtlpMessageType Request(OtlpSignal signal) => signal switch
    {
        OtlpSignal.Traces => Spans,
        OtlpSignal.Logs => Logs,
        _ => Metrics,
    };

    private static void SetSpans(OtlpMessageType pair, OtlpMessageType scope, OtlpMessageType resource)
    {
        OtlpMessageType ofResource = new(), ofScope = new(), span = new(), happened = new(), link = new(), status = new();
        Spans.Set(Many(1, "resourceSpans", ofResource));
        ofResource.Set(One(1, "resource", resource), Many(2, "scopeSpans", ofScope), Bytes(3, "schemaUrl"));
        ofScope.Set(One(1, "scope", scope), Items(2, "spans", span), Bytes(3, "schemaUrl"));
        span.Set(
            new(1, "traceId", OtlpKind.TraceId), new(2, "spanId", OtlpKind.SpanId), Bytes(3, "traceState"), new(4, "parentSpanId", OtlpKind.SpanId), Bytes(5, "name"), Varint(6, "kind"),
            Fixed64(7, "startTimeUnixNano"), Fixed64(8, "endTimeUnixNano"), Many(9, "attributes", pair), Varint(10, "droppedAttributesCount"), Many(11, "events", happened),
            Varint(12, "droppedEventsCount"), Many(13, "links", link), Varint(14, "droppedLinksCount"), One(15, "status", status), Fixed32(16, "flags"));
        happened.Set(Fixed64(1, "timeUnixNano"), Bytes(2, "name"), Many(3, "attributes", pair), Varint(4, "droppedAttributesCount"));
        link.Set(
            new(1, "traceId", OtlpKind.TraceId), new(2, "spanId", OtlpKind.SpanId), Bytes(3, "traceState"), Many(4, "attributes", pair), Varint(5, "droppedAttributesCount"), Fixed32(6, "flags"));
        status.Set(Bytes(2, "message"), Varint(3, "code"));
    }

    private static void SetLogs(OtlpMessageType pair, OtlpMessageType value, OtlpMessageType scope, OtlpMessageType resource)
    {
        OtlpMessageType ofResource = new(), ofScope = new(), record = new();
        Logs.Set(Many(1, "resourceLogs", ofResource));
        ofResource.Set(One(1, "resource", resource), Many(2, "scopeLogs", ofScope), Bytes(3, "schemaUrl"));
        ofScope.Set(One(1, "scope", scope), Items(2, "logRecords", record), Bytes(3, "schemaUrl"));
        record.Set(
            Fixed64(1, "timeUnixNano"), Varint(2, "severityNumber"), Bytes(3, "severityText"), One(5, "body", value), Many(6, "attributes", pair), Varint(7, "droppedAttributesCount"), Fixed32(8, "flags"),
            new(9, "traceId", OtlpKind.TraceId), new(10, "spanId", OtlpKind.SpanId), Fixed64(11, "observedTimeUnixNano"), Bytes(12, "eventName"));
    }

    private static void SetMetrics(OtlpMessageType pair, OtlpMessageType scope, OtlpMessageType resource)
    {
        OtlpMessageType ofResource = new(), ofScope = new(), metric = new(), gauge = new(), sum = new(), histogram = new(), exponential = new(), summary = new();
        OtlpMessageType number = new(), distribution = new(), scaled = new(), buckets = new(), summarised = new(), quantile = new(), exemplar = new();
        Metrics.Set(Many(1, "resourceMetrics", ofResource));
        ofResource.Set(One(1, "resource", resource), Many(2, "scopeMetrics", ofScope), Bytes(3, "schemaUrl"));
        ofScope.Set(One(1, "scope", scope), Many(2, "metrics", metric), Bytes(3, "schemaUrl"));
        metric.Set(
            Bytes(1, "name"), Bytes(2, "description"), Bytes(3, "unit"), One(5, "gauge", gauge), One(7, "sum", sum), One(9, "histogram", histogram), One(10, "exponentialHistogram", exponential),
            One(11, "summary", summary), Many(12, "metadata", pair));
        gauge.Set(Items(1, "dataPoints", number));
        sum.Set(Items(1, "dataPoints", number), Varint(2, "aggregationTemporality"), Varint(3, "isMonotonic"));
        histogram.Set(Items(1, "dataPoints", distribution), Varint(2, "aggregationTemporality"));
        exponential.Set(Items(1, "dataPoints", scaled), Varint(2, "aggregationTemporality"));
        summary.Set(Items(1, "dataPoints", summarised));
        number.Set(
            Fixed64(2, "startTimeUnixNano"), Fixed64(3, "timeUnixNano"), Fixed64(4, "asDouble"), Many(5, "exemplars", exemplar), Fixed64(6, "asInt"), Many(7, "attributes", pair), Varint(8, "flags"));
        distribution.Set(
            Fixed64(2, "startTimeUnixNano"), Fixed64(3, "timeUnixNano"), Fixed64(4, "count"), Fixed64(5, "sum"), Fixed64(6, "bucketCounts") with { Repeated = true },
            Fixed64(7, "explicitBounds") with { Repeated = true }, Many(8, "exemplars", exemplar), Many(9, "attributes", pair), Varint(10, "flags"), Fixed64(11, "min"), Fixed64(12, "max"));
        scaled.Set(
            Many(1, "attributes", pair), Fixed64(2, "startTimeUnixNano"), Fixed64(3, "timeUnixNano"), Fixed64(4, "count"), Fixed64(5, "sum"), Varint(6, "scale"), Fixed64(7, "zeroCount"),
            One(8, "positive", buckets), One(9, "negative", buckets), Varint(10, "flags"), Many(11, "exemplars", exemplar), Fixed64(12, "min"), Fixed64(13, "max"), Fixed64(14, "zeroThreshold"));
        buckets.Set(Varint(1, "offset"), Varint(2, "bucketCounts") with { Repeated = true });
        summarised.Set(
            Fixed64(2, "startTimeUnixNano"), Fixed64(3, "timeUnixNano"), Fixed64(4, "count"), Fixed64(5, "sum"), Many(6, "quantileValues", quantile), Many(7, "attributes", pair), Varint(8, "flags"));
        quantile.Set(Fixed64(1, "quantile"), Fixed64(2, "value"));
        exemplar.Set(
            Fixed64(2, "timeUnixNano"), Fixed64(3, "asDouble"), new(4, "spanId", OtlpKind.SpanId), new(5, "traceId", OtlpKind.TraceId), Fixed64(6, "asInt"), Many(7, "filteredAttributes", pair));
    }

    private static OtlpField Bytes(int number, string name) => new(number, name, OtlpKind.Bytes);

    private static OtlpField Varint(int number, string name) => new(number, name, OtlpKind.Varint);

    private static OtlpField Fixed32(int number, string name) => new(number, name, OtlpKind.Fixed32);

    private static OtlpField Fixed64(int number, string name) => new(number, name, OtlpKind.Fixed64);

    private static OtlpField One(int number, string name, OtlpMessageType type) => new(number, name, OtlpKind.Message) { Type = type };

    private static OtlpField Many(int number, string name, OtlpMessageType type) => One(number, name, type) with { Repeated = true };

    private static OtlpField Items(int number, string name, OtlpMessageType type) => Many(number, name, type) with { Item = true };
}
