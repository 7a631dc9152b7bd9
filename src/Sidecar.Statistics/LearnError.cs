namespace Sidecar.Statistics;

/// <summary>Why a reference could not be learned.</summary>
public enum LearnError : byte
{
    None,

    /// <summary>Fewer usable rows than <see cref="NumericReference.MinimumRows"/> or <see cref="CategoricalReference.MinimumRows"/>.</summary>
    TooFewRows,
}
