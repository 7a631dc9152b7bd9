using Sidecar.Tensors;
using static Sidecar.Configuration.Schema.Kinds;

namespace Sidecar.Configuration.Schema;

/// <summary>Every key there is. Descriptions equal the summaries of the options' properties; a test holds them together.</summary>
internal static class SidecarSchema
{
    private const long KiB = 1L << 10;
    private const long MiB = 1L << 20;
    private const long GiB = 1L << 30;

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly EndPointSetting Unset = new("0.0.0.0", 0);

    private static readonly ObjectSchema<TlsOptions> Tls = new ObjectSchema<TlsOptions>(() => new())
        .Key("certificate", OptionalFilePath, o => o.Certificate, (o, v) => o with { Certificate = v },
            "PEM file with the certificate that clients see and its issuers; null means clear text. Read again when it changes.")
        .Key("key", OptionalFilePath, o => o.Key, (o, v) => o with { Key = v },
            "PEM file with the certificate's key; null means that it is in the same file.")
        .Key("clientCertificates", Choice(("none", ClientCertificateMode.None), ("optional", ClientCertificateMode.Optional), ("required", ClientCertificateMode.Required)),
            o => o.ClientCertificates, (o, v) => o with { ClientCertificates = v },
            "Whether clients must show a certificate of their own.")
        .Key("clientCa", OptionalFilePath, o => o.ClientCa, (o, v) => o with { ClientCa = v },
            "PEM file of the authorities that clients' certificates are trusted by; null means those of the system.")
        .Key("alpn", new ListSchema<string>(AlpnName, () => "", 4), o => o.Alpn, (o, v) => o with { Alpn = v },
            "Application protocols that may be agreed on, best first; without any, an upstream with TLS chooses, and for others it is http/1.1 where the client offers it.");

    private static readonly ObjectSchema<UpstreamTlsOptions> UpstreamTls = new ObjectSchema<UpstreamTlsOptions>(() => new())
        .Key("ca", OptionalFilePath, o => o.Ca, (o, v) => o with { Ca = v },
            "PEM file of the authorities that the upstream's certificate is trusted by; null means those of the system.")
        .Key("serverName", OptionalLabel, o => o.ServerName, (o, v) => o with { ServerName = v },
            "Name that the upstream's certificate must have; null means the host of its address.")
        .Key("certificate", OptionalFilePath, o => o.Certificate, (o, v) => o with { Certificate = v },
            "PEM file with the certificate to show to the upstream; null means none.")
        .Key("key", OptionalFilePath, o => o.Key, (o, v) => o with { Key = v },
            "PEM file with that certificate's key; null means that it is in the same file.")
        .Key("verify", Bool, o => o.Verify, (o, v) => o with { Verify = v },
            "Whether the upstream's certificate is checked; without, anybody who answers at the address is believed.");

    private static readonly ObjectSchema<ListenerOptions> Listener = new ObjectSchema<ListenerOptions>(NewListener)
        .Key("name", Name, o => o.Name, (o, v) => o with { Name = v },
            "Name of the listener, the label `listener` of its metrics; unique.", required: true)
        .Key("listen", Kinds.Listen, o => o.Listen, (o, v) => o with { Listen = v },
            "Address to listen on; port 0 lets the system choose.", required: true)
        .Key("upstream", Kinds.Upstream, o => o.Upstream, (o, v) => o with { Upstream = v },
            "Address of the model server behind this listener.", required: true)
        .Key("tls", Tls, o => o.Tls, (o, v) => o with { Tls = v },
            "TLS towards clients; off without a certificate.")
        .Key("upstreamTls", UpstreamTls, o => o.UpstreamTls, (o, v) => o with { UpstreamTls = v },
            "TLS towards an upstream whose address begins with https://.");

    private static readonly ObjectSchema<HealthOptions> Health = new ObjectSchema<HealthOptions>(() => new())
        .Key("listen", Kinds.Listen, o => o.Listen, (o, v) => o with { Listen = v },
            "Address that serves /healthz, /readyz and /metrics; port 0 lets the system choose.");

