namespace Sidecar.Emit.Spool;

/// <summary>A record as it was appended.</summary>
/// <param name="Index">Its number in the spool, rising by one from 0 over all runs of the program.</param>
/// <param name="UnixNanos">The time it was given.</param>
/// <param name="Body">Its bytes. They are the caller's to keep: nothing writes to them again.</param>
public readonly record struct SpoolRecord(long Index, long UnixNanos, ReadOnlyMemory<byte> Body);
