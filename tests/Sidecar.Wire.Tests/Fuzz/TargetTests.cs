using Sidecar.Testing.Fuzzing;

namespace Sidecar.Wire.Tests.Fuzz;

/// <summary>A small budget of what <c>tests/Sidecar.Fuzz</c> runs by the hundred million.</summary>
public class TargetTests
{
    public static TheoryData<string> Names => [.. WireTargets.All.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Any_bytes_break_no_promise_and_allocate_nothing(string name)
    {
        var usual = name.EndsWith("-valid", StringComparison.Ordinal) ? 2_000 : 20_000; // those make a conversation for each
        var allocated = double.PositiveInfinity;
        // A collection that another test causes may empty shared pools in the middle of a round, and their arrays are then made anew: the least of some rounds counts.
        for (var round = 0; round < 3 && allocated >= 1; round++)
        {
            var target = WireTargets.All.Single(one => one.Name == name).Create();
            var failures = new List<string>();
            var figures = new FuzzRun(target, (ulong)FuzzBudget.Seed(20_261_125))
            {
                Failed = (input, failure) => failures.Add($"{failure.Message} by {Convert.ToHexString(input)}"),
            }.Run(FuzzBudget.Inputs(usual));

            Assert.Equal(name, target.Name);
            Assert.True(figures.Failures == 0, $"{figures.Failures} failures, the first: {failures.FirstOrDefault()}");
            allocated = Math.Min(allocated, figures.AllocatedPerInput);
            TestContext.Current.TestOutputHelper?.WriteLine(target.Outcomes);
        }

        Assert.True(allocated < 1, $"{allocated:F1} bytes an input");
    }
}
