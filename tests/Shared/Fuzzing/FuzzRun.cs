namespace Sidecar.Testing.Fuzzing;

/// <summary>What a run found.</summary>
/// <param name="Inputs">How many were run.</param>
/// <param name="Bytes">How long they were together.</param>
/// <param name="Crashes">Exceptions that the product let escape.</param>
/// <param name="BrokenPromises">Answers that were wrong: told differently when split, against the interface's promises, or not as the independent reading.</param>
/// <param name="AllocatedBytes">By the product in the second half of the inputs, the first half having warmed it.</param>
internal sealed record FuzzFigures(long Inputs, long Bytes, long Crashes, long BrokenPromises, long AllocatedBytes)
{
    public long Failures => Crashes + BrokenPromises;

    public double AllocatedPerInput => AllocatedBytes / Math.Max(1.0, Inputs - (Inputs / 2));
}

/// <summary>Runs a target over mutations of its seeds, and of further ones; the same inputs for the same seed.</summary>
internal sealed class FuzzRun(FuzzTarget target, ulong seed, IReadOnlyList<byte[]>? moreSeeds = null)
{
    /// <summary>Long enough for several messages with their heads, and short enough for many inputs a second.</summary>
    public const int LongestInput = 2048;

    private readonly IReadOnlyList<byte[]> _seeds = [.. target.Seeds, .. moreSeeds ?? []];

    /// <summary>Told each input that fails, and why.</summary>
    public Action<byte[], Exception>? Failed { get; init; }

    /// <summary>Told about every 4,096 inputs how many there were; false ends the run.</summary>
    public Func<long, bool>? GoesOn { get; init; }

    public FuzzFigures Run(long inputs)
    {
        var random = new SplitMix(seed);
        var mutator = new Mutator(random, target.Tokens, LongestInput);
        long done = 0, bytes = 0, crashes = 0, broken = 0, allocated = 0;
        for (; done < inputs; done++)
        {
            if ((done & 4095) == 0 && GoesOn is not null && !GoesOn(done))
                break;
            ReadOnlySpan<byte> start = random.Of(_seeds);
            // The seeds themselves come first, as they are.
            var input = done < _seeds.Count ? _seeds[(int)done] : mutator.Mutate(start, random.Of(_seeds));
            bytes += input.Length;
            try
            {
                var before = GC.GetAllocatedBytesForCurrentThread();
                target.Check(input);
                if (done >= inputs / 2)
                    allocated += GC.GetAllocatedBytesForCurrentThread() - before;
                target.Compare(input);
            }
            catch (Exception failure)
            {
                _ = IsBrokenPromise(failure) ? broken++ : crashes++;
                Failed?.Invoke(input.ToArray(), failure);
                target.Recover();
            }
        }

        return new FuzzFigures(done, bytes, crashes, broken, allocated);
    }

    public static bool IsBrokenPromise(Exception failure) => failure is BrokenPromiseException or Xunit.Sdk.IAssertionException;
}
