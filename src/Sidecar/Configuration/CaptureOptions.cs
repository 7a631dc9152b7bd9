namespace Sidecar.Configuration;

/// <summary>How much of the traffic is copied for analysis.</summary>
public sealed record CaptureOptions
{
    /// <summary>Memory for copied bodies in the whole process; over it, exchanges are counted without their bodies.</summary>
    public long Budget { get; init; } = 64L << 20;

    /// <summary>Largest request or response body that is copied; a larger one is relayed and counted, not decoded.</summary>
    public int MaxBody { get; init; } = 4 << 20;

    /// <summary>Share of the exchanges whose bodies are decoded; success and latency always count every exchange.</summary>
    public double DecodeRate { get; init; } = 1.0;
}
