namespace Sidecar.Emit.Kafka;

/// <summary>
/// Events of one topic on their way: appended by one thread, read in order by another, kept until they are committed. In memory, or on disk (the spool).
/// </summary>
internal interface IEventLog : IDisposable
{
    /// <summary>Records that were given up because the log was full, or that the disk lost: how many, after each time; they are the oldest.</summary>
    Action<long>? Lost { get; set; }

    /// <summary>Records that aren't committed.</summary>
    long Records { get; }

    /// <summary>What they take.</summary>
    long Bytes { get; }

    /// <summary>Records found at the start, of an earlier run.</summary>
    long Found { get; }

    /// <summary>It survives the process.</summary>
    bool IsDurable { get; }

    /// <summary>Appends; false when it is full and the newest give way.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    bool TryAppend(ReadOnlySpan<byte> body, long unixNanos, out long index);

    /// <summary>The next record; false when all are read.</summary>
    bool TryRead(out Spool.SpoolRecord record);

    /// <summary>Reads again from the first record that isn't committed.</summary>
    void Rewind();

    /// <summary>Everything below this index is delivered.</summary>
    void Commit(long next);

    /// <summary>Makes what was appended readable, and from then on safe from the process being killed.</summary>
    void Flush();

    /// <summary>Makes what was appended and committed safe from the machine losing power.</summary>
    void Sync();
}
