using System.Collections.Concurrent;
using Sidecar.Model;

namespace Sidecar.Accounting;

/// <summary>The second book: <c>accepted = persisted + possibly_persisted + dropped + pending</c>, for each type of event.</summary>
public sealed class EventBook : IEventBook
{
    private readonly ConcurrentDictionary<string, Page> _pages = new(StringComparer.Ordinal);

    public void Accepted(string type) => Interlocked.Increment(ref Of(type).Accepted);

    public void Persisted(string type, int count) => Interlocked.Add(ref Of(type).Persisted, count);

    public void PossiblyPersisted(string type) => Interlocked.Increment(ref Of(type).Possibly);

    public void Dropped(string type, EventDropReason reason) => Interlocked.Increment(ref Of(type).Dropped[(int)reason]);

    /// <summary>Events that the terms do not account for; see <see cref="ExchangeBook.Imbalance"/>.</summary>
    /// <param name="pending">Counts what the sink holds.</param>
    public long Imbalance(Func<long> pending)
    {
        return Balance.Settle(() =>
        {
            long accepted = 0, settled = 0;
            foreach (var page in _pages.Values)
            {
                settled += Interlocked.Read(ref page.Persisted) + Interlocked.Read(ref page.Possibly);
                for (var i = 0; i < page.Dropped.Length; i++)
                    settled += Interlocked.Read(ref page.Dropped[i]);
                accepted += Interlocked.Read(ref page.Accepted);
            }

            return (accepted, settled + pending());
        });
    }

    /// <summary>Every term as (type, stage, reason, count), for the metric <c>sidecar.events</c>.</summary>
    public IEnumerable<(string Type, string Stage, string Reason, long Count)> Terms()
    {
        foreach (var (type, page) in _pages)
        {
            yield return (type, "accepted", "", Interlocked.Read(ref page.Accepted));
            yield return (type, "persisted", "", Interlocked.Read(ref page.Persisted));
            if (Interlocked.Read(ref page.Possibly) is > 0 and var possibly)
                yield return (type, "possibly_persisted", "", possibly);
            for (var i = 0; i < page.Dropped.Length; i++)
            {
                if (Interlocked.Read(ref page.Dropped[i]) is > 0 and var count)
                    yield return (type, "dropped", ((EventDropReason)i).Label(), count);
            }
        }
    }

    private Page Of(string type) => _pages.GetOrAdd(type, static _ => new Page());

    private sealed class Page
    {
        public readonly long[] Dropped = new long[Labels<EventDropReason>.Count];
        public long Accepted;
        public long Persisted;
        public long Possibly;
    }
}
