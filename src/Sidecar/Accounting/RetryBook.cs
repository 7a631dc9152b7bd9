using Sidecar.Model;

namespace Sidecar.Accounting;

/// <summary>How an attempt is known not to be the first.</summary>
public enum RetrySource : byte
{
    /// <summary>The client's or a proxy's own count: <c>grpc-previous-rpc-attempts</c>, <c>x-envoy-attempt-count</c>.</summary>
    AttemptCount,

    /// <summary>The same request id came a short while ago.</summary>
    RequestId,
}

/// <summary>
/// Recognises retries. Every attempt counts for success and latency, so that retries can't hide failures; this tells how many of them there
/// were. Ids are remembered in a table of fixed size: what doesn't fit is forgotten early and never told wrongly.
/// </summary>
public sealed class RetryBook(TimeProvider time)
{
    /// <summary>For how long an id that comes again is another attempt.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(30);

    // An id that comes more often than any client retries is a constant that somebody filled in, and no id.
    private const int MostAttempts = 16;

    private const int Ways = 4;
    private readonly Lock _lock = new();
    private readonly Seen[] _seen = new Seen[32 * 1024];
    private readonly Dictionary<(ModelIdentity Model, RetrySource Source), long> _retries = [];

    /// <summary>Notes an attempt, and whether it is a retry in <see cref="Exchange.RepeatsId"/>.</summary>
    /// <param name="requestId">Empty where the request has none.</param>
    public void Note(Exchange exchange, ModelIdentity model, ReadOnlySpan<byte> requestId)
    {
        // The same id on another path is another call of the same caller.
        var key = requestId.IsEmpty ? 0 : StableHash.Of(requestId) ^ (StableHash.Of(exchange.Path) << 1);
        lock (_lock)
        {
            exchange.RepeatsId = key != 0 && Repeats(key, time.GetTimestamp());
            if (exchange.IsRetry)
            {
                var source = (model, exchange.PreviousAttempts > 0 ? RetrySource.AttemptCount : RetrySource.RequestId);
                _retries[source] = _retries.GetValueOrDefault(source) + 1;
            }
        }
    }

    /// <summary>Retries so far.</summary>
    public IReadOnlyList<(ModelIdentity Model, RetrySource Source, long Count)> Totals()
    {
        lock (_lock)
            return [.. _retries.Select(pair => (pair.Key.Model, pair.Key.Source, pair.Value))];
    }

    private bool Repeats(ulong key, long now)
    {
        var ways = _seen.AsSpan((int)(key % (ulong)(_seen.Length / Ways)) * Ways, Ways);
        var oldest = 0;
        for (var i = 0; i < Ways; i++)
        {
            ref var entry = ref ways[i];
            if (entry.Key == key)
            {
                var recent = time.GetElapsedTime(entry.At, now) <= Window;
                entry.Count = recent ? Math.Min(entry.Count + 1, MostAttempts + 1) : 1;
                entry.At = now;
                return recent && entry.Count <= MostAttempts;
            }

            if (entry.At < ways[oldest].At || entry.Key == 0)
                oldest = i;
        }

        ways[oldest] = new Seen { Key = key, At = now, Count = 1 };
        return false;
    }

    private struct Seen
    {
        public ulong Key;
        public long At;
        public int Count;
    }
}
