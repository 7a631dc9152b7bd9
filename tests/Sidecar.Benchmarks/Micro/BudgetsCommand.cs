using System.Text.Json;

namespace Sidecar.Benchmarks.Micro;

/// <summary>
/// Runs every hot-path case and compares what it allocates with budgets.json (bytes for each operation). Fast enough for every build:
/// no BenchmarkDotNet. A case without a budget, and a budget without a case, fail too.
/// </summary>
internal static class BudgetsCommand
{
    public static int Run(Arguments arguments)
    {
        arguments.RejectUnread();
        var file = Path.Combine(AppContext.BaseDirectory, "budgets.json");
        var budgets = JsonSerializer.Deserialize<Dictionary<string, long>>(File.ReadAllText(file))!;

        var failures = 0;
        foreach (var hotPath in HotPathCases.All.Where(hotPath => !hotPath.IsPeer))
        {
            var allocated = Allocated(hotPath);
            var perOperation = (double)allocated / hotPath.Iterations;
            var verdict = !budgets.Remove(hotPath.Name, out var budget) ? "NO BUDGET in budgets.json"
                : allocated > budget * hotPath.Iterations ? $"OVER the budget of {budget}"
                : $"ok, budget {budget}";
            failures += verdict.StartsWith("ok", StringComparison.Ordinal) ? 0 : 1;
            Console.WriteLine(FormattableString.Invariant($"{hotPath.Name,-48} {perOperation,10:0.##} B/operation  {verdict}"));
        }

        foreach (var name in budgets.Keys)
            Console.WriteLine($"{name,-48} {"",10} no case of that name");
        failures += budgets.Count;
        Console.WriteLine($"{HotPathCases.All.Count(hotPath => !hotPath.IsPeer)} cases, {failures} failed");
        return failures == 0 ? ExitCodes.Ok : ExitCodes.Failed;
    }

    private static long Allocated(HotPathCase hotPath)
    {
        var operation = hotPath.Prepare();
        // The first runs grow what is kept and used again, which is not the steady state.
        for (var i = 0; i < 10; i++)
            operation();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < hotPath.Iterations; i++)
            operation();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
