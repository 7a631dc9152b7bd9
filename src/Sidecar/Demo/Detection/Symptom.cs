namespace Sidecar.Demo.Detection;

/// <summary>What a detector looks at.</summary>
internal enum Symptom
{
    Success,
    Latency,
    Contract,
    Drift,
    Agreement,
}
