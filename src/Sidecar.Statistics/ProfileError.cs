namespace Sidecar.Statistics;

/// <summary>Why plain data, read from a file for instance, is not a reference.</summary>
public enum ProfileError : byte
{
    None,

    /// <summary>Arrays are missing, too long or of lengths that don't fit together.</summary>
    Shape,

    /// <summary>Edges that aren't finite or don't rise strictly, or a minimum or maximum that doesn't enclose them.</summary>
    Edges,

    /// <summary>A negative count, more rows than a total, or fewer than a reference needs.</summary>
    Counts,

    /// <summary>A mean, deviation or sum that isn't finite or contradicts the cells.</summary>
    Moments,

    /// <summary>A value that occurs twice or is too long.</summary>
    Values,
}
