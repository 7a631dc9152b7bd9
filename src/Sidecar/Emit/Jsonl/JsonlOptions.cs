namespace Sidecar.Emit.Jsonl;

/// <summary>Where events are written and how much of them is kept.</summary>
public sealed record JsonlOptions
{
    /// <summary>The file written to; full ones become <c>PATH.1</c> (the newest), <c>PATH.2</c> and so on. Its folder is made if missing.</summary>
    public required string Path { get; init; }

    /// <summary>CloudEvents <c>source</c>, unique to this run of the program: the sequence starts at 1 in each.</summary>
    public required string Source { get; init; }

    /// <summary>A file is never longer; a single event that is longer by itself is dropped as too large.</summary>
    public long MaxBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Files kept, the one written to included; at least 1.</summary>
    public int Files { get; init; } = 4;

    /// <summary>Events that may wait for the writer; when as many wait, further ones are dropped.</summary>
    public int Queue { get; init; } = 4096;

    /// <summary>Longest time that an event waits in memory once the writer has taken it.</summary>
    public TimeSpan FlushEvery { get; init; } = TimeSpan.FromSeconds(1);
}
