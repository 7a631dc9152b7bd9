using System.Runtime.InteropServices;

namespace Sidecar.Model;

/// <summary>A hash that is the same in every process and on every machine, for sampling decisions that can be repeated.</summary>
public static class StableHash
{
    /// <summary>FNV-1a, finished by splitmix64's mixer so that every bit depends on every byte.</summary>
    public static ulong Of(ReadOnlySpan<byte> bytes)
    {
        var hash = 14695981039346656037UL;
        foreach (var value in bytes)
            hash = (hash ^ value) * 1099511628211UL;
        return Mix(hash);
    }

    public static ulong Of(long value) => Of(MemoryMarshal.AsBytes(new ReadOnlySpan<long>(in value)));

    /// <summary>Another hash of the same thing, independent of the first: for a share of what a first share has left.</summary>
    public static ulong Again(ulong hash) => Mix(hash + 0x9E3779B97F4A7C15UL);

    /// <summary>The hash as a number in [0, 1): an item is in a share r when this is below r.</summary>
    public static double Share(ulong hash) => (hash >> 11) * (1.0 / (1UL << 53));

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}
