using static Sidecar.Telemetry.InstrumentKind;

namespace Sidecar.Telemetry;

/// <summary>
/// Every instrument of the program, named here and nowhere else: rules, dashboards and METRICS.md are checked against this list.
/// Names begin with <c>sidecar.</c>, but where OpenTelemetry has one (<c>gen_ai.*</c>). They
/// follow rules that give the same PromQL name over OTLP and over <c>/metrics</c>: no unit word and no <c>total</c> in a name;
/// a gauge with unit <c>1</c> ends in <c>.ratio</c>; info, boolean and count gauges have unit <c>{thing}</c> or none, never <c>1</c>.
/// </summary>
public static class Catalogue
{
    /// <summary>Name of the one meter that owns all instruments.</summary>
    public const string MeterName = "Sidecar";

    // Seconds. No bound is a whole number: `le="1"` is written "1" by one exporter and "1.0" by another, and a query would match only one of them.
    private static readonly double[] DurationBuckets =
        [.0005, .001, .0025, .005, .01, .025, .05, .075, .1, .25, .5, .75, 1.5, 2.5, 5.5, 10.5];

    // OpenTelemetry's own bounds for these three (semantic-conventions-genai: docs/gen-ai/gen-ai-metrics.md), each whole number moved to half a unit above it. Tokens are
    // whole numbers, so their buckets hold exactly the same; those above a million are left out, because one of the two ways to Prometheus writes them with an exponent. Two bounds
    // more tell small models apart.
    private static readonly double[] FirstTokenBuckets = [.001, .005, .01, .02, .04, .06, .08, .1, .25, .5, .75, 1.5, 2.5, 5.5, 7.5, 10.5];
    private static readonly double[] OutputTokenBuckets = [.0025, .005, .01, .025, .05, .075, .1, .15, .2, .3, .4, .5, .75, 1.5, 2.5];
    private static readonly double[] TokenBuckets = [1.5, 4.5, 16.5, 64.5, 256.5, 1024.5, 4096.5, 16384.5, 65536.5, 262144.5];

    /// <summary>First byte of the request seen to last byte of the response relayed.</summary>
    public static InstrumentDefinition InferenceDuration { get; } = new("sidecar.inference.duration", Histogram, "s",
        "Time from the first byte of a request to the last byte of its response, as the client sees it; error_type is set on failures only.",
        ["model", "model_version", "listener", "protocol", "error.type"], DurationBuckets) { MaxSeries = 512 };

    /// <summary>Request fully sent to first byte of the response.</summary>
    public static InstrumentDefinition UpstreamDuration { get; } = new("sidecar.upstream.duration", Histogram, "s",
        "Time the model server took: from the last byte of a request sent to it to the first byte of its response.",
        ["model", "model_version"], DurationBuckets) { MaxSeries = 128 };

    /// <summary>Attempts after the first, which count for success and latency as every attempt does.</summary>
    public static InstrumentDefinition InferenceRetries { get; } = new("sidecar.inference.retries", Counter, "{request}",
        "Inference requests that were tried before: by their own count (source=attempt_count), or because the same request id came within 30 s (source=request_id).",
        ["model", "model_version", "source"]);

    /// <summary>Tokens of generations.</summary>
    public static InstrumentDefinition TokenUsage { get; } = new("gen_ai.client.token.usage", Histogram, "{token}",
        "Tokens of each generation as the server counts them, input and output; nothing where it does not say.",
        ["model", "model_version", "gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.token.type"], TokenBuckets);

    /// <summary>First byte of the request seen to the first chunk with output.</summary>
    public static InstrumentDefinition TimeToFirstToken { get; } = new("gen_ai.server.time_to_first_token", Histogram, "s",
        "Time from the first byte of a request to the chunk that holds the first output, of streamed answers.",
        ["model", "model_version", "gen_ai.operation.name", "gen_ai.provider.name"], FirstTokenBuckets) { MaxSeries = 128 };

