using Sidecar.Demo.Detection;
using Sidecar.Demo.Serving;
using Sidecar.Demo.Traffic;

namespace Sidecar.Demo.Schedule;

/// <summary>The five things that the demo breaks: the client's requests, the candidate, the model server.</summary>
internal static class Breakages
{
    // A good half of the 250 to 500 ms bucket, so that the percentile is clear of the quiet ones below 100 ms.
    private static readonly TimeSpan Slowness = TimeSpan.FromMilliseconds(300);

    public static IReadOnlyList<Breakage> All(DemoLoad load, DemoModelServer server, ShadowFile shadow) =>
    [
        new("renamed feature", "the client sends loan_length as loan_duration; the model refuses", Symptom.Contract,
            SliComputation.ContractViolations,
            _ => Send(load, InputFault.RenamedFeature), _ => Send(load, InputFault.None)),
        new("unit error ×100", "the client sends debt_to_income_ratio in percent; the model answers as if nothing were wrong", Symptom.Drift,
            SliComputation.DriftDistance,
            _ => Send(load, InputFault.UnitError), _ => Send(load, InputFault.None)),
        new("disagreeing candidate", "the shadow's file is replaced by a model that has two inputs exchanged", Symptom.Agreement,
            SliComputation.ShadowComparisons,
            shadow.ReplaceByBadAsync, shadow.ReplaceByGoodAsync),
        new("slow model", $"every inference takes {Slowness.TotalMilliseconds:0} ms longer", Symptom.Latency,
            SliComputation.Duration + "_bucket",
            _ => Slow(server, Slowness), _ => Slow(server, TimeSpan.Zero)),
        new("dead upstream", "the model server is gone: its port refuses connections", Symptom.Success,
            SliComputation.Duration + "_count",
            _ => server.StopAsync(), server.RestartAsync),
    ];

    private static Task Send(DemoLoad load, InputFault fault)
    {
        load.Fault = fault;
        return Task.CompletedTask;
    }

    private static Task Slow(DemoModelServer server, TimeSpan added)
    {
        server.AddedLatency = added;
        return Task.CompletedTask;
    }
}