    private static readonly ObjectSchema<ModelOptions> Model = new ObjectSchema<ModelOptions>(() => new())
        .Key("name", OptionalLabel, o => o.Name, (o, v) => o with { Name = v },
            "Name of the model, used where neither request nor response names one.")
        .Key("version", OptionalLabel, o => o.Version, (o, v) => o with { Version = v },
            "Version of the model, used where neither request nor response gives one.")
        .Key("owner", OptionalLabel, o => o.Owner, (o, v) => o with { Owner = v },
            "Team or person that answers for the model, a label of `model.info`.")
        .Key("runId", OptionalLabel, o => o.RunId, (o, v) => o with { RunId = v },
            "Training run that made the model, a label of `model.info`.");

    private static readonly ObjectSchema<InferenceRouteOptions> Route = new ObjectSchema<InferenceRouteOptions>(NewRoute)
        .Key("match", Kinds.RouteMatch, o => o.Match, (o, v) => o with { Match = v },
            "Method and path of its requests; a `*` at the end stands for any rest. The first route that matches counts.", required: true)
        .Key("protocol", Protocol, o => o.Protocol, (o, v) => o with { Protocol = v },
            "Protocol that they speak, whatever their path looks like: `json` is described by `inputs` and `outputs`, `none` is no inference.")
        .Key("model", OptionalLabel, o => o.Model, (o, v) => o with { Model = v },
            "Name of the model, used where neither request nor response names one.")
        .Key("version", OptionalLabel, o => o.Version, (o, v) => o with { Version = v },
            "Version of the model, used where neither request nor response gives one.")
        .Key("inputs", new MapSchema<JsonPath>(Label, Kinds.JsonPath, 256), o => o.Inputs, (o, v) => o with { Inputs = v },
            "Features of the requests, and where each of them is: a JSON Pointer or a JSONPath, and its datatype if that is not to be told by the values.")
        .Key("outputs", new MapSchema<JsonPath>(Label, Kinds.JsonPath, 256), o => o.Outputs, (o, v) => o with { Outputs = v },
            "Features of the answers, likewise.");

    // A body is held in one array, hence 1 GiB at most.
    private static readonly ObjectSchema<CaptureOptions> Capture = new ObjectSchema<CaptureOptions>(() => new())
        .Key("budget", Size(MiB, 1024 * GiB), o => o.Budget, (o, v) => o with { Budget = v },
            "Memory for copied bodies in the whole process; over it, exchanges are counted without their bodies.")
        .Key("maxBody", Size(KiB, GiB), o => o.MaxBody, (o, v) => o with { MaxBody = (int)v },
            "Largest request or response body that is copied; a larger one is relayed and counted, not decoded.")
        .Key("decodeRate", Rate, o => o.DecodeRate, (o, v) => o with { DecodeRate = v },
            "Share of the exchanges whose bodies are decoded; success and latency always count every exchange.");

    private static readonly ObjectSchema<ContractOptions> Contract = new ObjectSchema<ContractOptions>(() => new())
        .Key("fetchMetadata", Bool, o => o.FetchMetadata, (o, v) => o with { FetchMetadata = v },
            "Ask the model server for its metadata, the only connection that the sidecar opens to it by itself.");

    // Every exported feature is some ten time series for each side and model version.
    private static readonly ObjectSchema<FeatureOptions> Features = new ObjectSchema<FeatureOptions>(() => new())
        .Key("critical", new ListSchema<string>(Label, () => "", 1024), o => o.Critical, (o, v) => o with { Critical = v },
            "Names of the features that are exported always, whatever the others do.")
        .Key("maxExported", Integer(0, 1024), o => o.MaxExported, (o, v) => o with { MaxExported = v },
            "Most features that get time series of their own, critical ones included.");

    private static readonly ObjectSchema<DriftWindowOptions> Window = new ObjectSchema<DriftWindowOptions>(() => new())
        .Key("minRows", Integer(1, 10_000_000), o => o.MinRows, (o, v) => o with { MinRows = v },
            "Fewest rows that a window needs to be judged; with fewer it is reported as insufficient.")
        .Key("every", Duration(Second, 24 * Hour), o => o.Every, (o, v) => o with { Every = v },
            "How long a window lasts.");

