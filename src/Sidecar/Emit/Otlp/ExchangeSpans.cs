using System.Diagnostics;
using System.Text;
using Sidecar.Model;
using Sidecar.Tensors;

namespace Sidecar.Emit.Otlp;

/// <summary>
/// A span for each exchange that is kept: it failed, it broke the contract, its caller keeps the trace, or, where it has no trace, it is in the configured share. It joins the
/// caller's trace beside the model's own span, with the times at which the exchange happened.
/// </summary>
/// <param name="pipeline">Where spans go.</param>
/// <param name="rate">Share of the exchanges without a trace.</param>
/// <param name="listeners">Names, in configuration order.</param>
/// <param name="values">What of its texts may leave.</param>
/// <remarks>
/// Failures are kept also where the caller's flag says that it keeps nothing: a caller samples before it knows how the call ends. The kind is <c>Internal</c>, because for a
/// service graph the caller called the model, and not us.
/// </remarks>
public sealed class ExchangeSpans(TracesPipeline pipeline, double rate, IReadOnlyList<string> listeners, ValueCapture values, TimeProvider time)
{
    private readonly double _secondsPerTick = 1.0 / time.TimestampFrequency;

    /// <summary>Whether an exchange of which this is known is kept.</summary>
    public static bool IsKept(Exchange exchange, int violations, double rate) =>
        ErrorTypes.Of(exchange) is not null || violations > 0 || (exchange.Trace.Exists ? exchange.Trace.IsSampled : exchange.Share < rate);

    /// <summary>
    /// Starts the exchange's span and makes it current, so that what is measured and logged meanwhile points at it; null when it is not kept, or too many wait. Ends with
    /// <see cref="Activity.Dispose()"/>.
    /// </summary>
    /// <param name="requestId">The best id that is known of it; empty = none.</param>
    public Activity? Begin(Exchange exchange, InferenceRecord record, ReadOnlySpan<byte> requestId)
    {
        if (!IsKept(exchange, record.Violations, rate) || !pipeline.Exports.TryTake())
            return null;
        var start = DateTimeOffset.UnixEpoch.AddTicks(exchange.StartedUnixNanos / 100).UtcDateTime;
        var parent = exchange.Trace.Exists ? exchange.Trace.ToActivityContext() : default;
        var span = pipeline.Source.CreateActivity($"infer {record.Model.Name}", ActivityKind.Internal, parent);
        if (span is null)
        {
            pipeline.Exports.Forget();
            return null;
        }

        Describe(span, exchange, record, requestId);
        span.SetStartTime(start);
        span.Start();
        // :: The times between: when the model had the whole request, and when its answer began.
        AddEvent(span, exchange, "request.sent", exchange.RequestLastByte, start);
        AddEvent(span, exchange, "response.began", exchange.ResponseFirstByte, start);
        span.SetEndTime(start.AddSeconds(Math.Max(0, (exchange.EndedAt - exchange.RequestFirstByte) * _secondsPerTick)));
        return span;
    }

    /// <summary>A span for an exchange on whose answer a shadow disagrees; it is known late, when the exchange's own span, if it has one, has ended. Null where too many wait.</summary>
    public Activity? Begin(ShadowDiscrepancy found)
    {
        if (!pipeline.Exports.TryTake())
            return null;
        var parent = found.Job.Trace.Exists ? found.Job.Trace.ToActivityContext() : default;
        var span = pipeline.Source.CreateActivity($"shadow disagrees {found.Job.Model.Name}", ActivityKind.Internal, parent);
        if (span is null)
        {
            pipeline.Exports.Forget();
            return null;
        }

        span.SetTag("model", found.Job.Model.Name);
        span.SetTag("model_version", found.Job.Model.Version);
        span.SetTag("shadow", found.Shadow);
        if (found.Job.RequestId.Length > 0)
            span.SetTag("sidecar.request.id", values.Text(found.Job.RequestId));
        return span.Start();
    }

    private void Describe(Activity span, Exchange exchange, InferenceRecord record, ReadOnlySpan<byte> requestId)
    {
        span.SetTag("model", record.Model.Name);
        span.SetTag("model_version", record.Model.Version);
        span.SetTag("listener", listeners[exchange.Listener]);
        if (!requestId.IsEmpty)
            span.SetTag("sidecar.request.id", values.Text(requestId));
        if (exchange.Protocol != InferenceProtocol.None)
            span.SetTag("sidecar.protocol", exchange.Protocol.Label());
        if (exchange.Method.Length > 0)
            span.SetTag("http.request.method", Encoding.UTF8.GetString(exchange.Method));
        if (exchange.Status > 0)
            span.SetTag("http.response.status_code", exchange.Status);
        if (exchange.GrpcStatus >= 0)
            span.SetTag("rpc.response.status_code", ErrorTypes.OfGrpc(exchange.GrpcStatus));
        span.SetTag("http.request.body.size", exchange.RequestBytes);
        span.SetTag("http.response.body.size", exchange.ResponseBytes);
        span.SetTag("sidecar.exchange.end", Labels<Wire.ExchangeEnd>.Of((int)exchange.End));
        if (record.Violations > 0)
            span.SetTag("sidecar.contract.violations", record.Violations);
        if (record.Undecodable is { } reason)
            span.SetTag("sidecar.undecodable", Labels<UndecodableReason>.Of((int)reason));
        if (exchange.IsRetry)
            span.SetTag("sidecar.retry", true);
        if (ErrorTypes.Of(exchange) is not { } error)
            return;
        span.SetTag("error.type", error);
        span.SetStatus(ActivityStatusCode.Error, error);
    }

    private void AddEvent(Activity span, Exchange exchange, string name, long at, DateTime start)
    {
        if (at > exchange.RequestFirstByte)
            span.AddEvent(new ActivityEvent(name, start.AddSeconds((at - exchange.RequestFirstByte) * _secondsPerTick)));
    }
}
