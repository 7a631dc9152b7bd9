using System.Diagnostics.Metrics;
using Sidecar.Model;
using Sidecar.Telemetry;

namespace Sidecar.Emit.Otlp;

/// <summary>
/// Counts batches by whether the receiver acknowledged them, and the spans and log records in them. The SDK has no such counters, so a pod whose push fails would be
/// silent about it; this is served on <c>/metrics</c> too, where one way out reports the other's failure.
/// </summary>
public sealed class ExportBook(OtlpSignal signal)
{
    // Spans and records that wait, at most: the SDK's own queue holds as many, so that it never drops what this has counted.
    internal const int Waiting = 2048;

    private readonly KeyValuePair<string, object?>[] _successTags = Tags.Of(Catalogue.Export, "otlp", signal.Label(), "success");
    private readonly KeyValuePair<string, object?>[] _failureTags = Tags.Of(Catalogue.Export, "otlp", signal.Label(), "failure");
    private readonly KeyValuePair<string, object?>[] _sentTags = Tags.Of(Catalogue.ExportItems, "otlp", signal.Label(), "sent", null);
    private readonly KeyValuePair<string, object?>[] _refusedTags = Tags.Of(Catalogue.ExportItems, "otlp", signal.Label(), "dropped", "export_failed");
    private readonly KeyValuePair<string, object?>[] _fullTags = Tags.Of(Catalogue.ExportItems, "otlp", signal.Label(), "dropped", "queue_full");
    private long _succeeded;
    private long _failed;
    private long _taken;
    private long _sent;
    private long _refused;
    private long _full;

    /// <summary>Of what.</summary>
    public OtlpSignal Signal => signal;

    /// <summary>Batches that the receiver acknowledged.</summary>
    public long Succeeded => Interlocked.Read(ref _succeeded);

    /// <summary>Batches refused, timed out or never sent.</summary>
    public long Failed => Interlocked.Read(ref _failed);

    /// <summary>Items that the receiver acknowledged.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    /// <summary>Items that are lost: their batch failed, or too many waited.</summary>
    public long Dropped => Interlocked.Read(ref _refused) + Interlocked.Read(ref _full);

    /// <summary>The source for <see cref="Catalogue.Export"/>.</summary>
    public IEnumerable<Measurement<long>> Observe() => [new(Succeeded, _successTags), new(Failed, _failureTags)];

    /// <summary>The source for <see cref="Catalogue.ExportItems"/>, of spans and logs.</summary>
    public IEnumerable<Measurement<long>> ObserveItems() =>
        [new(Sent, _sentTags), new(Interlocked.Read(ref _refused), _refusedTags), new(Interlocked.Read(ref _full), _fullTags)];

    /// <summary>Takes one item on its way, unless too many wait: then it is counted as lost.</summary>
    internal bool TryTake()
    {
        // Taken before it is looked at, as several threads come here at once.
        if (Interlocked.Increment(ref _taken) - Sent - Interlocked.Read(ref _refused) <= Waiting)
            return true;
        Forget();
        Interlocked.Increment(ref _full);
        return false;
    }

    /// <summary>An item that was taken is none.</summary>
    internal void Forget() => Interlocked.Decrement(ref _taken);

    internal void Count(bool success, long items = 0)
    {
        Interlocked.Increment(ref success ? ref _succeeded : ref _failed);
        if (items > 0)
            Interlocked.Add(ref success ? ref _sent : ref _refused, items);
    }
}
