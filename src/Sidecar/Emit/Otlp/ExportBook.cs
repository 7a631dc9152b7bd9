using System.Diagnostics.Metrics;
using Sidecar.Telemetry;

namespace Sidecar.Emit.Otlp;

/// <summary>
/// Counts batches by whether the receiver acknowledged them. The SDK has no such counter, so a pod whose push fails would be silent about it;
/// this is served on <c>/metrics</c> too, where one way out reports the other's failure.
/// </summary>
public sealed class ExportBook
{
    private static readonly KeyValuePair<string, object?>[] SuccessTags = Tags.Of(Catalogue.Export, "otlp", "success");
    private static readonly KeyValuePair<string, object?>[] FailureTags = Tags.Of(Catalogue.Export, "otlp", "failure");
    private long _succeeded;
    private long _failed;

    /// <summary>Batches that the receiver acknowledged.</summary>
    public long Succeeded => Interlocked.Read(ref _succeeded);

    /// <summary>Batches refused, timed out or never sent.</summary>
    public long Failed => Interlocked.Read(ref _failed);

    /// <summary>The source for <see cref="Catalogue.Export"/>.</summary>
    public IEnumerable<Measurement<long>> Observe() => [new(Succeeded, SuccessTags), new(Failed, FailureTags)];

    internal void Count(bool success) => Interlocked.Increment(ref success ? ref _succeeded : ref _failed);
}
