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

/// <summary>Says which inputs reached something that none before did.</summary>
internal interface IFuzzFeedback
{
    /// <summary>An input is about to be run.</summary>
    void Begin();

    /// <summary>It was run: is it worth keeping, to be changed further?</summary>
    bool FoundSomething();
}

/// <summary>Runs a target over mutations of its seeds, and of further ones; without feedback the same inputs for the same seed.</summary>
internal sealed class FuzzRun(FuzzTarget target, ulong seed, IReadOnlyList<byte[]>? moreSeeds = null)
{
    /// <summary>Long enough for several messages with their heads, and short enough for many inputs a second.</summary>
    public const int LongestInput = 2048;

    private readonly List<byte[]> _seeds = [.. target.Seeds, .. moreSeeds ?? []];

    /// <summary>Told each input that fails, and why.</summary>
    public Action<byte[], Exception>? Failed { get; init; }

    /// <summary>Told about every 4,096 inputs how many there were; false ends the run.</summary>
    public Func<long, bool>? GoesOn { get; init; }

    /// <summary>Null: mutations are of the seeds only.</summary>
    public IFuzzFeedback? Feedback { get; init; }

    /// <summary>Inputs that the feedback asked to keep.</summary>
    public IEnumerable<byte[]> Kept => _seeds.Skip(target.Seeds.Count + (moreSeeds?.Count ?? 0));

    public FuzzFigures Run(long inputs)
    {
        var random = new SplitMix(seed);
        var mutator = new Mutator(random, target.Tokens, LongestInput);
        var asTheyAre = _seeds.Count;
        long done = 0, bytes = 0, crashes = 0, broken = 0, allocated = 0;
        for (; done < inputs; done++)
        {
            if ((done & 4095) == 0 && GoesOn is not null && !GoesOn(done))
                break;
            // The seeds themselves come first.
            var input = done < asTheyAre ? _seeds[(int)done] : mutator.Mutate(random.Of(_seeds), random.Of(_seeds));
            bytes += input.Length;
            try
            {
                Feedback?.Begin();
                var before = GC.GetAllocatedBytesForCurrentThread();
                target.Check(input);
                if (done >= inputs / 2)
                    allocated += GC.GetAllocatedBytesForCurrentThread() - before;
                if (Feedback?.FoundSomething() == true && done >= asTheyAre)
                    _seeds.Add(input.ToArray());
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

    private static bool IsBrokenPromise(Exception failure) => failure is BrokenPromiseException or Xunit.Sdk.IAssertionException;
}
