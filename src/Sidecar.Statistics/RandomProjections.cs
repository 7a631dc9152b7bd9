using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Sidecar.Statistics;

/// <summary>
/// Sixteen ±1 projections of a high-dimensional row (Achlioptas 2003), divided by √dimensions: each is a feature, and a change of the joint law in some direction moves most of them. The signs
/// come from a seed, so every pod and every run projects alike.
/// </summary>
public sealed class RandomProjections
{
    /// <summary>Projections.</summary>
    public const int Count = 16;

    private readonly ushort[] _signs;
    private readonly float _scale;

    /// <param name="dimensions">Values of a row.</param>
    /// <param name="seed">Of the signs.</param>
    public RandomProjections(int dimensions, ulong seed = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dimensions);
        _signs = new ushort[dimensions];
        _scale = 1 / MathF.Sqrt(dimensions);
        for (var i = 0; i < dimensions; i++)
            _signs[i] = (ushort)(ValueHash.Of((long)(seed * 0x9E3779B97F4A7C15 + (ulong)i)) >> 24);
    }

    /// <summary>Values of a row.</summary>
    public int Dimensions => _signs.Length;

    /// <summary>Projects a row; values that aren't finite count as 0.</summary>
    /// <param name="projected">Receives 16 values.</param>
    /// <exception cref="ArgumentException">The row has another length.</exception>
    public void Project(ReadOnlySpan<float> row, Span<float> projected)
    {
        if (row.Length != _signs.Length)
            throw new ArgumentException("The row has other dimensions.", nameof(row));
        // Bit i of a sign word, moved to a float's sign bit, for eight projections at a time.
        var low = Vector256.Create(1u << 31, 1u << 30, 1u << 29, 1u << 28, 1u << 27, 1u << 26, 1u << 25, 1u << 24);
        var high = Vector256.ShiftRightLogical(low, 8);
        var sign = Vector256.Create(0x80000000u);
        Vector256<float> a = default, b = default;
        for (var i = 0; i < row.Length; i++)
        {
            var value = Vector256.Create(float.IsFinite(row[i]) ? row[i] : 0).AsUInt32();
            var word = Vector256.Create((uint)_signs[i]);
            a += (value ^ ((word * low) & sign)).AsSingle();
            b += (value ^ ((word * high) & sign)).AsSingle();
        }

        Lanes(a * _scale, projected, 0);
        Lanes(b * _scale, projected, 8);
    }

    private static void Lanes(Vector256<float> values, Span<float> to, int at) =>
        values.StoreUnsafe(ref MemoryMarshal.GetReference(to[at..(at + 8)]));
}
