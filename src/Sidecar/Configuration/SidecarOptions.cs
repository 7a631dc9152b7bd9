namespace Sidecar.Configuration;

/// <summary>Everything a person can configure; the defaults alone make a working sidecar.</summary>
public sealed record SidecarOptions
{
    /// <summary>The name that the first pair, <see cref="Listen"/> and <see cref="Upstream"/>, has in metrics and logs.</summary>
    public const string DefaultListenerName = "default";

    /// <summary>Address of the model server that the first listener relays to.</summary>
    public UpstreamSetting Upstream { get; init; } = new("127.0.0.1", 8080);

    /// <summary>Address on which clients reach the model server through the sidecar; port 0 lets the system choose.</summary>
    public EndPointSetting Listen { get; init; } = new("0.0.0.0", 9180);

    /// <summary>TLS towards clients; off without a certificate.</summary>
    public TlsOptions Tls { get; init; } = new();

    /// <summary>TLS towards an upstream whose address begins with https://.</summary>
    public UpstreamTlsOptions UpstreamTls { get; init; } = new();

    /// <summary>Further pairs of listener and upstream, for servers that use one port for REST and one for gRPC.</summary>
    public IReadOnlyList<ListenerOptions> Listeners { get; init; } = [];

    /// <summary>The read-only endpoint for probes and metrics.</summary>
    public HealthOptions Health { get; init; } = new();

    /// <summary>What to call the model when its traffic does not say.</summary>
    public ModelOptions Model { get; init; } = new();

    /// <summary>What requests are whose paths do not say it: JSON APIs of one's own, and corrections.</summary>
    public IReadOnlyList<InferenceRouteOptions> Routes { get; init; } = [];

    /// <summary>How much of the traffic is copied for analysis.</summary>
    public CaptureOptions Capture { get; init; } = new();

    /// <summary>The contract that requests and responses are checked against.</summary>
    public ContractOptions Contract { get; init; } = new();

    /// <summary>Which features are watched and exported.</summary>
    public FeatureOptions Features { get; init; } = new();

    /// <summary>Drift of inputs and outputs against the reference.</summary>
    public DriftOptions Drift { get; init; } = new();

    /// <summary>Candidate models that re-score a sample of the traffic.</summary>
    public IReadOnlyList<ShadowOptions> Shadows { get; init; } = [];

    /// <summary>Where sampled events are written.</summary>
    public EventOptions Events { get; init; } = new();

    /// <summary>What is kept on disk.</summary>
    public StateOptions State { get; init; } = new();

    /// <summary>What may leave the pod of texts and values.</summary>
    public RedactionOptions Redaction { get; init; } = new();

    /// <summary>Which exchanges become spans.</summary>
    public TraceOptions Traces { get; init; } = new();

    /// <summary>Where the application's own telemetry is received and sent on.</summary>
    public OtlpReceiverOptions OtlpReceiver { get; init; } = new();

    /// <summary>Threads and limits of the relay.</summary>
    public RelayOptions Relay { get; init; } = new();

    /// <summary>What happens between SIGTERM and the end of the process.</summary>
    public ShutdownOptions Shutdown { get; init; } = new();

    /// <summary>Every pair to serve: the first, named <see cref="DefaultListenerName"/>, then <see cref="Listeners"/> in their order.</summary>
    public IEnumerable<ListenerOptions> AllListeners() =>
        [new ListenerOptions { Name = DefaultListenerName, Listen = Listen, Upstream = Upstream, Tls = Tls, UpstreamTls = UpstreamTls }, .. Listeners];
}
