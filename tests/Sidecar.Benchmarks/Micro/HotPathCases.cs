namespace Sidecar.Benchmarks.Micro;

/// <summary>All operations that have an allocation budget.</summary>
internal static class HotPathCases
{
    public static readonly IReadOnlyList<HotPathCase> All = [.. WireCases.All, .. TensorCases.All, .. OpenAiCases.All, .. StatisticsCases.All];
}
