namespace Sidecar.Benchmarks.Micro;

/// <summary>One operation of the hot path, measured for time by <c>micro</c> and for allocations by <c>budgets</c>.</summary>
/// <param name="Name">Type and what is done, the key in budgets.json.</param>
/// <param name="Prepare">Makes the inputs and returns the operation, which fails loudly if it doesn't do its work.</param>
internal sealed record HotPathCase(string Name, Func<Action> Prepare)
{
    /// <summary>How often <c>budgets</c> runs it: fewer for what takes milliseconds.</summary>
    public int Iterations { get; init; } = 10_000;

    /// <summary>What others do with the same bytes: measured by <c>micro</c>, without a budget.</summary>
    public bool IsPeer { get; init; }
}
