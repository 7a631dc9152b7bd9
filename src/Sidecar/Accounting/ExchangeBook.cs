using Sidecar.Model;
using Sidecar.Wire;

namespace Sidecar.Accounting;

/// <summary>
/// The first book: where every exchange went. At any time
/// <c>observed = skipped + opaque + decoded + undecodable + dropped + pending</c>, each term counted on its own and none
/// computed as a remainder.
/// </summary>
public sealed class ExchangeBook
{
    private readonly Page[] _pages;
    private readonly Func<long> _pending;

    /// <param name="listeners">Names, in configuration order.</param>
    /// <param name="pending">Counts the exchanges that are open, queued or in work right now.</param>
    public ExchangeBook(IEnumerable<string> listeners, Func<long> pending)
    {
        _pages = [.. listeners.Select(name => new Page(name))];
        _pending = pending;
    }

    public void Observed(int listener) => Interlocked.Increment(ref _pages[listener].Observed);

    public void Skipped(int listener, SkipReason reason) => Interlocked.Increment(ref _pages[listener].Skipped[(int)reason]);

    public void Opaque(int listener, OpaqueReason reason) => Interlocked.Increment(ref _pages[listener].Opaque[(int)reason]);

    public void Decoded(int listener) => Interlocked.Increment(ref _pages[listener].Decoded);

    public void Undecodable(int listener, UndecodableReason reason) => Interlocked.Increment(ref _pages[listener].Undecodable[(int)reason]);

    public void Dropped(int listener, DropReason reason) => Interlocked.Increment(ref _pages[listener].Dropped[(int)reason]);

    /// <summary>Settles an exchange that goes on as a head alone, by its fate.</summary>
    public void Settle(Exchange exchange)
    {
        switch (exchange.Fate)
        {
            case HeadFate.Sampled:
                Skipped(exchange.Listener, SkipReason.Sampled);
                break;
            case HeadFate.Shed:
                Skipped(exchange.Listener, SkipReason.Shed);
                break;
            case HeadFate.Opaque:
                Opaque(exchange.Listener, exchange.Opaque);
                break;
            case HeadFate.CaptureBudget:
                Dropped(exchange.Listener, DropReason.CaptureBudget);
                break;
            case HeadFate.QueueFull:
                Dropped(exchange.Listener, DropReason.QueueFull);
                break;
            case HeadFate.UpstreamRefused:
                Undecodable(exchange.Listener, UndecodableReason.UpstreamRefused);
                break;
            default:
                Undecodable(exchange.Listener, UndecodableReason.UnknownRoute);
                break;
        }
    }

    /// <summary>The totals over all listeners, now.</summary>
    public ExchangeTotals Totals()
    {
        var totals = new ExchangeTotals { Pending = _pending() };
        foreach (var page in _pages)
        {
            totals = totals with
            {
                Observed = totals.Observed + Interlocked.Read(ref page.Observed),
                Skipped = totals.Skipped + Sum(page.Skipped),
                Opaque = totals.Opaque + Sum(page.Opaque),
                Decoded = totals.Decoded + Interlocked.Read(ref page.Decoded),
                Undecodable = totals.Undecodable + Sum(page.Undecodable),
                Dropped = totals.Dropped + Sum(page.Dropped),
            };
        }

        return totals;
    }

    /// <summary>
    /// Exchanges that the terms do not account for: 0 when the book balances. While traffic moves, terms are not read at one
    /// instant; what moved meanwhile is the uncertainty, and only an imbalance beyond it is reported.
    /// </summary>
    public long Imbalance() => Balance.Settle(() =>
    {
        var before = Totals();
        var after = Totals();
        var moved = after.Observed - before.Observed + (after.Settled - before.Settled);
        var difference = after.Observed - after.Settled - after.Pending;
        // 2 ×: an exchange that moves changes two terms, each of which may have been read before or after.
        return (Math.Sign(difference) * Math.Max(0, Math.Abs(difference) - (2 * moved)), 0);
    });

    /// <summary>Every term as (listener, stage, reason, count), for the metric <c>sidecar.exchanges</c>; zero terms of reasons are left out.</summary>
    public IEnumerable<(string Listener, string Stage, string Reason, long Count)> Terms()
    {
        foreach (var page in _pages)
        {
            yield return (page.Name, "observed", "", Interlocked.Read(ref page.Observed));
            yield return (page.Name, "decoded", "", Interlocked.Read(ref page.Decoded));
            foreach (var term in Reasons<SkipReason>(page.Name, "skipped", page.Skipped)
                .Concat(Reasons<OpaqueReason>(page.Name, "opaque", page.Opaque))
                .Concat(Reasons<UndecodableReason>(page.Name, "undecodable", page.Undecodable))
                .Concat(Reasons<DropReason>(page.Name, "dropped", page.Dropped)))
                yield return term;
        }
    }

    private static IEnumerable<(string Listener, string Stage, string Reason, long Count)> Reasons<T>(string listener, string stage, long[] counts)
        where T : struct, Enum
    {
        for (var i = 0; i < counts.Length; i++)
        {
            if (Interlocked.Read(ref counts[i]) is > 0 and var count)
                yield return (listener, stage, Labels<T>.Of(i), count);
        }
    }

    private static long Sum(long[] counts)
    {
        long sum = 0;
        for (var i = 0; i < counts.Length; i++)
            sum += Interlocked.Read(ref counts[i]);
        return sum;
    }

    private sealed class Page(string name)
    {
        public readonly string Name = name;
        public readonly long[] Skipped = new long[Labels<SkipReason>.Count];
        public readonly long[] Opaque = new long[Labels<OpaqueReason>.Count];
        public readonly long[] Undecodable = new long[Labels<UndecodableReason>.Count];
        public readonly long[] Dropped = new long[Labels<DropReason>.Count];
        public long Observed;
        public long Decoded;
    }
}

/// <summary>The terms of <see cref="ExchangeBook"/>, in exchanges.</summary>
public readonly record struct ExchangeTotals(
    long Observed, long Skipped, long Opaque, long Decoded, long Undecodable, long Dropped, long Pending)
{
    /// <summary>All terms on the right side but pending.</summary>
    public long Settled => Skipped + Opaque + Decoded + Undecodable + Dropped;
}
