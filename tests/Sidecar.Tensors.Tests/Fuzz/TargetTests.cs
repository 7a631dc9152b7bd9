using Sidecar.Testing.Fuzzing;

namespace Sidecar.Tensors.Tests.Fuzz;

/// <summary>A small budget of what <c>tests/Sidecar.Fuzz</c> runs by the million.</summary>
public class TargetTests
{
    public static TheoryData<string> Names => [.. TensorsTargets.All.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Any_bytes_break_no_promise_and_allocate_nothing(string name)
    {
        var target = TensorsTargets.All.Single(one => one.Name == name).Create();
        var failures = new List<string>();
        var figures = new FuzzRun(target, seed: 20_261_125) { Failed = (input, failure) => failures.Add($"{failure.Message} by {Convert.ToHexString(input)}") }.Run(20_000);

        Assert.Equal(name, target.Name);
        Assert.True(figures.Failures == 0, $"{figures.Failures} failures, the first: {failures.FirstOrDefault()}");
        Assert.True(figures.AllocatedPerInput < 1, $"{figures.AllocatedPerInput:F1} bytes an input; {target.Outcomes}");
        TestContext.Current.TestOutputHelper?.WriteLine(target.Outcomes);
    }
}
