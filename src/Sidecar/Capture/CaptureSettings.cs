using Sidecar.Wire;

namespace Sidecar.Capture;

/// <summary>What the capture needs to know of the configuration.</summary>
/// <param name="MaxBodyBytes">A body over this is relayed and counted, not copied.</param>
/// <param name="DecodeRate">Share of the inference exchanges whose bodies are copied, 0 to 1, while the analysis keeps up.</param>
/// <param name="HeadRing">Exchanges without bodies that may wait, a relay thread.</param>
/// <param name="BodyQueue">Exchanges with bodies that may wait for the analysis: half a second of 16,000 a second; their bytes are bounded by the capture's budget.</param>
public sealed record CaptureSettings(int MaxBodyBytes, double DecodeRate, int HeadRing = 16384, int BodyQueue = 8192)
{
    /// <summary>The bounds of what is kept of one connection's protocol state.</summary>
    public ObserverLimits Observer { get; init; } = new();
}
