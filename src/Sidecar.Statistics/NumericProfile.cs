namespace Sidecar.Statistics;

/// <summary>
/// A numeric reference as plain data, for a profile file: <see cref="NumericReference.ToProfile"/> writes it and
/// <see cref="NumericReference.TryRestore"/> reads it back to the last bit.
/// </summary>
public sealed record NumericProfile
{
    /// <summary>Inner edges, strictly rising, at most 63.</summary>
    public required IReadOnlyList<float> Edges { get; init; }

    public required float Minimum { get; init; }

    public required float Maximum { get; init; }

    /// <summary>Finite values per cell: far below, below, the bins, above, far above.</summary>
    public required IReadOnlyList<long> Counts { get; init; }

    /// <summary>Sums of the finite values per cell.</summary>
    public required IReadOnlyList<double> Sums { get; init; }

    /// <summary>Per cell, whether every value in it equals its upper edge.</summary>
    public required IReadOnlyList<bool> OnlyUpperEdge { get; init; }

    public required double Mean { get; init; }

    /// <summary>Standard deviation, divisor m.</summary>
    public required double Sigma { get; init; }

    public long Missing { get; init; }

    public long NotANumber { get; init; }

    public long PositiveInfinity { get; init; }

    public long NegativeInfinity { get; init; }
}