    private static readonly ObjectSchema<DriftOptions> Drift = new ObjectSchema<DriftOptions>(() => new())
        .Key("reference", OptionalFilePath, o => o.Reference, (o, v) => o with { Reference = v },
            "Path of a profile that `sidecar profile build` made; null means that each pod learns from its own first requests, and then nothing pages.")
        .Key("calibration", OptionalFilePath, o => o.Calibration, (o, v) => o with { Calibration = v },
            "Path of a calibration that `sidecar profile build --calibration-score` made, by which accuracy is estimated without labels; null means that it is not.")
        .Key("burnIn", Integer(1, 10_000_000), o => o.BurnIn, (o, v) => o with { BurnIn = v },
            "Requests that the reference is learned from before drift is judged.")
        .Key("delta", Rate, o => o.Delta, (o, v) => o with { Delta = v },
            "Distance from the reference, 0 to 1, that its lower confidence bound must exceed before drift counts.")
        .Key("replicas", Integer(1, 100_000), o => o.Replicas, (o, v) => o with { Replicas = v },
            "Pods that serve this model; the budget for false alarms is divided by it.")
        .Key("window", Window, o => o.Window, (o, v) => o with { Window = v },
            "The window that is compared with the reference.");

    private static readonly ObjectSchema<ShadowOptions> Shadow = new ObjectSchema<ShadowOptions>(NewShadow)
        .Key("name", Name, o => o.Name, (o, v) => o with { Name = v },
            "Name of the candidate, the label `shadow` of its metrics; unique.", required: true)
        .Key("file", FilePath, o => o.File, (o, v) => o with { File = v },
            "Path of its ONNX file.", required: true)
        .Key("rate", Rate, o => o.Rate, (o, v) => o with { Rate = v },
            "Share of the decoded requests that it scores; which ones is decided by a hash, so it can be repeated.");

    private static readonly ObjectSchema<JsonlOptions> Jsonl = new ObjectSchema<JsonlOptions>(() => new())
        .Key("path", FilePath, o => o.Path, (o, v) => o with { Path = v },
            "Path of the current file; older ones get a number.")
        .Key("maxBytes", Size(64 * KiB, 1024 * GiB), o => o.MaxBytes, (o, v) => o with { MaxBytes = v },
            "Size at which the file is rotated.")
        .Key("files", Integer(1, 1000), o => o.Files, (o, v) => o with { Files = v },
            "Files that are kept, the current one included.");

    private static readonly ObjectSchema<KafkaTopicOptions> KafkaTopics = new ObjectSchema<KafkaTopicOptions>(() => new())
        .Key("exchanges", Topic, o => o.Exchanges, (o, v) => o with { Exchanges = v },
            "Topic of exchanges, keyed by request id.")
        .Key("reports", Topic, o => o.Reports, (o, v) => o with { Reports = v },
            "Topic of reports: drift, contracts, discrepancies.")
        .Key("audit", Topic, o => o.Audit, (o, v) => o with { Audit = v },
            "Topic of what the sidecar says of itself.");

    private static readonly ObjectSchema<KafkaTlsOptions> KafkaTls = new ObjectSchema<KafkaTlsOptions>(() => new())
        .Key("enabled", Bool, o => o.Enabled, (o, v) => o with { Enabled = v },
            "Whether the brokers are spoken to with TLS.")
        .Key("ca", OptionalFilePath, o => o.Ca, (o, v) => o with { Ca = v },
            "PEM file of the authorities that the brokers' certificates are trusted by; null means those of the system.")
        .Key("certificate", OptionalFilePath, o => o.Certificate, (o, v) => o with { Certificate = v },
            "PEM file with the certificate to show to the brokers; null means none.")
        .Key("key", OptionalFilePath, o => o.Key, (o, v) => o with { Key = v },
            "PEM file with that certificate's key.");

    private static readonly ObjectSchema<KafkaSaslOptions> KafkaSasl = new ObjectSchema<KafkaSaslOptions>(() => new())
        .Key("mechanism", Choice(("none", SaslChoice.None), ("plain", SaslChoice.Plain), ("scram-sha-256", SaslChoice.ScramSha256), ("scram-sha-512", SaslChoice.ScramSha512)),
            o => o.Mechanism, (o, v) => o with { Mechanism = v },
            "How it says who it is.")
        .Key("username", OptionalLabel, o => o.Username, (o, v) => o with { Username = v },
            "Its name.")
        .Key("passwordFile", OptionalFilePath, o => o.PasswordFile, (o, v) => o with { PasswordFile = v },
            "Path of the file with its password, and nothing else; read again when the brokers refuse it.");

