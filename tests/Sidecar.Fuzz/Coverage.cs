using System.Numerics;
using System.Runtime.InteropServices;
using SharpFuzz.Common;
using Sidecar.Testing.Fuzzing;

namespace Sidecar.Fuzz;

/// <summary>
/// Which branches an input takes, counted by assemblies that were instrumented with SharpFuzz: as AFL does it, one byte for each pair of blocks that
/// follow each other, and an input is new where a pair is, or where a pair is taken more often by a power of two.
/// </summary>
/// <remarks>The map is one for the process and stays to its end; one thread at a time can use it.</remarks>
internal sealed unsafe class Coverage : IFuzzFeedback
{
    private const int Size = 1 << 16;
    private readonly byte* _taken = (byte*)NativeMemory.AllocZeroed(Size);
    private readonly byte[] _seen = new byte[Size];

    public Coverage() => Trace.SharedMem = _taken;

    /// <summary>Pairs of blocks that any input took.</summary>
    public int Pairs { get; private set; }

    public void Begin()
    {
        NativeMemory.Clear(_taken, Size);
        Trace.PrevLocation = 0;
    }

    public bool FoundSomething()
    {
        var found = false;
        for (var at = 0; at < Size; at += Vector<byte>.Count)
        {
            // Most of the map is zero.
            if (Vector.Load(_taken + at) != Vector<byte>.Zero)
                found |= Look(at, at + Vector<byte>.Count);
        }

        return found;
    }

    /// <summary>Forgets what was seen, for another target.</summary>
    public void Clear()
    {
        Array.Clear(_seen);
        Pairs = 0;
    }

    private bool Look(int from, int to)
    {
        var found = false;
        for (var at = from; at < to; at++)
        {
            if (_taken[at] == 0)
                continue;
            var times = (byte)(1 << BitOperations.Log2(_taken[at]));
            found |= (_seen[at] & times) == 0;
            Pairs += _seen[at] == 0 ? 1 : 0;
            _seen[at] |= times;
        }

        return found;
    }
}
