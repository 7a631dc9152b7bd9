using System.Collections.Concurrent;
using Sidecar.FunctionalTests.Harness;

namespace Sidecar.FunctionalTests.Matrix;

/// <summary>What a party saw, each exchange with how often it was seen alike: a million alike take no more room than one.</summary>
internal sealed class Tally
{
    private readonly ConcurrentDictionary<string, long> _seen = new();
    private long _total;
    private volatile Exception? _failure;

    public void Add(SeenExchange exchange)
    {
        _seen.AddOrUpdate(exchange.ToString(), 1, (_, count) => count + 1);
        Interlocked.Increment(ref _total);
    }

    /// <summary>The party failed, and sees nothing more.</summary>
    public void Fail(Exception failure) => _failure = failure;

    /// <summary>What was seen since the last call; waits until it is as much as was to come.</summary>
    public async Task<SeenExchanges> TakeAsync(long count)
    {
        await RelayUnderTest.UntilAsync(() => Interlocked.Read(ref _total) >= count || _failure is not null, $"{count} exchanges are over");
        Assert.Null(_failure);
        var taken = new SeenExchanges(_seen.Select(seen => (SeenExchange.Parse(seen.Key), seen.Value)));
        _seen.Clear();
        Interlocked.Exchange(ref _total, 0);
        return taken;
    }
}

/// <summary>What a party saw in a while, in no order.</summary>
internal sealed class SeenExchanges(IEnumerable<(SeenExchange Exchange, long Count)> seen)
{
    private readonly List<(SeenExchange Exchange, long Count)> _seen = [.. seen];

    public SeenExchanges(IEnumerable<SeenExchange> exchanges)
        : this(exchanges.Select(exchange => (exchange, 1L)))
    {
    }

    public long Count => _seen.Sum(seen => seen.Count);

    public IEnumerable<SeenExchange> Exchanges => _seen.Select(seen => seen.Exchange);

    /// <summary>Asserts that two parties tell the same, or says what one of them alone tells.</summary>
    public static void Same(string party, SeenExchanges told, string otherParty, SeenExchanges toldByOther)
    {
        var (one, other) = (told.Lines(), toldByOther.Lines());
        if (!one.SetEquals(other))
            Assert.Fail($"{party} alone tells\n{Listed(one.Except(other))}\nand {otherParty} alone\n{Listed(other.Except(one))}");

        static string Listed(IEnumerable<string> lines) => string.Join('\n', lines.Take(5));
    }

    public SeenExchanges WithoutTimes() => new(_seen.Select(seen => (seen.Exchange.WithoutTimes(), seen.Count)));

    /// <summary>Only those facts that the other party tells of too, exchange by exchange.</summary>
    public SeenExchanges KnownTo(SeenExchanges other)
    {
        // Exchanges without an id of their own are told in the same way by all that tell of them.
        var byId = other._seen.GroupBy(seen => seen.Exchange.Id).ToDictionary(group => group.Key, group => group.First().Exchange);
        return new(_seen.Select(seen => (byId.TryGetValue(seen.Exchange.Id, out var told) ? seen.Exchange.KnownTo(told) : seen.Exchange, seen.Count)));
    }

    private HashSet<string> Lines() => [.. _seen.GroupBy(seen => seen.Exchange.ToString(), seen => seen.Count).Select(group => $"{group.Sum()} × {group.Key}")];
}
