using System.Numerics;

namespace Sidecar.Statistics.Sketches;

/// <summary>
/// How many distinct values a stream has, in 4 kB (Flajolet et al. 2007; the estimator is Ertl's of 2017, which needs no tables): standard error 1.04/√4096 = 1.62 %. Merges by
/// the larger register, so shards in any order give the same bits.
/// </summary>
public sealed class HyperLogLog
{
    private const int IndexBits = 12;
    private const int Registers = 1 << IndexBits;
    private const int RankBits = 64 - IndexBits;
    private readonly byte[] _registers = new byte[Registers];

    /// <summary>Adds a value given as bytes.</summary>
    public void Add(ReadOnlySpan<byte> value) => AddHash(ValueHash.Of(value));

    /// <summary>Adds an integer.</summary>
    public void Add(long value) => AddHash(ValueHash.Of(value));

    /// <summary>Adds what another has seen.</summary>
    public void MergeFrom(HyperLogLog other)
    {
        for (var i = 0; i < Registers; i++)
            _registers[i] = Math.Max(_registers[i], other._registers[i]);
    }

    /// <summary>The registers, for a profile file.</summary>
    public ReadOnlySpan<byte> State => _registers;

    /// <summary>Restores what <see cref="State"/> gave; null if it is not such a state.</summary>
    public static HyperLogLog? TryRestore(ReadOnlySpan<byte> state)
    {
        if (state.Length != Registers || state.ContainsAnyExceptInRange((byte)0, (byte)(RankBits + 1)))
            return null;
        var sketch = new HyperLogLog();
        state.CopyTo(sketch._registers);
        return sketch;
    }

    /// <summary>Estimated distinct values.</summary>
    public double Estimate()
    {
        Span<int> histogram = stackalloc int[RankBits + 2];
        histogram.Clear();
        foreach (var register in _registers)
            histogram[register]++;
        var z = Registers * Tau(1 - histogram[RankBits + 1] / (double)Registers);
        for (var rank = RankBits; rank >= 1; rank--)
            z = 0.5 * (z + histogram[rank]);
        z += Registers * Sigma(histogram[0] / (double)Registers);
        return Registers / (2 * Math.Log(2)) * Registers / z;
    }

    private void AddHash(ulong hash)
    {
        // A last mix, as the table's hash only promises good low bits.
        hash = (hash ^ (hash >> 33)) * 0xFF51AFD7ED558CCD;
        hash = (hash ^ (hash >> 33)) * 0xC4CEB9FE1A85EC53;
        hash ^= hash >> 33;
        var rank = (byte)(Math.Min(RankBits, BitOperations.LeadingZeroCount(hash << IndexBits)) + 1);
        ref var register = ref _registers[hash >> RankBits];
        register = Math.Max(register, rank);
    }

    private static double Sigma(double x)
    {
        if (x == 1)
            return double.PositiveInfinity;
        double power = 1, sum = x, last;
        do
        {
            x *= x;
            last = sum;
            sum += x * power;
            power += power;
        }
        while (sum != last);
        return sum;
    }

    private static double Tau(double x)
    {
        if (x is 0 or 1)
            return 0;
        double power = 1, sum = 1 - x, last;
        do
        {
            x = Math.Sqrt(x);
            last = sum;
            power *= 0.5;
            sum -= (1 - x) * (1 - x) * power;
        }
        while (sum != last);
        return sum / 3;
    }
}
