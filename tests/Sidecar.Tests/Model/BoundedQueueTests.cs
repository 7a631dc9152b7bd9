using Sidecar.Model;
using Sidecar.Testing;

namespace Sidecar.Tests.Model;

public sealed class BoundedQueueTests
{
    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 2)]
    [InlineData(3, 4)]
    [InlineData(1000, 1024)]
    public void Capacity_AnyNumber_IsTheNextPowerOfTwo(int asked, int capacity) => Assert.Equal(capacity, new BoundedQueue<int>(asked).Capacity);

    [Fact]
    public void TryEnqueue_Full_RefusesAndKeepsWhatIsThere()
    {
        var queue = new BoundedQueue<int>(4);
        for (var i = 0; i < 4; i++)
            Assert.True(queue.TryEnqueue(i));

        Assert.False(queue.TryEnqueue(4));
        Assert.Equal(4, queue.Count);
        for (var i = 0; i < 4; i++)
        {
            Assert.True(queue.TryDequeue(out var item));
            Assert.Equal(i, item);
        }

        Assert.False(queue.TryDequeue(out _));
        Assert.Equal(0, queue.Count);
    }

    [Fact]
    public void TryDequeue_ManyTimesRound_KeepsTheOrder()
    {
        var queue = new BoundedQueue<int>(4);
        var next = 0;
        for (var i = 0; i < 1000; i += 3)
        {
            for (var j = 0; j < 3; j++)
                Assert.True(queue.TryEnqueue(i + j));
            for (var j = 0; j < 3; j++)
            {
                Assert.True(queue.TryDequeue(out var item));
                Assert.Equal(next++, item);
            }
        }
    }

    [Fact]
    public void TryDequeue_Reference_IsNotKeptAlive()
    {
        var queue = new BoundedQueue<object>(2);
        var weak = Pass(queue);
        GC.Collect();
        Assert.False(weak.IsAlive);
        GC.KeepAlive(queue);

        static WeakReference Pass(BoundedQueue<object> queue)
        {
            queue.TryEnqueue(new object());
            queue.TryDequeue(out var item);
            return new WeakReference(item);
        }
    }

    [Fact]
    public async Task TryEnqueue_ManyProducersAndConsumers_EveryItemArrivesOnceAndInItsProducersOrder()
    {
        const int Producers = 3, Consumers = 3, Each = 50_000;
        var queue = new BoundedQueue<(int Producer, int Number)>(64);
        var left = Producers * Each;
        var received = new List<(int Producer, int Number)>[Consumers];

        var producers = Enumerable.Range(0, Producers).Select(producer => OnThread.Run(() =>
        {
            for (var i = 0; i < Each; i++)
            {
                while (!queue.TryEnqueue((producer, i)))
                    Thread.Yield();
            }
        }));
        var consumers = Enumerable.Range(0, Consumers).Select(consumer => OnThread.Run(() =>
        {
            var mine = received[consumer] = [];
            while (Volatile.Read(ref left) > 0)
            {
                if (queue.TryDequeue(out var item))
                {
                    mine.Add(item);
                    Interlocked.Decrement(ref left);
                }
                else
                {
                    Thread.Yield();
                }
            }
        }));
        await Task.WhenAll([.. producers, .. consumers]);

        Assert.Equal(Producers * Each, received.Sum(list => list.Count));
        Assert.Equal(Producers * Each, received.SelectMany(list => list).Distinct().Count());
        foreach (var list in received)
        {
            for (var producer = 0; producer < Producers; producer++)
            {
                var numbers = list.Where(item => item.Producer == producer).Select(item => item.Number).ToList();
                Assert.Equal(numbers.Order(), numbers);
            }
        }
    }
}
