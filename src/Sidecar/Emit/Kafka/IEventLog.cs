using Sidecar.Emit.Spool;

namespace Sidecar.Emit.Kafka;

/// <summary>
/// Events of one topic on their way: appended by one thread, read in order by another, kept until they are committed. In memory, or on disk (the spool).
/// </summary>
internal interface IEventLog : IDisposable
{
    /// <summary>Told of records that were given up because the log was full, or that the disk lost; of some maybe twice, and of some that were committed.</summary>
    Action<SpoolLoss>? Lost { get; set; }

    /// <summary>Records that wait.</summary>
    long Records { get; }

    /// <summary>What they take.</summary>
    long Bytes { get; }

    /// <summary>Where reading begins: records from here to <see cref="Next"/> were found at the start, of an earlier run.</summary>
    long First { get; }

    /// <summary>The index that the first record of this run will have.</summary>
    long Next { get; }

    /// <summary>Records of an earlier run that were found lost at the start.</summary>
    long FoundLost { get; }

    /// <summary>It survives the process.</summary>
    bool IsDurable { get; }

    /// <summary>Appends; false when it is full and the newest give way. Indexes rise by one.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    bool TryAppend(ReadOnlySpan<byte> body, long unixNanos);

    /// <summary>The next record; false when all are read.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    bool TryRead(out SpoolRecord record);

    /// <summary>Reads again from the first record that isn't committed.</summary>
    void Rewind();

    /// <summary>Everything below this index is delivered.</summary>
    void Commit(long next);

    /// <summary>Makes what was appended readable, and from then on safe from the process being killed.</summary>
    void Flush();

    /// <summary>Makes what was appended and committed safe from the machine losing power.</summary>
    void Sync();
}
