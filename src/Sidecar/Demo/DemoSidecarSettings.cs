namespace Sidecar.Demo;

/// <summary>How the demo wants its sidecar: loopback, any free port, and windows short enough to watch.</summary>
public sealed record DemoSidecarSettings
{
    /// <summary>The demo's own model server. It may be down for a while; its address stays.</summary>
    public required Uri Upstream { get; init; }

    /// <summary>The same server's port for gRPC.</summary>
    public required Uri GrpcUpstream { get; init; }

    /// <summary>The shadow's ONNX file. The demo replaces it by an atomic rename while the sidecar runs, which is expected to notice.</summary>
    public required string ShadowFile { get; init; }

    /// <summary>The share of requests that the shadow scores, in (0, 1].</summary>
    public required double ShadowRate { get; init; }

    /// <summary>The reference of each feature is learned from so many requests.</summary>
    public required int LearnAfter { get; init; }

    /// <summary>Drift compares this much recent traffic with the reference.</summary>
    public required TimeSpan DriftWindow { get; init; }

    /// <summary>A lower bound of the drift distance above this is material (δ of the page gate).</summary>
    public required double DriftDelta { get; init; }
}
