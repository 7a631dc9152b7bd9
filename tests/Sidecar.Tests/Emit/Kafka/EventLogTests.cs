using Sidecar.Emit.Kafka;
using Sidecar.Emit.Spool;

namespace Sidecar.Tests.Emit.Kafka;

public sealed class EventLogTests : IDisposable
{
    private readonly SpoolFolder _folder = new();
    private readonly List<SpoolLoss> _lost = [];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Records_come_in_order_again_after_a_rewind_and_not_after_a_commit(bool onDisk)
    {
        using IEventLog log = onDisk ? LaneBench.Spool(_folder.Path) : new MemoryLog(1 << 20, dropNewest: false);
        Append(log, 10);
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], Read(log));
        log.Commit(4);
        Assert.Equal(6, log.Records);
        Assert.Empty(Read(log));
        log.Rewind();
        Append(log, 1);
        Assert.Equal([4, 5, 6, 7, 8, 9, 10], Read(log));
        log.Commit(11);
        Assert.Equal(0, log.Records);
        log.Rewind();
        Assert.Empty(Read(log));
        Assert.Equal(onDisk, log.IsDurable);
    }

    [Fact]
    public void Memory_is_bounded_and_the_oldest_give_way()
    {
        using var log = new MemoryLog(1000, dropNewest: false) { Lost = _lost.Add };
        Append(log, 20); // 100 bytes each
        Assert.Equal((10, 1000), (log.Records, log.Bytes));
        Assert.Equal([.. Enumerable.Range(0, 10).Select(index => new SpoolLoss(index, index + 1, ByLimit: true))], _lost);
        Assert.Equal([10, 11, 12], Read(log, 3));
        _lost.Clear();
        Append(log, 5); // three of them are with someone who may still deliver them
        Assert.Equal([new(13, 14, ByLimit: true), new(14, 15, ByLimit: true)], _lost);
        log.Commit(12);
        log.Rewind();
        Assert.Equal(new SpoolLoss(12, 15, ByLimit: true), _lost[^1]);
        Assert.Equal(15, Read(log)[0]);
    }

    [Fact]
    public void Memory_is_bounded_and_the_newest_give_way()
    {
        using var log = new MemoryLog(1000, dropNewest: true) { Lost = _lost.Add };
        Append(log, 10);
        Assert.False(log.TryAppend(new byte[36], 0));
        log.Commit(1);
        Assert.True(log.TryAppend(new byte[36], 0));
        Assert.Empty(_lost);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], Read(log));
    }

    [Fact]
    public void Record_larger_than_the_memory_is_refused_and_costs_nothing()
    {
        using var log = new MemoryLog(1000, dropNewest: false) { Lost = _lost.Add };
        Append(log, 5);
        Assert.False(log.TryAppend(new byte[1000], 0));
        Assert.Equal((5, 500), (log.Records, log.Bytes));
        Assert.Empty(_lost);
    }

    [Fact]
    public void Spool_finds_what_was_left_and_names_what_it_loses()
    {
        using (var log = LaneBench.Spool(_folder.Path, 4096))
        {
            Append(log, 20);
            Read(log);
            log.Commit(5);
        }

        using var again = LaneBench.Spool(_folder.Path, 4096);
        again.Lost = _lost.Add;
        Assert.Equal((5, 20, 15, 0), (again.First, again.Next, again.Records, again.FoundLost));
        Append(again, 60);
        Assert.Equal(5, _lost[0].First);
        Assert.All(_lost.Zip(_lost.Skip(1)), pair => Assert.Equal(pair.First.Next, pair.Second.First));
        Assert.All(_lost, loss => Assert.True(loss.ByLimit));
        Assert.Equal(_lost[^1].Next, Read(again)[0]);
        Assert.Equal(80 - _lost[^1].Next, again.Records);
    }

    [Fact]
    public void Spool_tells_damage_from_want_of_room()
    {
        using var log = LaneBench.Spool(_folder.Path, 64 * 1024);
        log.Lost = _lost.Add;
        Append(log, 400);
        log.Sync();
        using (var file = File.OpenWrite(_folder.Segments[0]))
        {
            file.Position = 100;
            file.Write([.. Enumerable.Repeat((byte)255, 50)]);
        }

        var read = Read(log);
        var gap = read.Zip(read.Skip(1)).Single(pair => pair.Second != pair.First + 1);
        Assert.Equal([new(gap.First + 1, gap.Second, ByLimit: false)], _lost);
        Assert.Equal(400, read.Count + _lost[0].Next - _lost[0].First);
    }

    private static void Append(IEventLog log, int count)
    {
        for (var i = 0; i < count; i++)
            Assert.True(log.TryAppend(new byte[36], i));
    }

    private static List<long> Read(IEventLog log, int most = int.MaxValue)
    {
        var read = new List<long>();
        while (read.Count < most && log.TryRead(out var record))
            read.Add(record.Index);
        return read;
    }
}
