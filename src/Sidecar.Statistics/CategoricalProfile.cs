namespace Sidecar.Statistics;

/// <summary>A value of a categorical feature: bytes, or an integer.</summary>
/// <param name="Bytes">The value's bytes; null for an integer.</param>
/// <param name="Number">The integer, where there are no bytes.</param>
public readonly record struct CategoryValue(ReadOnlyMemory<byte>? Bytes, long Number);

/// <summary>
/// A categorical reference as plain data, for a profile file: <see cref="CategoricalReference.ToProfile"/> writes it and <see cref="CategoricalReference.TryRestore"/> reads it back.
/// </summary>
public sealed record CategoricalProfile
{
    /// <summary>All values known, at most 65,536: those with a cell first, in the cells' order.</summary>
    public required IReadOnlyList<CategoryValue> Values { get; init; }

    /// <summary>Rows per cell: the top values, other, unseen (which is 0).</summary>
    public required IReadOnlyList<long> Counts { get; init; }

    /// <summary>All rows with a value.</summary>
    public required long SeenRows { get; init; }

    /// <summary>Values that came exactly once.</summary>
    public required long Once { get; init; }

    /// <summary>Rows of the one half whose value the other half lacks.</summary>
    public required long New { get; init; }

    /// <summary>Rows of that half.</summary>
    public required long NewRows { get; init; }

    public long Missing { get; init; }

    /// <summary>Rows whose value found no room.</summary>
    public long Overflow { get; init; }

    /// <summary>The top values were picked on one half of the rows and counted on the other.</summary>
    public bool Split { get; init; }

    /// <summary>Values longer than the limit were seen.</summary>
    public bool SawOversize { get; init; }
}
