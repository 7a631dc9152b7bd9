namespace Sidecar.Testing.Fuzzing;

/// <summary>Random numbers that their seed determines on every version of .NET (SplitMix64; Steele, Lea and Flood 2014).</summary>
internal sealed class SplitMix(ulong seed)
{
    private ulong _state = seed;

    public ulong Next()
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>0 up to, and without, <paramref name="bound"/>.</summary>
    public int Below(int bound) => (int)(((Next() >> 32) * (uint)bound) >> 32);

    /// <summary>Start over as another stream.</summary>
    public void Restart(ulong seed) => _state = seed;

    public T Of<T>(IReadOnlyList<T> choices) => choices[Below(choices.Count)];
}
