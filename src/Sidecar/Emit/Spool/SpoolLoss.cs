namespace Sidecar.Emit.Spool;

/// <summary>Records that are gone.</summary>
/// <param name="First">The first one's index.</param>
/// <param name="Next">One more than the last one's.</param>
/// <param name="ByLimit">They made room for others; else the disk lost them.</param>
public readonly record struct SpoolLoss(long First, long Next, bool ByLimit);
