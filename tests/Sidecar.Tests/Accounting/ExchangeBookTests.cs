using CsCheck;
using Sidecar.Accounting;
using Sidecar.Model;
using Sidecar.Wire;

namespace Sidecar.Tests.Accounting;

public sealed class ExchangeBookTests
{
    private static readonly Gen<(int Listener, int Stage, int Reason)> Way = Gen.Select(Gen.Int[0, 1], Gen.Int[0, 5], Gen.Int[0, 99]);

    [Fact]
    public void Imbalance_AnyExchangesAllCounted_IsZeroAndTermsAddUp() => Way.Array[0, 300].Sample(ways =>
    {
        var (book, pending) = Write(ways, leftOut: -1);

        Assert.Equal(0, book.Imbalance());
        var totals = book.Totals();
        Assert.Equal((ways.Length, pending), (totals.Observed, totals.Pending));
        var terms = book.Terms().ToList();
        Assert.Equal(totals.Observed, terms.Where(term => term.Stage == "observed").Sum(term => term.Count));
        Assert.Equal(totals.Settled, terms.Where(term => term.Stage != "observed").Sum(term => term.Count));
    });

    [Fact]
    public void Imbalance_OneCallLeftOut_IsThatOne() => Gen.Select(Way.Array[1, 100], Gen.Int[0, 99]).Sample((ways, which) =>
    {
        var (book, _) = Write(ways, leftOut: which % ways.Length);
        Assert.Equal(1, book.Imbalance());
    });

    [Fact]
    public void Imbalance_OneSettledTwice_IsNegative()
    {
        var book = new ExchangeBook(["a"], () => 0);
        book.Observed(0);
        book.Decoded(0);
        book.Dropped(0, DropReason.Shutdown);
        Assert.Equal(-1, book.Imbalance());
    }

    [Fact]
    public async Task Imbalance_WhileExchangesMove_IsZeroInTheEndAndFindsTheMissingOneThen()
    {
        long pending = 0;
        var book = new ExchangeBook(["a"], () => Interlocked.Read(ref pending));
        var done = false;
        var traffic = Task.Run(
            () =>
            {
                for (var i = 0; i < 200_000; i++)
                {
                    book.Observed(0);
                    Interlocked.Increment(ref pending);
                    book.Decoded(0);
                    Interlocked.Decrement(ref pending);
                }

                Volatile.Write(ref done, true);
            },
            TestContext.Current.CancellationToken);
        var readings = 0;
        do
        {
            book.Imbalance();
            readings++;
        }
        while (!Volatile.Read(ref done));

        await traffic;
        Assert.Equal(0, book.Imbalance());
        Assert.True(readings > 0);
        book.Observed(0);
        Assert.Equal(1, book.Imbalance());
    }

    /// <summary>Each exchange is observed and goes its way; the settling call of one of them can be left out.</summary>
    private static (ExchangeBook Book, long Pending) Write((int Listener, int Stage, int Reason)[] ways, int leftOut)
    {
        long pending = 0;
        var book = new ExchangeBook(["a", "b"], () => pending);
        for (var i = 0; i < ways.Length; i++)
        {
            var (listener, stage, reason) = ways[i];
            book.Observed(listener);
            if (i == leftOut)
                continue;
            switch (stage)
            {
                case 0: book.Skipped(listener, (SkipReason)(reason % Labels<SkipReason>.Count)); break;
                case 1: book.Opaque(listener, (OpaqueReason)(reason % Labels<OpaqueReason>.Count)); break;
                case 2: book.Decoded(listener); break;
                case 3: book.Undecodable(listener, (UndecodableReason)(reason % Labels<UndecodableReason>.Count)); break;
                case 4: book.Dropped(listener, (DropReason)(reason % Labels<DropReason>.Count)); break;
                default: pending++; break;
            }
        }

        return (book, pending);
    }
}
