namespace Sidecar.Tensors.Mapping;

/// <summary>One step down.</summary>
/// <param name="Name">To the member of that name; null: not into objects.</param>
/// <param name="Index">To that element; <see cref="NoIndex"/>: not into arrays.</param>
/// <param name="IsEach">To every element of an array.</param>
internal readonly record struct PathStep(byte[]? Name, int Index, bool IsEach = false)
{
    public const int NoIndex = -1;

    public static PathStep Each => new(null, NoIndex, IsEach: true);

    /// <summary>It leads into arrays, to this element.</summary>
    public bool LeadsTo(int index) => IsEach || Index == index;

    public bool Equals(PathStep other) =>
        IsEach == other.IsEach && Index == other.Index && Name.AsSpan().SequenceEqual(other.Name) && Name is null == other.Name is null;

    public override int GetHashCode() => HashCode.Combine(IsEach, Index, Name?.Length);

    /// <summary>One value can be behind both.</summary>
    public bool Overlaps(PathStep other) =>
        (Name is not null && other.Name is not null && Name.AsSpan().SequenceEqual(other.Name))
        || (IsEach && (other.IsEach || other.Index >= 0)) || (Index >= 0 && other.LeadsTo(Index));
}