    private static readonly ObjectSchema<KafkaOptions> Kafka = new ObjectSchema<KafkaOptions>(() => new())
        .Key("brokers", OptionalLabel, o => o.Brokers, (o, v) => o with { Brokers = v },
            "Bootstrap servers, `host:port`, several with commas between.")
        .Key("mode", Choice(("default", KafkaMode.Default), ("kserve-compat", KafkaMode.KServe)), o => o.Mode, (o, v) => o with { Mode = v },
            "How events look: `default` is one event an exchange, `kserve-compat` is two, as KServe's payload logger sends them.")
        .Key("inferenceService", OptionalLabel, o => o.InferenceService, (o, v) => o with { InferenceService = v },
            "Name of the InferenceService in `kserve-compat` events; null means the model's name.")
        .Key("topics", KafkaTopics, o => o.Topics, (o, v) => o with { Topics = v },
            "The names of the topics; the sidecar makes none.")
        .Key("maxEvent", Size(KiB, 64 * MiB), o => o.MaxEvent, (o, v) => o with { MaxEvent = v },
            "Largest data of an event, below the topics' max.message.bytes; larger data loses its largest members, and says so.")
        .Key("compression", Choice(("none", KafkaCompression.None), ("gzip", KafkaCompression.Gzip), ("snappy", KafkaCompression.Snappy), ("lz4", KafkaCompression.Lz4), ("zstd", KafkaCompression.Zstd)),
            o => o.Compression, (o, v) => o with { Compression = v },
            "How batches are packed: any consumer can read gzip, which costs several times the CPU of lz4; kafkajs for one needs a codec for anything else.")
        .Key("memory", Size(MiB, 16 * GiB), o => o.Memory, (o, v) => o with { Memory = v },
            "Memory for events that wait, where there is no state.directory.")
        .Key("drainRate", Integer(1, 1_000_000), o => o.DrainRate, (o, v) => o with { DrainRate = v },
            "Events a second, beyond those that come in, with which what has waited is sent when brokers are back.")
        .Key("tls", KafkaTls, o => o.Tls, (o, v) => o with { Tls = v },
            "TLS to the brokers.")
        .Key("sasl", KafkaSasl, o => o.Sasl, (o, v) => o with { Sasl = v },
            "Who the sidecar is to the brokers.")
        .Key("client", new MapSchema<string>(Label, Label, 64), o => o.Client, (o, v) => o with { Client = v },
            "Further settings of librdkafka, by its names; for those that this file has no key for.");

    private static readonly ObjectSchema<EventOptions> Events = new ObjectSchema<EventOptions>(() => new())
        .Key("sink", Choice(("none", EventSink.None), ("jsonl", EventSink.Jsonl), ("kafka", EventSink.Kafka)), o => o.Sink, (o, v) => o with { Sink = v },
            "Where events go: nowhere, to a rotating file of JSON lines, or to Kafka.")
        .Key("rate", Rate, o => o.Rate, (o, v) => o with { Rate = v },
            "Share of the ordinary exchanges that become events; failures and violations always do.")
        .Key("capture", Choice(("none", EventCapture.None), ("failed", EventCapture.Failed), ("all", EventCapture.All)), o => o.Capture, (o, v) => o with { Capture = v },
            "Whose values of tensors may be in events, as far as `redaction.allow` names them: nobody's, those of exchanges that failed or broke the contract or on which a shadow disagrees, or all.")
        .Key("maxValues", Integer(1, 1_000_000), o => o.MaxValues, (o, v) => o with { MaxValues = v },
            "Most values of a tensor in an event.")
        .Key("jsonl", Jsonl, o => o.Jsonl, (o, v) => o with { Jsonl = v },
            "The rotating file of JSON lines.")
        .Key("kafka", Kafka, o => o.Kafka, (o, v) => o with { Kafka = v },
            "The topics of Kafka.");

    private static readonly ObjectSchema<StateOptions> State = new ObjectSchema<StateOptions>(() => new())
        .Key("directory", OptionalFilePath, o => o.Directory, (o, v) => o with { Directory = v },
            "Folder for what must outlive the process, on a volume of the pod's own; null means that nothing does.")
        .Key("spoolLimit", Size(MiB, 1024 * GiB), o => o.SpoolLimit, (o, v) => o with { SpoolLimit = v },
            "Most that events take there which brokers have yet to acknowledge.")
        .Key("whenFull", Choice(("drop-oldest", WhenFull.DropOldest), ("drop-newest", WhenFull.DropNewest)), o => o.WhenFull, (o, v) => o with { WhenFull = v },
            "What gives way at that limit; either is counted.");

