using Confluent.Kafka;
using Sidecar.Telemetry;

namespace Sidecar.Emit.Kafka;

/// <summary>The producer: made of the settings, and made anew when the brokers refuse who we are (the secret may have been changed) or it can't go on.</summary>
internal sealed partial class KafkaClient : IDisposable
{
    private static readonly TimeSpan AnewAfter = TimeSpan.FromSeconds(10);
    private readonly KafkaSettings _settings;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private IProducer<byte[], byte[]>? _producer;
    private string? _trouble;
    private long _made;
    private volatile bool _isSpent;

    public KafkaClient(KafkaSettings settings, TimeProvider time, ILogger log)
    {
        _settings = settings;
        _time = time;
        _log = log;
    }

    /// <summary>Why nothing gets through; null when nothing is known to be wrong.</summary>
    public string? Trouble => _trouble;

    /// <summary>The producer can't be used any more: what it has not answered must be sent by the next one.</summary>
    public bool IsSpent => _isSpent && _time.GetElapsedTime(_made) > AnewAfter;

    /// <summary>The producer; null where it can't be made, which is said once.</summary>
    public IProducer<byte[], byte[]>? Producer
    {
        get
        {
            if (_producer is not null)
                return _producer;
            if (_made != 0 && _time.GetElapsedTime(_made) < AnewAfter && _trouble is not null)
                return null;
            _made = _time.GetTimestamp();
            try
            {
                return _producer = Make();
            }
            catch (Exception e) when (e is InvalidOperationException or KafkaException or IOException or UnauthorizedAccessException or ArgumentException)
            {
                Complain(e.Message);
                return null;
            }
        }
    }

    /// <summary>Lets the producer go, with all that waits in it; the next one is made on demand.</summary>
    public void Renew()
    {
        _producer?.Dispose();
        _producer = null;
        _isSpent = false;
        _made = 0;
    }

    /// <summary>Something was delivered.</summary>
    public void Recovered()
    {
        if (Interlocked.Exchange(ref _trouble, null) is not null)
            Log.Recovered(_log, _settings.Brokers);
    }

    /// <summary>Says what is wrong, once until something is delivered again or it is something else.</summary>
    public void Complain(string problem)
    {
        if (Interlocked.CompareExchange(ref _trouble, problem, null) is null)
            Log.Trouble(_log, _settings.Brokers, problem);
    }

    public void Dispose() => Renew();

    private IProducer<byte[], byte[]> Make() => new ProducerBuilder<byte[], byte[]>(Configuration(_settings))
        .SetErrorHandler((_, error) => Hear(error))
        .SetLogHandler(static (_, _) => { }) // its lines come per attempt; what matters comes as an error or a report
        .Build();

    private void Hear(Error error)
    {
        // Brokers that can't be reached are tried again by the client itself, for ever.
        if (error.IsFatal || error.Code is ErrorCode.Local_Authentication or ErrorCode.SaslAuthenticationFailed)
            _isSpent = true;
        if (error.IsFatal || error.Code is not (ErrorCode.Local_Transport or ErrorCode.Local_Resolve) || _trouble is null)
            Complain(error.Reason);
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
            CompressionType = CompressionType.Lz4,
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

        [LoggerMessage(EventIds.KafkaRecovered, LogLevel.Information, "events reach Kafka at {Brokers} again")]
        public static partial void Recovered(ILogger logger, string brokers);
    }
}
