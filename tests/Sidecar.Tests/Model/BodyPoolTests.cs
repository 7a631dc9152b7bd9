using CsCheck;
using Sidecar.Model;
using Sidecar.Testing;

namespace Sidecar.Tests.Model;

public sealed class BodyPoolTests
{
    private const int MaxBody = 64 * 1024;

    private enum Step
    {
        Rent,
        Append,
        Return,
    }

    [Fact]
    public void Rent_NoBudget_GivesNothing() => Assert.Null(new BodyPool(0, MaxBody).Rent(1));

    [Fact]
    public void Rent_OverTheLargestBody_GivesNothing() => Assert.Null(new BodyPool(1 << 30, MaxBody).Rent(MaxBody + 1));

    [Fact]
    public void Rent_BudgetLent_GivesNothingUntilABodyComesBack()
    {
        var pool = new BodyPool(2 * BodyPool.SmallestBuffer, MaxBody);
        var one = pool.Rent(1)!;
        var two = pool.Rent(1)!;

        Assert.Null(pool.Rent(1));
        Assert.Equal(2 * BodyPool.SmallestBuffer, pool.Lent);
        one.Return();
        Assert.Same(one, pool.Rent(1));
        two.Return();
        Assert.Equal(BodyPool.SmallestBuffer, pool.Lent);
    }

    [Fact]
    public void Rent_BudgetIdleInOtherSizes_TakesItFromThem()
    {
        var pool = new BodyPool(4 * BodyPool.SmallestBuffer, MaxBody);
        foreach (var small in Enumerable.Range(0, 4).Select(_ => pool.Rent(1)!).ToList())
            small.Return();

        Assert.NotNull(pool.Rent(4 * BodyPool.SmallestBuffer));
    }

    [Fact]
    public void Append_OverTheBudget_LeavesTheBodyAsItWas()
    {
        var pool = new BodyPool(3 * BodyPool.SmallestBuffer, MaxBody);
        var body = pool.Rent(1)!;
        Assert.True(pool.Append(ref body, [1, 2, 3]));

        Assert.False(pool.Append(ref body, new byte[3 * BodyPool.SmallestBuffer]));
        Assert.Equal([1, 2, 3], body.Bytes.ToArray());
        Assert.Equal(BodyPool.SmallestBuffer, pool.Lent);
    }

    [Fact]
    public void Rent_MoreAnnounced_HoldsItAllWithoutMovingButNoMoreThanSixteenTimesWhatCame()
    {
        var pool = new BodyPool(1 << 20, MaxBody);
        var whole = pool.Rent(4096, announced: 40_000)!;
        var claimed = pool.Rent(1024, announced: long.MaxValue)!;

        Assert.Equal(64 * 1024, whole.Buffer.Length);
        Assert.Equal(16 * 1024, claimed.Buffer.Length);
        Assert.Equal(MaxBody, pool.Rent(MaxBody, announced: long.MaxValue)!.Buffer.Length);
    }

    [Fact]
    public void Rent_MoreThanAllIdleBuffersWouldGive_LeavesThemWhereTheyAre()
    {
        var pool = new BodyPool(8 * BodyPool.SmallestBuffer, MaxBody);
        var lent = pool.Rent(4 * BodyPool.SmallestBuffer)!;
        var idle = pool.Rent(1)!;
        idle.Return();

        Assert.Null(pool.Rent(8 * BodyPool.SmallestBuffer));
        Assert.Same(idle, pool.Rent(1));
        lent.Return();
    }

    /// <summary>Sixteen clients send 600 kB each in pieces of 64 KiB, and what they sent waits for the analysis until the budget is used up.</summary>
    [Fact]
    public void Append_LargeBodiesWithTheBudgetUsedUp_AllocatesNothingOnceWarm()
    {
        const int Length = 600_000;
        var pool = new BodyPool(64 << 20, 4 << 20);
        var piece = new byte[64 * 1024];
        var arriving = new CapturedBody?[16];
        var waiting = new Queue<CapturedBody>(256);
        var refused = 0;

        void Round()
        {
            for (var sent = 0; sent < Length; sent += piece.Length)
            {
                var next = piece.AsSpan(0, Math.Min(piece.Length, Length - sent));
                var announced = Length - sent - next.Length;
                foreach (ref var body in arriving.AsSpan())
                {
                    if (sent == 0)
                        body = pool.Rent(next.Length, announced);
                    if (body is not null && !pool.Append(ref body, next, announced))
                    {
                        body.Return();
                        body = null;
                    }
                }
            }

            foreach (ref var body in arriving.AsSpan())
            {
                if (body is null)
                    refused++;
                else
                    waiting.Enqueue(body);
                body = null;
            }

            for (var analysed = 0; analysed < 4 && waiting.TryDequeue(out var done); analysed++)
                done.Return();
        }

        for (var warm = 0; warm < 50; warm++)
            Round();
        Assert.True(refused > 0);
        Assert.Equal(0, Allocated.Least(Round));
    }

    [Fact]
    public void AnyCalls_BytesHeldAreNeverOverTheBudgetAndBodiesAreWhatWasAppended() =>
        Gen.Select(Gen.Int[0, 40], Gen.Select(Gen.Enum<Step>(), Gen.Int[0, 15], Gen.Int[0, 20_000]).Array[0, 200]).Sample((units, steps) =>
        {
            long budget = units * BodyPool.SmallestBuffer;
            var pool = new BodyPool(budget, MaxBody);
            var bodies = new CapturedBody?[16];
            var expected = new List<byte>[16];
            byte mark = 0;
            foreach (var (step, slot, size) in steps)
            {
                if (step == Step.Rent && bodies[slot] is null)
                {
                    bodies[slot] = pool.Rent(size);
                    expected[slot] = [];
                }
                else if (step == Step.Append && bodies[slot] is { } body)
                {
                    var piece = new byte[size];
                    Array.Fill(piece, ++mark);
                    if (pool.Append(ref body, piece))
                        expected[slot].AddRange(piece);
                    bodies[slot] = body;
                }
                else if (step == Step.Return && bodies[slot] is { } done)
                {
                    done.Return();
                    bodies[slot] = null;
                }

                Assert.Equal(bodies.Sum(held => held?.Buffer.Length ?? 0), pool.Lent);
                Assert.InRange(pool.Lent, 0, budget);
                Assert.InRange(pool.Held, pool.Lent, budget);
            }

            for (var slot = 0; slot < bodies.Length; slot++)
            {
                if (bodies[slot] is { } body)
                    Assert.True(body.Bytes.SequenceEqual(expected[slot].ToArray()));
            }
        });

    [Fact]
    public async Task Rent_FromManyThreads_NeverLendsOverTheBudget()
    {
        const long Budget = 8 * BodyPool.SmallestBuffer;
        var pool = new BodyPool(Budget, MaxBody);
        long lent = 0, refused = 0;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(seed => Task.Run(
            () =>
            {
                var random = new Random(seed);
                for (var i = 0; i < 20_000; i++)
                {
                    if (pool.Rent(random.Next(1, 3 * BodyPool.SmallestBuffer)) is { } body)
                    {
                        Assert.InRange(Interlocked.Add(ref lent, body.Buffer.Length), 1, Budget);
                        Interlocked.Add(ref lent, -body.Buffer.Length);
                        body.Return();
                    }
                    else
                    {
                        Interlocked.Increment(ref refused);
                    }
                }
            },
            TestContext.Current.CancellationToken)));

        Assert.Equal(0, pool.Lent);
        Assert.InRange(pool.Held, 0, Budget);
    }
}
