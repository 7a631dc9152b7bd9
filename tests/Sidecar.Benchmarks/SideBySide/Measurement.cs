namespace Sidecar.Benchmarks.SideBySide;

/// <summary>One turn of one peer. CPU is of the peer alone, in microseconds for each answered request; null for a row without a process.</summary>
internal sealed record Measurement
{
    public required string Peer { get; init; }

    /// <summary>The kind of body that was asked and answered.</summary>
    public required string Body { get; init; }

    public required int Connections { get; init; }

    /// <summary>Requests a second that were due; null if they were sent as fast as they were answered.</summary>
    public int? Rate { get; init; }

    public required int Round { get; init; }

    public long Requests { get; init; }

    public double RequestsPerSecond { get; init; }

    public double? UserMicroseconds { get; init; }

    public double? SystemMicroseconds { get; init; }

    public double? CpuMicroseconds => UserMicroseconds + SystemMicroseconds;

    public double P50Microseconds { get; init; }

    public double P99Microseconds { get; init; }

    /// <summary>Resident memory after the turn, summed over the peer's processes.</summary>
    public long? ResidentBytes { get; init; }

    /// <summary>Exchanges counted as decoded over answered requests; null for peers that don't decode.</summary>
    public double? DecodedShare { get; init; }

    /// <summary>Bytes allocated on the managed heap for each request, if the peer exports them.</summary>
    public double? AllocatedBytes { get; init; }

    /// <summary>Why this turn doesn't count, or null.</summary>
    public string? Problem { get; init; }
}
