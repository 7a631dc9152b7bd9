using Sidecar.Emit.Spool;

namespace Sidecar.Emit.Kafka;

/// <summary>A log in memory, bounded by bytes; it ends with the process.</summary>
/// <remarks>A record that was read and gave way may still arrive; whether it is lost is known when it is committed, or read again.</remarks>
internal sealed class MemoryLog(long limit, bool dropNewest) : IEventLog
{
    // What a record costs beside its bytes.
    private const int Overhead = 64;

    private readonly Lock _gate = new();
    private readonly Dictionary<long, SpoolRecord> _records = [];
    private long _committed;
    private long _first;
    private long _next;
    private long _read;
    private long _bytes;

    public Action<SpoolLoss>? Lost { get; set; }

    public long Records
    {
        get
        {
            lock (_gate)
                return _records.Count;
        }
    }

    public long Bytes => Interlocked.Read(ref _bytes);

    public long First => 0;

    public long Next => 0;

    public long FoundLost => 0;

    public bool IsDurable => false;

    public bool TryAppend(ReadOnlySpan<byte> body, long unixNanos)
    {
        SpoolLoss lost;
        lock (_gate)
        {
            var size = body.Length + Overhead;
            if (size > limit || (dropNewest && _bytes + size > limit))
                return false;
            var unread = Math.Max(_read, _first);
            while (_bytes + size > limit)
                Remove();
            lost = new SpoolLoss(unread, _first, ByLimit: true);
            _records.Add(_next, new SpoolRecord(_next, unixNanos, body.ToArray()));
            _next++;
            Interlocked.Add(ref _bytes, size);
        }

        if (lost.First < lost.Next)
            Lost?.Invoke(lost);
        return true;
    }

    public bool TryRead(out SpoolRecord record)
    {
        lock (_gate)
        {
            _read = Math.Max(_read, _first);
            if (_read >= _next)
            {
                record = default;
                return false;
            }

            record = _records[_read++];
            return true;
        }
    }

    public void Rewind()
    {
        SpoolLoss lost;
        lock (_gate)
        {
            lost = new SpoolLoss(_committed, _first, ByLimit: true);
            _committed = _read = _first;
        }

        if (lost.First < lost.Next)
            Lost?.Invoke(lost);
    }

    public void Commit(long next)
    {
        lock (_gate)
        {
            _committed = Math.Max(_committed, next);
            while (_first < next && _records.Count > 0)
                Remove();
        }
    }

    public void Flush()
    {
    }

    public void Sync()
    {
    }

    public void Dispose()
    {
    }

    private void Remove()
    {
        _records.Remove(_first++, out var record);
        Interlocked.Add(ref _bytes, -(record.Body.Length + Overhead));
    }
}
