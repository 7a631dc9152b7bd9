using Confluent.Kafka;
using Sidecar.Telemetry;

namespace Sidecar.Emit.Kafka;

/// <summary>The producer: made of the settings, and made anew when the brokers refuse who we are (the secret may have been changed) or it can't go on.</summary>
internal sealed partial class KafkaClient : IDisposable
{
    // What is wrong is known by its topic, or by one of these. So bad credentials are said also when the brokers could not be reached before.
    private const string Connection = "";
    private const string Identity = "!";

    private static readonly TimeSpan AnewAfter = TimeSpan.FromSeconds(10);
    private readonly KafkaSettings _settings;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Lock _gate = new();
    private readonly SortedList<string, string> _troubles = new(StringComparer.Ordinal);
    private IProducer<byte[], byte[]>? _producer;
    private long _made;
    private bool _isFailed;
    private volatile bool _isTroubled;
    private volatile bool _isSpent;
    private volatile bool _isRefused;
    private volatile bool _isUnreached;
    private volatile bool _isAnswered;

    public KafkaClient(KafkaSettings settings, TimeProvider time, ILogger log)
    {
        _settings = settings;
        _time = time;
        _log = log;
    }

    /// <summary>Why nothing gets through; null when nothing is known to be wrong.</summary>
    public string? Trouble
    {
        get
        {
            lock (_gate)
                return _troubles.Count > 0 ? _troubles.GetValueAtIndex(0) : null;
        }
    }

    /// <summary>The producer can't be used any more, or who we are is refused: what it has not answered must be sent by the next one.</summary>
    public bool IsSpent => (_isSpent || _isRefused) && _time.GetElapsedTime(_made) > AnewAfter;

    /// <summary>A broker may have something that it did not answer. Not so where none was ever reached.</summary>
    public bool MayHaveSent => _isAnswered || !_isUnreached;

    /// <summary>The producer; null where it can't be made, which is said once.</summary>
    public IProducer<byte[], byte[]>? Producer
    {
        get
        {
            if (_producer is not null)
                return _producer;
            if (_isFailed && _time.GetElapsedTime(_made) < AnewAfter)
                return null;
            _made = _time.GetTimestamp();
            _isFailed = true;
            try
            {
                _producer = Make();
                _isFailed = false;
            }
            catch (Exception e) when (e is InvalidOperationException or KafkaException or IOException or UnauthorizedAccessException or ArgumentException)
            {
                Complain(Identity, e.Message);
            }

            return _producer;
        }
    }

    /// <summary>Lets the producer go, with all that waits in it; the next one is made on demand.</summary>
    public void Renew()
    {
        var producer = _producer;
        _producer = null;
        _isFailed = false;
        producer?.Dispose();
        _isSpent = _isRefused = false; // behind the last call of its handlers
    }

    /// <summary>Something was delivered to a topic.</summary>
    public void Recovered(string topic)
    {
        _isAnswered = true;
        _isRefused = false;
        if (!_isTroubled)
            return;
        bool isBack, isTopicBack;
        lock (_gate)
        {
            isBack = _troubles.Remove(Connection) | _troubles.Remove(Identity);
            isTopicBack = _troubles.Remove(topic);
            _isTroubled = _troubles.Count > 0;
        }

        if (isBack)
            Log.Recovered(_log, "Kafka", _settings.Brokers);
        if (isTopicBack)
            Log.Recovered(_log, $"topic {topic}", _settings.Brokers);
    }

    /// <summary>Says what is wrong, with a topic or the connection, once until something is delivered again.</summary>
    public void Complain(string about, string problem)
    {
        lock (_gate)
        {
            if (!_troubles.TryAdd(about, problem))
                return;
            _isTroubled = true;
        }

        Log.Trouble(_log, _settings.Brokers, about is Connection or Identity ? problem : $"{about}: {problem}");
    }

    /// <summary>Says that a topic refuses records for what they are.</summary>
    public void SayDropped(string topic, string problem) => Log.Rejected(_log, topic, problem);

    public void Dispose() => Renew();

