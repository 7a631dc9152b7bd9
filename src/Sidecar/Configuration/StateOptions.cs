namespace Sidecar.Configuration;

/// <summary>What gives way when the spool is full.</summary>
public enum WhenFull : byte
{
    /// <summary>The events that have waited longest.</summary>
    DropOldest,

    /// <summary>The events that come.</summary>
    DropNewest,
}

/// <summary>What is kept on disk.</summary>
public sealed record StateOptions
{
    /// <summary>Folder for what must outlive the process, on a volume of the pod's own; null means that nothing does.</summary>
    public string? Directory { get; init; }

    /// <summary>Most that events take there which brokers have yet to acknowledge.</summary>
    public long SpoolLimit { get; init; } = 256L << 20;

    /// <summary>What gives way at that limit; either is counted.</summary>
    public WhenFull WhenFull { get; init; } = WhenFull.DropOldest;
}
