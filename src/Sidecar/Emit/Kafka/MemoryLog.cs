using Sidecar.Emit.Spool;

namespace Sidecar.Emit.Kafka;

/// <summary>A log in memory, bounded by bytes; it ends with the process.</summary>
internal sealed class MemoryLog(long limit, bool dropNewest) : IEventLog
{
    // What a record costs beside its bytes.
    private const int Overhead = 64;

    private readonly Lock _gate = new();
    private readonly Dictionary<long, SpoolRecord> _records = [];
    private long _first;
    private long _next;
    private long _read;
    private long _bytes;

    public Action<long>? Lost { get; set; }

    public long Records
    {
        get
        {
            lock (_gate)
                return _records.Count;
        }
    }

    public long Bytes => Interlocked.Read(ref _bytes);

    public long Found => 0;

    public bool IsDurable => false;

    public bool TryAppend(ReadOnlySpan<byte> body, long unixNanos, out long index)
    {
        long lost = 0;
        lock (_gate)
        {
            index = _next;
            var size = body.Length + Overhead;
            if (size > limit || (dropNewest && _bytes + size > limit))
                return false;
            for (; _bytes + size > limit; lost++)
                Remove();
            _records.Add(index, new SpoolRecord(index, unixNanos, body.ToArray()));
            _next++;
            Interlocked.Add(ref _bytes, size);
        }

        if (lost > 0)
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
        lock (_gate)
            _read = _first;
    }

    public void Commit(long next)
    {
        lock (_gate)
        {
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
