using System.Numerics;

namespace Sidecar.Tensors;

/// <summary>
/// Finds the tensors of a message by their names without looking at all of them, while rows with hundreds of names are read. Open addressing, at most half full; the
/// hash is the base library's, whose seed no client knows.
/// </summary>
internal sealed class NameTable(int maxNames)
{
    // Position + 1; 0 is free.
    private readonly int[] _positions = new int[BitOperations.RoundUpToPowerOf2((uint)Math.Max(1, maxNames) * 2)];

    public void Clear() => Array.Clear(_positions);

    /// <summary>The position of a name, or -1 where it isn't there.</summary>
    /// <param name="slot">Where <see cref="Add"/> is to put a name that isn't there.</param>
    public int Find(TensorMessage message, ReadOnlySpan<byte> name, out int slot)
    {
        var hash = new HashCode();
        hash.AddBytes(name);
        for (slot = hash.ToHashCode() & (_positions.Length - 1); _positions[slot] != 0; slot = (slot + 1) & (_positions.Length - 1))
        {
            if (message.Name(_positions[slot] - 1).SequenceEqual(name))
                return _positions[slot] - 1;
        }

        return -1;
    }

    public void Add(int slot, int position) => _positions[slot] = position + 1;
}
