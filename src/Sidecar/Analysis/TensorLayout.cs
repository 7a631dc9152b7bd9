using Sidecar.Model;
using Sidecar.Tensors;

namespace Sidecar.Analysis;

/// <summary>What is derived of a row beside, or instead of, its columns.</summary>
internal enum Derivation : byte
{
    None,

    /// <summary>Class, score, margin and entropy: <see cref="ClassFeatures"/>.</summary>
    Classes,

    /// <summary>Figures of the row as a whole: <see cref="VectorFeatures"/>.</summary>
    Vector,
}

/// <summary>What a tensor's rows (first dimension = rows) are watched by.</summary>
/// <param name="Columns">Values of a row; 0: nothing can be watched.</param>
/// <param name="Derivation">What is derived of a row.</param>
internal readonly record struct TensorLayout(int Columns, Derivation Derivation)
{
    /// <summary>A tensor with more columns is an image or an embedding, which single columns do not describe.</summary>
    public const int MaxColumns = 256;

    // A megapixel in one channel; beyond it a row alone would take the worker milliseconds.
    private const int MaxDimensions = 1 << 20;

    /// <summary>Columns that are features of their own.</summary>
    public int OwnColumns => Derivation == Derivation.Vector ? 0 : Columns;

    /// <summary>Features in all.</summary>
    public int Features => OwnColumns + Derivation switch { Derivation.Classes => ClassFeatures.Count, Derivation.Vector => VectorFeatures.Count, _ => 0 };

    public static TensorLayout Of(in Tensor tensor, Side side)
    {
        if (tensor.Error != DecodeError.None || tensor.Elements <= 0)
            return default;
        var rows = tensor.Rank == 0 ? 1 : tensor.Shape[0];
        return (tensor.Elements / rows) switch
        {
            <= 0 => default,
            <= MaxColumns and var columns => new((int)columns, side == Side.Output && columns > 1 && TensorValues.IsFloat(tensor.DataType) ? Derivation.Classes : Derivation.None),
            <= MaxDimensions and var columns when tensor.DataType != DataType.Bytes => new((int)columns, Derivation.Vector),
            _ => default,
        };
    }
}
