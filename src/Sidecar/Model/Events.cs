namespace Sidecar.Model;

/// <summary>Why an accepted event will never be persisted. Closed: each value is a metric label.</summary>
public enum EventDropReason : byte
{
    /// <summary>The queue of the sink was full.</summary>
    QueueFull,

    /// <summary>The sink's file or disk refused it.</summary>
    IoError,

    /// <summary>Its payload is not JSON.</summary>
    Serialization,

    /// <summary>It is larger than the sink can hold.</summary>
    TooLarge,

    /// <summary>The program ended before it could be written.</summary>
    Shutdown,

    /// <summary>What waits for the broker reached its limit, and this was the oldest, or the newest, as configured.</summary>
    SpoolFull,

    /// <summary>The broker refuses it for what it is.</summary>
    Rejected,
}

/// <summary>Labels of <see cref="EventDropReason"/>.</summary>
public static class EventDropReasons
{
    /// <summary>The value of the <c>reason</c> attribute.</summary>
    public static string Label(this EventDropReason reason) => reason switch
    {
        EventDropReason.QueueFull => "queue_full",
        EventDropReason.IoError => "io_error",
        EventDropReason.Serialization => "serialization",
        EventDropReason.TooLarge => "too_large",
        EventDropReason.Shutdown => "shutdown",
        EventDropReason.SpoolFull => "spool_full",
        EventDropReason.Rejected => "rejected",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "not a drop reason"),
    };
}

/// <summary>
/// The book of events: accepted = persisted + possibly_persisted + dropped + pending, for each type. A sink calls it once for every step of every event, from any
/// thread; an implementation only counts, and never throws or blocks.
/// </summary>
public interface IEventBook
{
    /// <summary>A sink took an event over; exactly one of those below follows for it.</summary>
    void Accepted(string type);

    /// <summary>
    /// Events of one type have arrived: of a file, at the operating system (a crash of the program no longer loses them; a crash of the node may); of Kafka, at the brokers, who acknowledged them.
    /// </summary>
    void Persisted(string type, int count);

    /// <summary>An event was with a broker that did not answer before the end: it may have it or not.</summary>
    void PossiblyPersisted(string type);

    /// <summary>An accepted event is lost.</summary>
    void Dropped(string type, EventDropReason reason);
}

/// <summary>One event on its way to a sink.</summary>
/// <param name="Type">CloudEvents type, as <c>io.sidecar.exchange.v1</c>; from a closed set.</param>
/// <param name="Subject">What it is about, as <c>model/version</c>; empty for none.</param>
/// <param name="Time">When it happened.</param>
/// <param name="Weight">How many like it this one stands for; 1 when nothing was thinned.</param>
/// <param name="Payload">Its data as UTF-8 JSON; empty for none. The sink keeps the memory until it is written.</param>
public readonly record struct SidecarEvent(string Type, string Subject, DateTimeOffset Time, double Weight, ReadOnlyMemory<byte> Payload)
{
    /// <summary>What belongs together, and is kept in order, on a log that has partitions: the request's id, for an exchange; null for what is ordered by its source.</summary>
    public string? Key { get; init; }

    /// <summary>The span that it belongs to (W3C); null for none.</summary>
    public string? TraceParent { get; init; }

    /// <summary>Its CloudEvents id, where it is not its number; null otherwise.</summary>
    public string? Id { get; init; }

    /// <summary>Further CloudEvents attributes; null for none.</summary>
    public IReadOnlyList<KeyValuePair<string, string>>? Extensions { get; init; }

    /// <summary>How sensitive its data is, for the extension <c>dataclassification</c>; null: figures and names only.</summary>
    public string? Classification { get; init; }
}

/// <summary>Where events go.</summary>
public interface IEventSink
{
    /// <summary>Events taken and neither persisted nor dropped yet.</summary>
    long Pending { get; }

    /// <summary>Takes an event, or drops it with its reason in the book. Never waits; from any thread.</summary>
    /// <returns>False when it was dropped at once.</returns>
    bool TryEmit(in SidecarEvent item);

    /// <summary>Takes no more events, delivers those that wait, and counts what still waits at the deadline.</summary>
    Task StopAsync(TimeSpan deadline);
}
