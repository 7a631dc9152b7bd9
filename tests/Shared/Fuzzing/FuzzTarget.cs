namespace Sidecar.Testing.Fuzzing;

/// <summary>Something that takes a stranger's bytes, and what must hold of it for all of them.</summary>
internal abstract class FuzzTarget
{
    /// <summary>What it is called on the command line and in reports.</summary>
    public abstract string Name { get; }

    /// <summary>Inputs to begin with; at least one.</summary>
    public abstract IReadOnlyList<byte[]> Seeds { get; }

    /// <summary>Bytes that mean something to it.</summary>
    public virtual IReadOnlyList<byte[]> Tokens => [];

    /// <summary>What became of the inputs so far, in a few words: shows that they reach more than the first refusal.</summary>
    public virtual string Outcomes => "";

    /// <summary>Runs an input and throws where a promise is broken. Allocates nothing once warm, so that what is allocated is the product's.</summary>
    public abstract void Check(ReadOnlySpan<byte> input);

    /// <summary>Holds what it made of an input against an independent reading; may allocate.</summary>
    public virtual void Compare(ReadOnlySpan<byte> input)
    {
    }

    /// <summary>Starts over after a failure, which may have left anything behind.</summary>
    public virtual void Recover()
    {
    }

    /// <summary>A seed for choices that belong to an input, so that it does the same whenever it is run.</summary>
    public static ulong SeedOf(ReadOnlySpan<byte> input)
    {
        var hash = 14695981039346656037; // FNV-1a
        foreach (var value in input)
            hash = (hash ^ value) * 1099511628211;
        return hash;
    }

    protected static void Require(bool holds, string promise)
    {
        if (!holds)
            throw new BrokenPromiseException(promise);
    }
}

/// <summary>What a target says about an input: not a crash, but a wrong answer.</summary>
internal sealed class BrokenPromiseException(string promise) : Exception(promise);
