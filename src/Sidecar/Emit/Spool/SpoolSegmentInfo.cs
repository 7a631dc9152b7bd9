namespace Sidecar.Emit.Spool;

/// <summary>A segment file as <see cref="SpoolReader"/> finds it.</summary>
public sealed record SpoolSegmentInfo
{
    /// <summary>Its name in the folder.</summary>
    public required string File { get; init; }

    /// <summary>The index of its first record, by its name.</summary>
    public required long FirstIndex { get; init; }

    /// <summary>Intact records from the beginning up to the first damage.</summary>
    public required long Records { get; init; }

    /// <summary>Of these, those below the cursor.</summary>
    public required long Delivered { get; init; }

    /// <summary>Of these, those at or above the cursor.</summary>
    public long Undelivered => Records - Delivered;

    /// <summary>The file's length.</summary>
    public required long Bytes { get; init; }

    /// <summary>The lowest time of a record, in Unix nanoseconds; null without records.</summary>
    public required long? OldestUnixNanos { get; init; }

    /// <summary>The highest time of a record, in Unix nanoseconds; null without records.</summary>
    public required long? NewestUnixNanos { get; init; }

    /// <summary>What is wrong with it and at which byte; null when it is sound. The last segment of a process that is writing may end inside a record for a moment.</summary>
    public required string? Problem { get; init; }
}