    private static readonly ObjectSchema<RedactionRuleOptions> RedactionRule = new ObjectSchema<RedactionRuleOptions>(NewRedactionRule)
        .Key("name", Label, o => o.Name, (o, v) => o with { Name = v },
            "A feature, with a `*` at the end for any rest, or a place in JSON bodies: a JSON Pointer or a JSONPath, with everything below it.", required: true)
        .Key("action", Choice(("drop", RedactionChoice.Drop), ("mask", RedactionChoice.Mask), ("hmac", RedactionChoice.Hmac)), o => o.Action, (o, v) => o with { Action = v },
            "What is done with its values.");

    private static readonly ObjectSchema<RedactionOptions> Redaction = new ObjectSchema<RedactionOptions>(() => new())
        .Key("rules", new ListSchema<RedactionRuleOptions>(RedactionRule, NewRedactionRule, 256), o => o.Rules, (o, v) => o with { Rules = v },
            "What is taken away of what may leave, by feature or path; the strongest rule wins: drop, then mask, then hmac.")
        .Key("allow", new ListSchema<string>(Label, () => "", 1024), o => o.Allow, (o, v) => o with { Allow = v },
            "Features (`age`, `user_*`, `*`) and paths of JSON bodies (`/user/age`) whose values may leave where values are captured; of others none does.")
        .Key("patterns", Choice(("drop", RedactionChoice.Drop), ("mask", RedactionChoice.Mask), ("hmac", RedactionChoice.Hmac), ("none", RedactionChoice.None)),
            o => o.Patterns, (o, v) => o with { Patterns = v },
            "What is done with what looks like mail addresses, card, account and phone numbers, IP addresses, tokens and keys in any text.")
        .Key("except", new ListSchema<string>(Pattern, () => "", 16), o => o.Except, (o, v) => o with { Except = v },
            "Patterns that are not looked for.")
        .Key("keyFile", OptionalFilePath, o => o.KeyFile, (o, v) => o with { KeyFile = v },
            "Path of a file with the key of tokens, at least 16 bytes; null means that no rule makes tokens.")
        .Key("classification", OptionalLabel, o => o.Classification, (o, v) => o with { Classification = v },
            "Value of `dataclassification` of events with values inside; null means `redacted` or `captured`, by what was done.");

    private static readonly ObjectSchema<TraceOptions> Traces = new ObjectSchema<TraceOptions>(() => new())
        .Key("rate", Rate, o => o.Rate, (o, v) => o with { Rate = v },
            "Share of the exchanges without a trace of their caller that become spans; failures and violations always do, and what the caller samples.");

    private static readonly ObjectSchema<OtlpReceiverOptions> OtlpReceiver = new ObjectSchema<OtlpReceiverOptions>(() => new())
        .Key("grpc", OptionalListen, o => o.Grpc, (o, v) => o with { Grpc = v },
            "Address that takes OTLP over gRPC, best on loopback, such as 127.0.0.1:4317; null means none.")
        .Key("http", OptionalListen, o => o.Http, (o, v) => o with { Http = v },
            "Address that takes OTLP over HTTP, in protobuf or JSON, best on loopback, such as 127.0.0.1:4318; null means none.")
        .Key("forwardTo", OptionalAddress, o => o.ForwardTo, (o, v) => o with { ForwardTo = v },
            "Base address of the receiver that it is sent on to, over HTTP, such as http://collector:4318; needed with either.");

    private static readonly ObjectSchema<RelayOptions> Relay = new ObjectSchema<RelayOptions>(() => new())
        .Key("threads", Integer(0, 256), o => o.Threads, (o, v) => o with { Threads = v },
            "Threads that relay; 0 means 1 below four cores, else a quarter of the cores.")
        .Key("maxConnections", Integer(1, 1_000_000), o => o.MaxConnections, (o, v) => o with { MaxConnections = v },
            "Most client connections at a time; further ones wait in the backlog.")
        .Key("backlog", Integer(1, 65535), o => o.Backlog, (o, v) => o with { Backlog = v },
            "Connections that the system queues for each listener before it refuses more.")
        .Key("idleTimeout", Duration(TimeSpan.Zero, TimeSpan.FromHours(24)), o => o.IdleTimeout, (o, v) => o with { IdleTimeout = v },
            "When a connection on which nothing moves and no exchange is under way is closed; 0s leaves that to client and server.")
        .Key("socketBuffers", Size(0, 64 * MiB), o => o.SocketBuffers, (o, v) => o with { SocketBuffers = v },
            "Send and receive buffer of each socket; 0 leaves them to the system, which sizes them as it goes.");

