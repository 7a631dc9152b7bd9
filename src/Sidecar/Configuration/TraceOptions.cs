namespace Sidecar.Configuration;

/// <summary>Which exchanges become spans.</summary>
public sealed record TraceOptions
{
    /// <summary>Share of the exchanges without a trace of their caller that become spans; failures and violations always do, and what the caller samples.</summary>
    public double Rate { get; init; } = 0.01;
}
