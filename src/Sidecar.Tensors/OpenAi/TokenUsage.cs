namespace Sidecar.Tensors;

/// <summary>The tokens of a generation as its server counts them.</summary>
/// <param name="Input">Of the prompt; -1 where the server does not say.</param>
/// <param name="Output">Generated; -1 likewise, and always for embeddings.</param>
/// <param name="Total">Both; -1 likewise.</param>
public readonly record struct TokenUsage(long Input, long Output, long Total)
{
    public static TokenUsage Unknown => new(-1, -1, -1);

    /// <summary>The server said something of it.</summary>
    public bool IsTold => Input >= 0 || Output >= 0 || Total >= 0;

    /// <summary>It is a count. No prompt is without a token: servers that do not count say 0 for everything.</summary>
    public bool IsCounted => Input > 0 || Output > 0;
}
