using Sidecar.Emit.Spool;

namespace Sidecar.Tests.Emit;

/// <summary>Random calls against a model of what must be there. Accepted = delivered + lost + waiting, after every call.</summary>
public sealed class SpoolModelTests : IDisposable
{
    private const int Limit = 8192;
    private readonly SpoolFolder _folder = new();
    private readonly HashSet<long> _read = [];
    private readonly HashSet<long> _delivered = [];
    private long _lostBefore;
    private long _lastRead = -1;
    private long _flushed;

    public void Dispose() => _folder.Dispose();

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 16)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Random_calls_keep_the_books_balanced(int seed)
    {
        var random = new Random(seed);
        var full = seed % 2 == 0 ? SpoolFullPolicy.DropNewest : SpoolFullPolicy.DropOldest;
        var spool = Open(random, full);
        for (var step = 0; step < 1500; step++)
        {
            switch (random.Next(100))
            {
                case < 50:
                    Append(spool, random, full);
                    break;
                case < 75:
                    Read(spool, random.Next(12));
                    break;
                case < 87:
                    Commit(spool, random);
                    break;
                case < 90:
                    Rewind(spool);
                    break;
                case < 95:
                    spool.Flush();
                    _flushed = spool.NextIndex;
                    Assert.Equal(_folder.Segments.Sum(file => new FileInfo(file).Length), spool.Bytes);
                    break;
                case < 97:
                    spool.Sync();
                    _flushed = spool.NextIndex;
                    break;
                case < 99:
                    spool = Restart(spool, random, full);
                    break;
                default:
                    // A kill makes losses of the last moments count twice, which the model of the other policy does not know.
                    if (full == SpoolFullPolicy.DropNewest)
                        spool = Kill(spool, random, full);
                    break;
            }

            Assert.InRange(spool.Bytes, 0, Limit);
            Assert.Equal(spool.NextIndex, _delivered.Count + _lostBefore + spool.LostRecords + spool.Records);
        }

        Rewind(spool);
        Read(spool, int.MaxValue);
        spool.Commit(spool.NextIndex);
        Assert.Equal(0, spool.Records);
        if (full == SpoolFullPolicy.DropNewest)
            Assert.Equal(0, spool.LostRecords);
        spool.Dispose();
        Assert.DoesNotContain(_folder.Complaints, complaint => complaint.Contains("damaged", StringComparison.Ordinal));
    }

    // The size follows from the index, so that a reader knows what to expect.
    private static byte[] Body(long index)
    {
        var body = new byte[new Random((int)index).Next(40) == 0 ? 3000 : (int)(index * 37 % 400)];
        new Random((int)index).NextBytes(body);
        return body;
    }

    private Spool Open(Random random, SpoolFullPolicy full) => _folder.Open(Limit, random.Next(200, 2048), full);

    private static void Append(Spool spool, Random random, SpoolFullPolicy full)
    {
        for (var i = random.Next(8); i > 0; i--)
        {
            var next = spool.NextIndex;
            var taken = spool.Append(Body(next), next * 3, out var index);
            Assert.Equal(taken ? next : -1, index);
            Assert.True(taken || full == SpoolFullPolicy.DropNewest);
        }
    }

    private void Read(Spool spool, int count)
    {
        while (count-- > 0 && spool.TryRead(out var record))
        {
            Assert.True(record.Index > _lastRead, "out of order");
            _lastRead = record.Index;
            Assert.Equal(Body(record.Index), record.Body.ToArray());
            Assert.Equal(record.Index * 3, record.UnixNanos);
            _read.Add(record.Index);
        }
    }

    private void Commit(Spool spool, Random random)
    {
        if (_lastRead < spool.Committed)
            return;
        var to = random.NextInt64(spool.Committed, _lastRead + 2);
        spool.Commit(to);
        foreach (var index in _read.Where(index => index < to).ToList())
        {
            _read.Remove(index);
            _delivered.Add(index);
        }
    }

    private void Rewind(Spool spool)
    {
        spool.Rewind();
        _read.Clear();
        _lastRead = spool.Committed - 1;
    }

    private Spool Restart(Spool spool, Random random, SpoolFullPolicy full)
    {
        var (next, records) = (spool.NextIndex, spool.Records);
        var before = spool.LostRecords;
        spool.Dispose();
        // What was read and dropped, and never committed, is lost with the end.
        records -= spool.LostRecords - before;
        _lostBefore += spool.LostRecords;
        spool = Open(random, full);
        Assert.Equal((next, records, 0), (spool.NextIndex, spool.Records, spool.LostRecords));
        Rewind(spool);
        _flushed = next;
        return spool;
    }

    private Spool Kill(Spool spool, Random random, SpoolFullPolicy full)
    {
        var committed = spool.Committed;
        spool.Abandon();
        spool = Open(random, full);
        Assert.InRange(spool.Committed, 0, committed);
        Assert.True(spool.NextIndex >= _flushed, "a flushed record is gone");
        _delivered.RemoveWhere(index => index >= spool.Committed);
        Rewind(spool);
        return spool;
    }
}
