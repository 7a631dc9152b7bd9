namespace Sidecar.Configuration;

/// <summary>Where events can go.</summary>
public enum EventSink : byte
{
    /// <summary>Nowhere.</summary>
    None,

    /// <summary>A file of JSON lines that rotates.</summary>
    Jsonl,

    /// <summary>Topics of Kafka.</summary>
    Kafka,
}

/// <summary>Whose values may be in events.</summary>
public enum EventCapture : byte
{
    None,
    Failed,
    All,
}

/// <summary>How events look on Kafka.</summary>
public enum KafkaMode : byte
{
    /// <summary>One event an exchange, of types of our own.</summary>
    Default,

    /// <summary>Two an exchange, as KServe's payload logger sends them.</summary>
    KServe,
}

/// <summary>Where sampled events are written.</summary>
public sealed record EventOptions
{
    /// <summary>Where events go: nowhere, to a rotating file of JSON lines, or to Kafka.</summary>
    public EventSink Sink { get; init; } = EventSink.None;

    /// <summary>Share of the ordinary exchanges that become events; failures and violations always do.</summary>
    public double Rate { get; init; } = 0.01;

    /// <summary>Whose values of tensors may be in events, as far as `redaction.allow` names them: nobody's, those of exchanges that failed or broke the contract or on which a shadow disagrees, or all.</summary>
    public EventCapture Capture { get; init; } = EventCapture.None;

    /// <summary>Most values of a tensor in an event.</summary>
    public int MaxValues { get; init; } = 256;

    /// <summary>The rotating file of JSON lines.</summary>
    public JsonlOptions Jsonl { get; init; } = new();

    /// <summary>The topics of Kafka.</summary>
    public KafkaOptions Kafka { get; init; } = new();
}

/// <summary>The topics of Kafka.</summary>
public sealed record KafkaOptions
{
    /// <summary>Bootstrap servers, `host:port`, several with commas between.</summary>
    public string? Brokers { get; init; }

    /// <summary>How events look: `default` is one event an exchange, `kserve-compat` is two, as KServe's payload logger sends them.</summary>
    public KafkaMode Mode { get; init; } = KafkaMode.Default;

    /// <summary>Name of the InferenceService in `kserve-compat` events; null means the model's name.</summary>
    public string? InferenceService { get; init; }

    /// <summary>The names of the topics; the sidecar makes none.</summary>
    public KafkaTopicOptions Topics { get; init; } = new();

    /// <summary>Largest data of an event, below the topics' max.message.bytes; larger data loses its largest members, and says so.</summary>
    public long MaxEvent { get; init; } = 900L << 10;

    /// <summary>Memory for events that wait, where there is no state.directory.</summary>
    public long Memory { get; init; } = 16L << 20;

    /// <summary>Events a second, beyond those that come in, with which what has waited is sent when brokers are back.</summary>
    public int DrainRate { get; init; } = 1000;

    /// <summary>TLS to the brokers.</summary>
    public KafkaTlsOptions Tls { get; init; } = new();

    /// <summary>Who the sidecar is to the brokers.</summary>
    public KafkaSaslOptions Sasl { get; init; } = new();

    /// <summary>Further settings of librdkafka, by its names; for those that this file has no key for.</summary>
    public IReadOnlyDictionary<string, string> Client { get; init; } = new Dictionary<string, string>();
}

/// <summary>The names of the topics.</summary>
public sealed record KafkaTopicOptions
{
    /// <summary>Topic of exchanges, keyed by request id.</summary>
    public string Exchanges { get; init; } = "sidecar.exchanges";

    /// <summary>Topic of reports: drift, contracts, discrepancies.</summary>
    public string Reports { get; init; } = "sidecar.reports";

    /// <summary>Topic of what the sidecar says of itself.</summary>
    public string Audit { get; init; } = "sidecar.audit";
}

/// <summary>TLS to the brokers.</summary>
public sealed record KafkaTlsOptions
{
    /// <summary>Whether the brokers are spoken to with TLS.</summary>
    public bool Enabled { get; init; }

    /// <summary>PEM file of the authorities that the brokers' certificates are trusted by; null means those of the system.</summary>
    public string? Ca { get; init; }

    /// <summary>PEM file with the certificate to show to the brokers; null means none.</summary>
    public string? Certificate { get; init; }

    /// <summary>PEM file with that certificate's key.</summary>
    public string? Key { get; init; }
}

/// <summary>How the sidecar says who it is.</summary>
public enum SaslChoice : byte
{
    None,
    Plain,
    ScramSha256,
    ScramSha512,
}

/// <summary>Who the sidecar is to the brokers.</summary>
public sealed record KafkaSaslOptions
{
    /// <summary>How it says who it is.</summary>
    public SaslChoice Mechanism { get; init; }

    /// <summary>Its name.</summary>
    public string? Username { get; init; }

    /// <summary>Path of the file with its password, and nothing else; read again when the brokers refuse it.</summary>
    public string? PasswordFile { get; init; }
}

/// <summary>The rotating file of JSON lines.</summary>
public sealed record JsonlOptions
{
    /// <summary>Path of the current file; older ones get a number.</summary>
    public string Path { get; init; } = "./sidecar-events.jsonl";

    /// <summary>Size at which the file is rotated.</summary>
    public long MaxBytes { get; init; } = 64L << 20;

    /// <summary>Files that are kept, the current one included.</summary>
    public int Files { get; init; } = 4;
}
