namespace Sidecar.Admin;

/// <summary>What a probe is told.</summary>
/// <param name="Ok">200 when true, else 503.</param>
/// <param name="Reason">One plain line for the person who reads it, as <c>draining</c>.</param>
public readonly record struct ProbeAnswer(bool Ok, string Reason);