    /// <summary>Pace of a stream after its first token.</summary>
    public static InstrumentDefinition TimePerOutputToken { get; } = new("gen_ai.server.time_per_output_token", Histogram, "s",
        "Time for each output token after the first, of streamed answers of one choice that came to their end; source=usage: tokens as the server counts them, source=chunks: it does not, and each chunk with output is taken for one.",
        ["model", "model_version", "gen_ai.operation.name", "gen_ai.provider.name", "source"], OutputTokenBuckets);

    /// <summary>Why generations ended.</summary>
    public static InstrumentDefinition Generations { get; } = new("sidecar.generations", Counter, "{generation}",
        "Answered generations by why they ended, as the server says (stop, length, tool_calls, function_call, content_filter, other, none), or error (it broke off with an error inside the stream) or cut (somebody left).",
        ["model", "model_version", "gen_ai.operation.name", "finish_reason"]) { MaxSeries = 640 };

    /// <summary>The book of exchanges, by stage.</summary>
    public static InstrumentDefinition Exchanges { get; } = new("sidecar.exchanges", Counter, "{exchange}",
        "Exchanges by how far they got: observed = skipped + opaque + decoded + undecodable + dropped + pending.",
        ["listener", "stage", "reason"]) { MaxSeries = 512 };

    /// <summary>Requests or responses held against the contract.</summary>
    public static InstrumentDefinition ContractChecks { get; } = new("sidecar.contract.checks", Counter, "{request}",
        "Requests (side=input) and responses (side=output) held against the contract of the model.",
        ["model", "model_version", "side", "result"]);

    /// <summary>Single breaches of the contract.</summary>
    public static InstrumentDefinition ContractViolations { get; } = new("sidecar.contract.violations", Counter, "{violation}",
        "Breaches of the contract by kind and feature; one request can hold several.",
        ["model", "model_version", "side", "kind", "feature"]) { MaxSeries = 1024 };

    /// <summary>How completely features could be read.</summary>
    public static InstrumentDefinition FeatureExtractions { get; } = new("sidecar.feature.extractions", Counter, "{request}",
        "Requests by how completely their features could be read: complete, partial or failed.",
        ["model", "model_version", "result"]);

    /// <summary>Closed drift windows by verdict.</summary>
    public static InstrumentDefinition DriftWindows { get; } = new("sidecar.drift.windows", Counter, "{window}",
        "Closed drift windows by result: good, ticket, page, insufficient or uncalibrated.",
        ["model", "model_version", "side", "result"]);

    /// <summary>Distance of the live distribution from its reference.</summary>
    public static InstrumentDefinition DriftDistanceRatio { get; } = new("sidecar.drift.distance.ratio", ObservableGauge, "1",
        "Distance of the last window from the reference, 0 to 1: the point estimate and its lower confidence bound.",
        ["model", "model_version", "side", "feature", "bound"]) { MaxSeries = 1024 };

    /// <summary>Rows of a feature in the last window.</summary>
    public static InstrumentDefinition DriftRows { get; } = new("sidecar.drift.rows", ObservableGauge, "{row}",
        "Rows of a feature in the last window that was judged.",
        ["model", "model_version", "side", "feature"]) { MaxSeries = 1024 };

    /// <summary>φ of a feature.</summary>
    public static InstrumentDefinition DriftDispersion { get; } = new("sidecar.drift.dispersion", ObservableGauge, "",
        "How many times larger the dependence of rows makes the variance of a feature's counts; 1 for independent rows, absent while it is not known.",
        ["model", "model_version", "side", "feature"]) { MaxSeries = 1024 };

    /// <summary>Alarms of the drift engine that last.</summary>
    public static InstrumentDefinition DriftAlarms { get; } = new("sidecar.drift.alarms", ObservableGauge, "{alarm}",
        "Features whose drift alarm lasts, by severity: page or ticket.",
        ["model", "model_version", "side", "severity"]);

    /// <summary>Minutes by what drift came to in them.</summary>
    public static InstrumentDefinition DriftMinutes { get; } = new("sidecar.drift.minutes", Counter, "{minute}",
        "Minutes with traffic by the loudest drift alarm that lasted at their end: good, ticket, page; uncalibrated or insufficient where nothing could be judged.",
        ["model", "model_version", "result"]);

