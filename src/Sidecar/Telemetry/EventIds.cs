namespace Sidecar.Telemetry;

/// <summary>
/// Ids of log messages. An id is never reused for another message, since people filter and alert on them. One hundred for each room:
/// 1000 start and stop, 1100 Configuration, 1200 Relay, 1300 Capture, 1400 Analysis, 1500 Shadow, 1600 Accounting, 1700 Emit, 1800 Admin,
/// 1900 Receive, 2000 Verdict, 2100 Demo.
/// </summary>
public static class EventIds
{
    /// <summary>The events file can't be written; events are dropped and counted until it can.</summary>
    public const int JsonlUnwritable = 1700;

    /// <summary>The events file can be written again.</summary>
    public const int JsonlRecovered = 1701;

    /// <summary>OTLP export is on, and where it goes.</summary>
    public const int OtlpEnabled = 1710;

    /// <summary>An OTLP environment variable has a value that can't be used; export stays off or a default is taken.</summary>
    public const int OtlpBadSetting = 1711;

    /// <summary>The admin server listens.</summary>
    public const int AdminListening = 1800;
}
