using Sidecar.Emit.Spool;

namespace Sidecar.Emit.Kafka;

/// <summary>The spool as a log of events.</summary>
internal sealed class SpoolLog : IEventLog
{
    private readonly Spool.Spool _spool;

    /// <exception cref="IOException">The folder can't be used.</exception>
    public SpoolLog(SpoolOptions options, Action<string> complain)
    {
        _spool = Spool.Spool.Open(options, complain);
        (First, Next, FoundLost) = (_spool.Committed, _spool.NextIndex, _spool.LostRecords);
        _spool.Lost += loss => Lost?.Invoke(loss);
    }

    public Action<SpoolLoss>? Lost { get; set; }

    public long Records => _spool.Records;

    public long Bytes => _spool.Bytes;

    public long First { get; }

    public long Next { get; }

    public long FoundLost { get; }

    public bool IsDurable => true;

    public bool TryAppend(ReadOnlySpan<byte> body, long unixNanos) => _spool.Append(body, unixNanos, out _);

    public bool TryRead(out SpoolRecord record) => _spool.TryRead(out record);

    public void Rewind() => _spool.Rewind();

    public void Commit(long next) => _spool.Commit(next);

    public void Flush() => _spool.Flush();

    public void Sync() => _spool.Sync();

    public void Dispose() => _spool.Dispose();
}
