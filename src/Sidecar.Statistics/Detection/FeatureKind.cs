namespace Sidecar.Statistics.Detection;

/// <summary>What a feature's cells mean.</summary>
public enum FeatureKind : byte
{
    /// <summary>Ordered cells: two tails, bins, two tails; then missing, NaN, infinite.</summary>
    Numeric,

    /// <summary>Unordered cells: top values, other, unseen; then missing.</summary>
    Categorical,

    /// <summary>Cells as for categories, but values hardly ever repeat: only missing and unseen are watched.</summary>
    IdLike,
}
