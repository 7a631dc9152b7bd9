using Sidecar.Model;
using Sidecar.Telemetry;

namespace Sidecar.Receive;

/// <summary>
/// One request of the application's telemetry, whichever way it came: read, sent on, counted, and answered as the receiver behind answered. Nothing waits here: the application's
/// exporter has a queue and tries again, and a second one would only be a second place to lose things.
/// </summary>
internal sealed partial class OtlpIntake(OtlpForwarder forwarder, ReceiveBook book, Uri target, TimeProvider time, ILogger log)
{
    public const string Protobuf = "application/x-protobuf";
    public const string Json = "application/json";

    /// <summary>Of a body, compressed or not: what gRPC's servers take if nothing is said.</summary>
    public const int MaxBody = 4 << 20;

    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(10);

    private readonly Lock _gate = new();
    private readonly Dictionary<(OtlpSignal, ReceiveOutcome), long> _said = [];

    /// <param name="signal">What its path says that it is.</param>
    /// <param name="grpc">How it came.</param>
    /// <param name="sent">The bytes to send on.</param>
    /// <param name="plain">The same without their coding.</param>
    /// <param name="json">Its form; protobuf otherwise.</param>
    /// <param name="contentType">As it was named.</param>
    /// <param name="contentEncoding">Of <paramref name="sent"/>; null for none.</param>
    /// <param name="headers">The request's fields, or metadata.</param>
    /// <param name="left">The application does not wait any more.</param>
    public async Task<ForwardAnswer> TakeAsync(
        OtlpSignal signal, bool grpc, ReadOnlyMemory<byte> sent, ReadOnlyMemory<byte> plain, bool json, string contentType, string? contentEncoding, IHeaderDictionary headers, CancellationToken left)
    {
        var body = json ? OtlpBody.ReadJson(signal, plain.Span) : OtlpBody.ReadProtobuf(signal, plain.Span);
        if (body.Problem is { } problem)
            return Reject(signal, grpc, ReceiveOutcome.Malformed, StatusCodes.Status400BadRequest, $"not a request of OTLP {signal.Label()}: {problem}");
        var answer = await forwarder.SendAsync(signal, sent, contentType, contentEncoding, headers, left).ConfigureAwait(false);
        book.Count(signal, grpc, answer.Outcome, body.Items, answer.Outcome == ReceiveOutcome.Forwarded ? OtlpForwarder.RejectedIn(answer) : 0);
        if (answer.Problem is not null)
            Say(signal, answer.Outcome, $"{target} {answer.Problem}");
        return answer;
    }

    /// <summary>Counts a request that is not sent on, and says so.</summary>
    public ForwardAnswer Reject(OtlpSignal signal, bool grpc, ReceiveOutcome outcome, int status, string problem)
    {
        book.Count(signal, grpc, outcome);
        if (outcome != ReceiveOutcome.Canceled)
            Say(signal, outcome, problem);
        return new ForwardAnswer(outcome, status, [], Problem: problem);
    }

    // An exporter sends every few seconds: what is wrong with one is mostly wrong with all.
    private void Say(OtlpSignal signal, ReceiveOutcome outcome, string problem)
    {
        lock (_gate)
        {
            if (_said.TryGetValue((signal, outcome), out var when) && time.GetElapsedTime(when) < Quiet)
                return;
            _said[(signal, outcome)] = time.GetTimestamp();
        }

        Log.Trouble(log, signal.Label(), problem, Labels<ReceiveOutcome>.Of((int)outcome));
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.ReceiverTrouble, LogLevel.Warning, "{Signal} of the application are not taken: {Problem} (counted as {Reason} in sidecar_received_requests_total; said again in ten minutes at the earliest)")]
        public static partial void Trouble(ILogger logger, string signal, string problem, string reason);
    }
}