    /// <summary>CBPE.</summary>
    public static InstrumentDefinition EstimatedAccuracyRatio { get; } = new("sidecar.estimated.accuracy.ratio", ObservableGauge, "1",
        "An estimate without labels, not a measurement: share of right predictions in the last window, by their scores and the calibration of drift.calibration; blind to a change of what the scores mean, absent while unknown.",
        ["model", "model_version"]);

    /// <summary>Comparisons with a shadow model.</summary>
    public static InstrumentDefinition ShadowComparisons { get; } = new("sidecar.shadow.comparisons", Counter, "{comparison}",
        "Responses compared with those of a shadow model, by result.",
        ["model", "model_version", "shadow", "result"]);

    /// <summary>Largest output difference; in the unit of the model's output, which is unknown, hence no unit.</summary>
    public static InstrumentDefinition ShadowDifferenceMax { get; } = new("sidecar.shadow.difference.max", ObservableGauge, "",
        "Largest absolute difference between an output and the shadow's over the last 1,000 comparisons, in the unit of that output.",
        ["model", "model_version", "shadow"]);

    /// <summary>Share of rows with the same top class.</summary>
    public static InstrumentDefinition ShadowAgreementRatio { get; } = new("sidecar.shadow.agreement.ratio", ObservableGauge, "1",
        "Share of the last 1,000 comparisons in which the shadow agrees, near-ties left out.",
        ["model", "model_version", "shadow"]);

    /// <summary>The book of events, by stage.</summary>
    public static InstrumentDefinition Events { get; } = new("sidecar.events", Counter, "{event}",
        "Events by how far they got: accepted = persisted + possibly_persisted + dropped + pending.",
        ["type", "stage", "reason"]);

    /// <summary>Events that wait for the brokers.</summary>
    public static InstrumentDefinition SpoolRecords { get; } = new("sidecar.spool.records", ObservableGauge, "{event}",
        "Events that wait until Kafka's brokers acknowledge them, on disk or in memory, by topic; those of earlier runs included.",
        ["topic"]) { MaxSeries = 16 };

    /// <summary>What they take.</summary>
    public static InstrumentDefinition SpoolUsage { get; } = new("sidecar.spool.usage", ObservableGauge, "By",
        "What the events take that wait until Kafka's brokers acknowledge them, by topic.",
        ["topic"]) { MaxSeries = 16 };

    /// <summary>What was kept in the pod.</summary>
    public static InstrumentDefinition Redactions { get; } = new("sidecar.redactions", Counter, "{redaction}",
        "Texts and values that were kept from leaving the pod, by why (a pattern, a rule, not_allowed, …) and by what was done: drop, mask or hmac.",
        ["kind", "action"]) { MaxSeries = 64 };

    /// <summary>Anything but zero is a bug in the accounting.</summary>
    public static InstrumentDefinition LedgerImbalance { get; } = new("sidecar.ledger.imbalance", ObservableGauge, "{item}",
        "What is left over when a book is balanced; other than 0, the accounting itself is wrong.",
        ["book"]) { MaxSeries = 16 };

    /// <summary>Constant 1 that carries facts about a model as labels, for joins.</summary>
    public static InstrumentDefinition ModelInfo { get; } = new("sidecar.model.info", ObservableGauge, "",
        "Always 1; its labels say which models are served here and who owns them.",
        ["model", "model_version", "owner", "run_id"]) { MaxSeries = 128 };

    /// <summary>Open connections.</summary>
    public static InstrumentDefinition Connections { get; } = new("sidecar.connections", ObservableGauge, "{connection}",
        "Open client connections by listener and state.",
        ["listener", "state"]) { MaxSeries = 128 };

    /// <summary>Connections that are over.</summary>
    public static InstrumentDefinition ConnectionsEnded { get; } = new("sidecar.connections.ended", Counter, "{connection}",
        "Client connections that ended, by listener and by who ended them and how.",
        ["listener", "reason"]) { MaxSeries = 512 };

    /// <summary>A limit of connections or sockets was reached.</summary>
    public static InstrumentDefinition AcceptPauses { get; } = new("sidecar.accept.pauses", Counter, "{pause}",
        "How often no more connections were accepted for a while, because relay.maxConnections or the process's limit of open files was reached.",
        ["listener"]) { MaxSeries = 64 };

