namespace Sidecar.Emit.Spool;

/// <summary>Where a spool lies and how much it may hold.</summary>
public sealed record SpoolOptions
{
    /// <summary>The spool's own folder, one for each topic; made if missing.</summary>
    public required string Directory { get; init; }

    /// <summary>The segments together are never longer; at least 1 KiB.</summary>
    public long LimitBytes { get; init; } = 256L * 1024 * 1024;

    /// <summary>
    /// A segment is closed when the next record would make it longer; only a single record that is longer by itself makes a longer one. What is
    /// delivered or dropped is deleted in whole segments, so at most a quarter of <see cref="LimitBytes"/> is taken.
    /// </summary>
    public int SegmentBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>What gives way at the limit.</summary>
    public SpoolFullPolicy Full { get; init; }
}
