using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Sidecar.Tensors;

/// <summary>
/// What is known of one tensor of a <see cref="TensorMessage"/>, which holds its name and data. Valid until that message is cleared
/// or decoded into again.
/// </summary>
public struct Tensor
{
    /// <summary>Dimensions a tensor may have. Image and sequence models use up to 5; 8 leaves room without a heap array.</summary>
    public const int MaxRank = 8;

    internal Dimensions Dims;
    internal Slice NameSlice;
    internal Slice DataSlice;

    /// <summary>How many bytes of the binary section are its data; -1 where it has none there.</summary>
    internal long BinaryBytes;

    /// <summary>gRPC: its data came as typed contents.</summary>
    internal bool HasContents;

    /// <summary>The declared datatype; <see cref="DataType.Unknown"/> where it is absent or not in the protocol.</summary>
    public DataType DataType { get; internal set; }

    /// <summary>Why this tensor has no data; <see cref="DecodeError.None"/> where it has.</summary>
    public DecodeError Error { get; internal set; }

    /// <summary>The number of declared dimensions; 0 is a scalar, or an absent shape.</summary>
    public int Rank { get; internal set; }

    /// <summary>The product of the shape (1 for a scalar), saturated at <see cref="long.MaxValue"/>; 0 where a dimension is negative or the shape absent.</summary>
    public long Elements { get; internal set; }

    /// <summary>The elements that were really sent: differs from <see cref="Elements"/> under <see cref="DecodeError.ShapeMismatch"/>.</summary>
    public int SentElements { get; internal set; }

    /// <summary>Elements sent as JSON <c>null</c>: NaN in the data of a float tensor, 0, false or empty in any other.</summary>
    public int NullCount { get; internal set; }

    /// <summary>The declared dimensions, slowest first.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<long> Shape => ((ReadOnlySpan<long>)Dims)[..Rank];

    [InlineArray(MaxRank)]
    internal struct Dimensions
    {
        private long _first;
    }
}

/// <summary>A range of a message's arena, or of the body that it was decoded from; <see cref="Absent"/> is told apart from empty.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Slice(int Start, int Length, bool InSource = false)
{
    public static Slice Absent => new(-1, 0);

    /// <summary>Bytes that are left where they are in the body.</summary>
    public static Slice OfSource(int start, int length) => new(start, length, InSource: true);

    public bool Present => Start >= 0;
}
