namespace Sidecar.Emit.Kafka;

/// <summary>Where and how events go to Kafka; see <c>events.kafka</c> in the configuration.</summary>
public sealed record KafkaSettings
{
    /// <summary>Bootstrap servers, <c>host:port,host:port</c>.</summary>
    public required string Brokers { get; init; }

    /// <summary>Who speaks, without the stream: <c>/sidecar/namespace/pod/epoch</c>.</summary>
    public required string Source { get; init; }

    public string ExchangesTopic { get; init; } = "sidecar.exchanges";
    public string ReportsTopic { get; init; } = "sidecar.reports";
    public string AuditTopic { get; init; } = "sidecar.audit";

    /// <summary>Bytes of one record on the wire, at most; larger data is cut down, with a flag.</summary>
    public int MaxEvent { get; init; } = 900 << 10;

    /// <summary>Records a second, beyond those that come in, with which a backlog is worked off.</summary>
    public int DrainRate { get; init; } = 1000;

    /// <summary>Memory for events that wait, where there is no state directory.</summary>
    public long Memory { get; init; } = 16L << 20;

    /// <summary>Events that may wait for the thread that writes them down.</summary>
    public int Queue { get; init; } = 16 * 1024;

    /// <summary>Where events are written down before they are sent; null = memory only.</summary>
    public string? SpoolDirectory { get; init; }

    public long SpoolLimit { get; init; } = 256L << 20;

    /// <summary>At the limit the newest events are refused, instead of the oldest being given up.</summary>
    public bool DropNewest { get; init; }

    /// <summary>How often what was written is forced to the disk.</summary>
    public TimeSpan SyncEvery { get; init; } = TimeSpan.FromSeconds(1);

    public KafkaSecurity Security { get; init; } = new();

    /// <summary>Further settings of librdkafka, by its names.</summary>
    public IReadOnlyDictionary<string, string> Client { get; init; } = new Dictionary<string, string>();
}

/// <summary>How the brokers are trusted, and who we are to them. Secrets come from files and are read anew with each connection attempt after a refusal.</summary>
public sealed record KafkaSecurity
{
    /// <summary>TLS to the brokers.</summary>
    public bool Tls { get; init; }

    /// <summary>PEM file of the authorities; null = those of the system.</summary>
    public string? Ca { get; init; }

    /// <summary>PEM file with our certificate; null = none.</summary>
    public string? Certificate { get; init; }

    /// <summary>PEM file with its key.</summary>
    public string? Key { get; init; }

    /// <summary><c>PLAIN</c>, <c>SCRAM-SHA-256</c>, <c>SCRAM-SHA-512</c>; null = no SASL.</summary>
    public string? Mechanism { get; init; }

    public string? Username { get; init; }

    /// <summary>File that holds the password, and nothing else but a line break.</summary>
    public string? PasswordFile { get; init; }
}