    private static readonly ObjectSchema<ShutdownOptions> Shutdown = new ObjectSchema<ShutdownOptions>(() => new())
        .Key("keepAccepting", Duration(TimeSpan.Zero, Hour), o => o.KeepAccepting, (o, v) => o with { KeepAccepting = v },
            "How long after SIGTERM connections are still accepted, while endpoints forget this pod.")
        .Key("deadline", Duration(TimeSpan.Zero, Hour), o => o.Deadline, (o, v) => o with { Deadline = v },
            "When after SIGTERM what is still open is closed; keep it below terminationGracePeriodSeconds.");

    /// <summary>The root of the tree.</summary>
    public static ObjectSchema<SidecarOptions> Root { get; } = new ObjectSchema<SidecarOptions>(() => new())
        .Key("upstream", Kinds.Upstream, o => o.Upstream, (o, v) => o with { Upstream = v },
            "Address of the model server that the first listener relays to.")
        .Key("listen", Kinds.Listen, o => o.Listen, (o, v) => o with { Listen = v },
            "Address on which clients reach the model server through the sidecar; port 0 lets the system choose.")
        .Key("tls", Tls, o => o.Tls, (o, v) => o with { Tls = v },
            "TLS towards clients; off without a certificate.")
        .Key("upstreamTls", UpstreamTls, o => o.UpstreamTls, (o, v) => o with { UpstreamTls = v },
            "TLS towards an upstream whose address begins with https://.")
        .Key("listeners", new ListSchema<ListenerOptions>(Listener, NewListener, 32), o => o.Listeners, (o, v) => o with { Listeners = v },
            "Further pairs of listener and upstream, for servers that use one port for REST and one for gRPC.")
        .Key("health", Health, o => o.Health, (o, v) => o with { Health = v },
            "The read-only endpoint for probes and metrics.")
        .Key("model", Model, o => o.Model, (o, v) => o with { Model = v },
            "What to call the model when its traffic does not say.")
        .Key("routes", new ListSchema<InferenceRouteOptions>(Route, NewRoute, 64), o => o.Routes, (o, v) => o with { Routes = v },
            "What requests are whose paths do not say it: JSON APIs of one's own, and corrections.")
        .Key("capture", Capture, o => o.Capture, (o, v) => o with { Capture = v },
            "How much of the traffic is copied for analysis.")
        .Key("contract", Contract, o => o.Contract, (o, v) => o with { Contract = v },
            "The contract that requests and responses are checked against.")
        .Key("features", Features, o => o.Features, (o, v) => o with { Features = v },
            "Which features are watched and exported.")
        .Key("drift", Drift, o => o.Drift, (o, v) => o with { Drift = v },
            "Drift of inputs and outputs against the reference.")
        .Key("shadows", new ListSchema<ShadowOptions>(Shadow, NewShadow, 8), o => o.Shadows, (o, v) => o with { Shadows = v },
            "Candidate models that re-score a sample of the traffic.")
        .Key("events", Events, o => o.Events, (o, v) => o with { Events = v },
            "Where sampled events are written.")
        .Key("state", State, o => o.State, (o, v) => o with { State = v },
            "What is kept on disk.")
        .Key("redaction", Redaction, o => o.Redaction, (o, v) => o with { Redaction = v },
            "What may leave the pod of texts and values.")
        .Key("traces", Traces, o => o.Traces, (o, v) => o with { Traces = v },
            "Which exchanges become spans.")
        .Key("otlpReceiver", OtlpReceiver, o => o.OtlpReceiver, (o, v) => o with { OtlpReceiver = v },
            "Where the application's own telemetry is received and sent on.")
        .Key("relay", Relay, o => o.Relay, (o, v) => o with { Relay = v },
            "Threads and limits of the relay.")
        .Key("shutdown", Shutdown, o => o.Shutdown, (o, v) => o with { Shutdown = v },
            "What happens between SIGTERM and the end of the process.");

    // Stand-ins for keys that are required: when one is missing there are errors and no options.
    private static ListenerOptions NewListener() => new() { Name = "", Listen = Unset, Upstream = new("", 0) };

    private static InferenceRouteOptions NewRoute() => new() { Match = new("", "", IsPrefix: false) };

    private static RedactionRuleOptions NewRedactionRule() => new() { Name = "" };

    private static ShadowOptions NewShadow() => new() { Name = "", File = "" };
}