    private IProducer<byte[], byte[]> Make() => new ProducerBuilder<byte[], byte[]>(Configuration(_settings))
        .SetErrorHandler((_, error) => Hear(error))
        .SetLogHandler(static (_, _) => { }) // its lines come per attempt; what matters comes as an error or a report
        .Build();

    /// <summary>What the client says of itself and its connections; of topics the reports say more.</summary>
    internal void Hear(Error error)
    {
        switch (error.Code)
        {
            case var _ when error.IsFatal:
                _isSpent = true;
                Complain(Identity, error.Reason);
                break;
            // Files with secrets and certificates are read when a producer is made.
            case ErrorCode.Local_Authentication or ErrorCode.SaslAuthenticationFailed or ErrorCode.Local_Ssl:
                _isRefused = true;
                _isUnreached = true;
                Complain(Identity, error.Reason);
                break;
            // Brokers that can't be reached are tried again by the client itself, for ever.
            case ErrorCode.Local_Transport or ErrorCode.Local_Resolve or ErrorCode.Local_AllBrokersDown:
                _isUnreached = true;
                Complain(Connection, error.Reason);
                break;
            case ErrorCode.UnknownTopicOrPart or ErrorCode.Local_UnknownTopic or ErrorCode.TopicAuthorizationFailed or ErrorCode.LeaderNotAvailable:
                break;
            default:
                Complain(Connection, error.Reason);
                break;
        }
    }

    internal static ProducerConfig Configuration(KafkaSettings settings)
    {
        var security = settings.Security;
        var configuration = new ProducerConfig
        {
            BootstrapServers = settings.Brokers,
            ClientId = "sidecar",
            EnableIdempotence = true,
            // Nothing is given up by a clock: what can't be sent waits where it is bounded, and in order.
            MessageTimeoutMs = 0,
            MessageMaxBytes = Math.Max(settings.MaxEvent + (64 << 10), 1000),
            // Java's default, so that its consumers can join topics by key.
            Partitioner = Partitioner.Murmur2Random,
            LingerMs = 20,
            QueueBufferingMaxKbytes = Math.Max(16 * 1024, 4 * settings.MaxEvent / 1024),
            QueueBufferingMaxMessages = 2 * TopicLane.MostInFlight * 3,
            SecurityProtocol = (security.Tls, security.Mechanism) switch
            {
                (false, null) => SecurityProtocol.Plaintext,
                (true, null) => SecurityProtocol.Ssl,
                (false, _) => SecurityProtocol.SaslPlaintext,
                _ => SecurityProtocol.SaslSsl,
            },
            SslCaLocation = security.Ca,
            SslCertificateLocation = security.Certificate,
            SslKeyLocation = security.Key,
            SaslUsername = security.Mechanism is null ? null : security.Username,
            SaslPassword = security is { Mechanism: not null, PasswordFile: { } file } ? ReadSecret(file) : null,
            SaslMechanism = security.Mechanism switch
            {
                "PLAIN" => SaslMechanism.Plain,
                "SCRAM-SHA-256" => SaslMechanism.ScramSha256,
                "SCRAM-SHA-512" => SaslMechanism.ScramSha512,
                _ => null,
            },
        };
        configuration.Set("compression.type", settings.Compression);
        foreach (var (name, value) in settings.Client)
            configuration.Set(name, value);
        return configuration;
    }

    private static string ReadSecret(string file)
    {
        try
        {
            return File.ReadAllText(file).TrimEnd('\r', '\n');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"events.kafka.sasl.passwordFile: {e.Message}", e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.KafkaTrouble, LogLevel.Warning, "events don't reach Kafka at {Brokers}: {Problem}; they wait, and this is said once until they do")]
        public static partial void Trouble(ILogger logger, string brokers, string problem);

        [LoggerMessage(EventIds.KafkaRecovered, LogLevel.Information, "events reach {What} at {Brokers} again")]
        public static partial void Recovered(ILogger logger, string what, string brokers);

        [LoggerMessage(EventIds.KafkaRejected, LogLevel.Warning, "events for {Topic} are dropped: {Problem}; they are counted, and this is said once")]
        public static partial void Rejected(ILogger logger, string topic, string problem);
    }
}
