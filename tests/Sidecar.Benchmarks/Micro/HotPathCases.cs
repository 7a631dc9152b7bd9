namespace Sidecar.Benchmarks.Micro;

/// <summary>All operations that are measured; those of our own have an allocation budget.</summary>
internal static class HotPathCases
{
    public static readonly IReadOnlyList<HotPathCase> All = [.. WireCases.All, .. TensorCases.All, .. RowCases.All, .. GrpcCases.All, .. OpenAiCases.All, .. StatisticsCases.All];
}
