using BenchmarkDotNet.Attributes;

namespace Sidecar.Benchmarks.Micro;

/// <summary>The hot-path cases under BenchmarkDotNet: one row for each. Public and open, as BenchmarkDotNet wants it.</summary>
[MemoryDiagnoser]
public class HotPathBenchmarks
{
    private Action _operation = () => { };

    /// <summary>The cases that the command line selected; benchmarks run in this process, so they see it.</summary>
    internal static IReadOnlyList<HotPathCase> Selected { get; set; } = HotPathCases.All;

    public static IEnumerable<string> Names => Selected.Select(hotPath => hotPath.Name);

    [ParamsSource(nameof(Names))]
    public string Case { get; set; } = "";

    [GlobalSetup]
    public void Setup() => _operation = HotPathCases.All.Single(hotPath => hotPath.Name == Case).Prepare();

    [Benchmark]
    public void Run() => _operation();
}
