using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Sidecar.Statistics.Detection;

/// <summary>Eight floats at a time, over spans whose lengths are multiples of eight.</summary>
internal static class Lane
{
    /// <summary>Floats of a vector.</summary>
    public const int Width = 8;

    /// <summary>A length rounded up to whole vectors.</summary>
    public static int Padded(int length) => (length + Width - 1) / Width * Width;

    public static Vector256<float> Load(ReadOnlySpan<float> values, int at) =>
        Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(values), (nuint)at);

    public static void Store(Vector256<float> vector, Span<float> values, int at) =>
        vector.StoreUnsafe(ref MemoryMarshal.GetReference(values), (nuint)at);

    public static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var sum = Vector256<float>.Zero;
        for (var at = 0; at < a.Length; at += Width)
            sum = Vector256.MultiplyAddEstimate(Load(a, at), Load(b, at), sum);
        return Vector256.Sum(sum);
    }
}