    /// <summary>Relayed bytes.</summary>
    public static InstrumentDefinition RelayIo { get; } = new("sidecar.relay.io", Counter, "By",
        "Bytes relayed, by listener and direction: request = from clients to the server, response = from the server to clients.",
        ["listener", "direction"]) { MaxSeries = 128 };

    /// <summary>When a certificate ends.</summary>
    public static InstrumentDefinition TlsCertificateNotAfter { get; } = new("sidecar.tls.certificate.not_after", ObservableGauge, "s",
        "Unix time at which the certificate that clients of a listener see stops being valid.",
        ["listener"]) { MaxSeries = 64 };

    /// <summary>The rates that thin what is counted or told.</summary>
    public static InstrumentDefinition SamplingRatio { get; } = new("sidecar.sampling.ratio", ObservableGauge, "1",
        "Share that is kept now: of the exchanges at the stage decode (lower than configured while the analysis is behind) and events (of ordinary ones), of the decoded exchanges at the stage shadow.",
        ["stage", "shadow"]) { MaxSeries = 16 };

    /// <summary>Bytes of the capture budget in use.</summary>
    public static InstrumentDefinition CaptureBufferUsage { get; } = new("sidecar.capture.buffer.usage", ObservableGauge, "By",
        "Memory of the capture budget in use by bodies not yet analysed.",
        []) { MaxSeries = 16 };

    /// <summary>Metric callbacks that threw.</summary>
    public static InstrumentDefinition CallbackFailures { get; } = new("sidecar.callback.failures", Counter, "{failure}",
        "Metric callbacks that failed; the series of that instrument are missing from that collection.",
        ["instrument"]) { MaxSeries = 64 };

    /// <summary>Batches handed to a telemetry sink.</summary>
    public static InstrumentDefinition Export { get; } = new("sidecar.export", Counter, "{batch}",
        "Batches of telemetry sent to a sink, by result; a success is one that the receiver acknowledged.",
        ["sink", "signal", "result"]) { MaxSeries = 32 };

    /// <summary>Spans and log records on their way.</summary>
    public static InstrumentDefinition ExportItems { get; } = new("sidecar.export.items", Counter, "{item}",
        "Spans and log records: sent = acknowledged by the receiver; dropped, by reason: their batch failed, or too many waited.",
        ["sink", "signal", "result", "reason"]) { MaxSeries = 32 };

    /// <summary>Requests of the application's own telemetry.</summary>
    public static InstrumentDefinition ReceivedRequests { get; } = new("sidecar.received.requests", Counter, "{request}",
        "Requests with telemetry that the application sent to otlpReceiver: forwarded = the receiver behind took it; rejected here for what it is, or failed behind, by reason. A sender that tries again is counted again.",
        ["signal", "protocol", "result", "reason"]) { MaxSeries = 64 };

    /// <summary>Spans, log records and data points in them.</summary>
    public static InstrumentDefinition ReceivedItems { get; } = new("sidecar.received.items", Counter, "{item}",
        "Spans, log records and data points in the requests that could be read, by the same results; partial_success: the receiver behind took the request without them.",
        ["signal", "result", "reason"]) { MaxSeries = 64 };

    /// <summary>All of them, in the order of METRICS.md.</summary>
    public static IReadOnlyList<InstrumentDefinition> All { get; } =
    [
        InferenceDuration, UpstreamDuration, InferenceRetries, TokenUsage, TimeToFirstToken, TimePerOutputToken, Generations, Exchanges, ContractChecks, ContractViolations, FeatureExtractions, DriftWindows, DriftDistanceRatio,
        DriftRows, DriftDispersion, DriftAlarms, DriftMinutes, EstimatedAccuracyRatio,
        ShadowComparisons, ShadowDifferenceMax, ShadowAgreementRatio, Events, SpoolRecords, SpoolUsage, Redactions, LedgerImbalance, ModelInfo, Connections,
        ConnectionsEnded, AcceptPauses, RelayIo, TlsCertificateNotAfter, SamplingRatio, CaptureBufferUsage,
        CallbackFailures, Export, ExportItems, ReceivedRequests, ReceivedItems,
    ];
}
