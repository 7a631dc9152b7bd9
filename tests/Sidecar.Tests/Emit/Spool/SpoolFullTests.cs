using Sidecar.Emit.Spool;

namespace Sidecar.Tests.Emit;

public sealed class SpoolFullTests : IDisposable
{
    // A record takes 100 bytes, a segment 8 and ten records, the spool four segments.
    private const int Segment = 1008, Limit = 4 * Segment;
    private readonly SpoolFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Drop_newest_refuses_what_does_not_fit_until_a_segment_is_delivered()
    {
        using var spool = _folder.Open(Limit, Segment, SpoolFullPolicy.DropNewest);
        Assert.Equal(40, Fill(spool, 55));
        Assert.Equal((40, 40, Limit, 0), (spool.NextIndex, spool.Records, spool.Bytes, spool.LostRecords));
        for (var i = 0; i < 10; i++)
            Assert.True(spool.TryRead(out _));
        spool.Commit(9);
        Assert.Equal(0, Fill(spool, 5));
        spool.Commit(10);
        Assert.Equal(10, Fill(spool, 15));
        Assert.Equal((50, 40, Limit, 0), (spool.NextIndex, spool.Records, spool.Bytes, spool.LostRecords));
        Assert.Equal(SpoolFolder.Range(10, 50), Read(spool));
    }

    [Fact]
    public void Drop_oldest_loses_exactly_the_oldest_segments()
    {
        var told = 0L;
        using (var spool = _folder.Open(Limit, Segment))
        {
            spool.Lost += loss => told += loss.Next - loss.First;
            Assert.Equal(65, Fill(spool, 65));
            Assert.Equal((65, 35, 30, 30), (spool.NextIndex, spool.Records, spool.LostRecords, told));
            Assert.Equal(30, spool.Committed);
            Assert.Equal(SpoolFolder.Range(30, 65), Read(spool));
        }

        using var again = _folder.Open(Limit, Segment);
        Assert.Equal((35, 0), (again.Records, again.LostRecords));
        Assert.Equal(SpoolFolder.Range(30, 65), Read(again));
        Assert.Empty(_folder.Complaints);
    }

    [Fact]
    public void Dropped_record_that_was_read_is_lost_only_if_it_is_not_committed()
    {
        using var spool = _folder.Open(Limit, Segment);
        Fill(spool, 40);
        for (var i = 0; i < 5; i++)
            Assert.True(spool.TryRead(out _));
        Fill(spool, 1);
        Assert.Equal((5, 36), (spool.LostRecords, spool.Records));
        Assert.True(spool.TryRead(out var next));
        Assert.Equal(10, next.Index);
        spool.Commit(3);
        Assert.Equal((5, 33), (spool.LostRecords, spool.Records));
        spool.Rewind();
        Assert.Equal((7, 31, 10), (spool.LostRecords, spool.Records, spool.Committed));
        Assert.Equal(SpoolFolder.Range(10, 41), Read(spool));
    }

    [Fact]
    public void Delivered_records_of_a_dropped_segment_are_not_lost()
    {
        using var spool = _folder.Open(Limit, Segment);
        Fill(spool, 40);
        spool.Commit(7);
        Fill(spool, 10);
        Assert.Equal(3, spool.LostRecords);
        Assert.Equal(SpoolFolder.Range(10, 50), Read(spool));
    }

    [Fact]
    public void Record_larger_than_the_spool_is_refused_and_costs_nothing()
    {
        using var spool = _folder.Open(Limit, Segment);
        Fill(spool, 20);
        Assert.False(spool.Append(new byte[Limit - 31], 0, out var index));
        Assert.Equal((-1, 20), (index, spool.Records));
        Assert.True(spool.Append(new byte[Limit - 32], 0, out _));
        Assert.Equal((1, 20, Limit), (spool.Records, spool.LostRecords, spool.Bytes));
        Assert.Equal(1, Fill(spool, 1));
        Assert.Equal((1, 21), (spool.Records, spool.LostRecords));
    }

    [Fact]
    public void Delivered_record_as_large_as_the_spool_does_not_block_it()
    {
        using var spool = _folder.Open(Limit, Segment, SpoolFullPolicy.DropNewest);
        for (var i = 0; i < 3; i++)
        {
            Assert.True(spool.Append(new byte[Limit - 32], 0, out var index));
            Assert.False(spool.Append([], 0, out _));
            spool.Commit(index + 1);
        }

        Assert.Equal((3, 0, 0), (spool.NextIndex, spool.Records, spool.LostRecords));
    }

    [Fact]
    public void Lower_limit_after_a_restart_is_kept_to()
    {
        using (var spool = _folder.Open(Limit, Segment))
            Fill(spool, 40);
        using var smaller = _folder.Open(Limit / 2, Segment / 2);
        Assert.Equal(40, smaller.Records);
        Fill(smaller, 1);
        Assert.InRange(smaller.Bytes, 1, Limit / 2);
        Assert.Equal(41, smaller.Records + smaller.LostRecords);
    }

    private static int Fill(Spool spool, int count)
    {
        var taken = 0;
        for (var i = 0; i < count; i++)
            taken += spool.Append(new byte[76], 0, out _) ? 1 : 0;
        return taken;
    }

    private static List<long> Read(Spool spool)
    {
        var read = new List<long>();
        while (spool.TryRead(out var record))
            read.Add(record.Index);
        return read;
    }
}
