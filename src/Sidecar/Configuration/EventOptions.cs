namespace Sidecar.Configuration;

/// <summary>Where events can go.</summary>
public enum EventSink : byte
{
    /// <summary>Nowhere.</summary>
    None,

    /// <summary>A file of JSON lines that rotates.</summary>
    Jsonl,
}

/// <summary>Where sampled events are written.</summary>
public sealed record EventOptions
{
    /// <summary>Where events go: nowhere, or to a rotating file of JSON lines.</summary>
    public EventSink Sink { get; init; } = EventSink.None;

    /// <summary>Share of the ordinary exchanges that become events; failures and violations always do.</summary>
    public double Rate { get; init; } = 0.01;

    /// <summary>The rotating file of JSON lines.</summary>
    public JsonlOptions Jsonl { get; init; } = new();
}

/// <summary>The rotating file of JSON lines.</summary>
public sealed record JsonlOptions
{
    /// <summary>Path of the current file; older ones get a number.</summary>
    public string Path { get; init; } = "./sidecar-events.jsonl";

    /// <summary>Size at which the file is rotated.</summary>
    public long MaxBytes { get; init; } = 64L << 20;

    /// <summary>Files that are kept, the current one included.</summary>
    public int Files { get; init; } = 4;
}
