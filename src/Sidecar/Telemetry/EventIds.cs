namespace Sidecar.Telemetry;

/// <summary>
/// Ids of log messages. An id is never reused for another message, since people filter and alert on them. One hundred for each room:
/// 1000 start and stop, 1100 Configuration, 1200 Relay, 1300 Capture, 1400 Analysis, 1500 Shadow, 1600 Accounting, 1700 Emit, 1800 Admin,
/// 1900 Receive, 2000 Verdict, 2100 Demo.
/// </summary>
public static class EventIds
{
    /// <summary>The sidecar relays: where, to what, and what watches.</summary>
    public const int Started = 1000;

    /// <summary>Shutdown has begun.</summary>
    public const int Draining = 1001;

    /// <summary>Shutdown has ended, with what was cut.</summary>
    public const int Stopped = 1002;

    /// <summary>A setting that works, but not as a person might expect.</summary>
    public const int StartWarning = 1003;

    /// <summary>A certificate's files have changed and are used from now on.</summary>
    public const int TlsReloaded = 1200;

    /// <summary>A certificate's files have changed and can't be used; the last ones stay in use.</summary>
    public const int TlsUnusable = 1201;

    /// <summary>A TLS handshake failed; said for the first few.</summary>
    public const int TlsHandshakeFailed = 1202;

    /// <summary>A TLS connection ended by a bug of ours.</summary>
    public const int TlsConnectionFailed = 1203;

    /// <summary>An observer threw: a bug of ours; its connection is relayed on, unwatched.</summary>
    public const int ObserverFailed = 1300;

    /// <summary>The analysis is behind, so a smaller share of the exchanges is decoded.</summary>
    public const int Shedding = 1301;

    /// <summary>The whole configured share is decoded again.</summary>
    public const int KeepsUp = 1302;

    /// <summary>The analysis threw: a bug of ours; the exchange is counted as dropped.</summary>
    public const int AnalysisFailed = 1400;

    /// <summary>The model server has no metadata for a model.</summary>
    public const int MetadataAbsent = 1410;

    /// <summary>The model server's metadata can't be read.</summary>
    public const int MetadataUnreadable = 1411;

    /// <summary>The model server's metadata could not be fetched; tried again with back-off.</summary>
    public const int MetadataFailed = 1412;

    /// <summary>A model's contract was learned.</summary>
    public const int ContractLearned = 1413;

    /// <summary>A drift window came to a ticket or a page.</summary>
    public const int DriftFound = 1420;

    /// <summary>The drift engine raised an alarm, made one louder, or cleared one.</summary>
    public const int DriftAlarm = 1421;

    /// <summary>A shadow's model file is loaded.</summary>
    public const int ShadowLoaded = 1500;

    /// <summary>A shadow's model file can't be used.</summary>
    public const int ShadowUnusable = 1501;

    /// <summary>The events file can't be written; events are dropped and counted until it can.</summary>
    public const int JsonlUnwritable = 1700;

    /// <summary>The events file can be written again.</summary>
    public const int JsonlRecovered = 1701;

    /// <summary>Events don't reach Kafka; they wait.</summary>
    public const int KafkaTrouble = 1730;

    /// <summary>Events reach Kafka again.</summary>
    public const int KafkaRecovered = 1731;

    /// <summary>Kafka refuses events for what they are; they are dropped and counted.</summary>
    public const int KafkaRejected = 1732;

    /// <summary>The spool is damaged, and what of it could be saved.</summary>
    public const int SpoolDamaged = 1740;

    /// <summary>The spool's folder can't be used; memory takes its place.</summary>
    public const int SpoolUnusable = 1741;

    /// <summary>The spool can't be written to; events are dropped and counted until it can.</summary>
    public const int SpoolUnwritable = 1742;

    /// <summary>The spool can be written to again.</summary>
    public const int SpoolWritable = 1743;

    /// <summary>OTLP export is on, and where it goes.</summary>
    public const int OtlpEnabled = 1710;

    /// <summary>An exchange failed, and has a span; told over OTLP only.</summary>
    public const int ExchangeFailed = 1720;

    /// <summary>An OTLP environment variable has a value that can't be used; export stays off or a default is taken.</summary>
    public const int OtlpBadSetting = 1711;

    /// <summary>The admin server listens.</summary>
    public const int AdminListening = 1800;

    /// <summary>Telemetry of the application is received, where, and where it goes.</summary>
    public const int ReceiverListening = 1900;

    /// <summary>Telemetry of the application was rejected, or not taken by the receiver behind; said once in ten minutes.</summary>
    public const int ReceiverTrouble = 1901;
}
