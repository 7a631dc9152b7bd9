namespace Sidecar.Statistics;

/// <summary>
/// Divides a budget of false alarms (by default one per model in 30 days, all replicas together) over every test that will be made. By
/// linearity of expectation the expected number of false alarms is at most the budget, however the tests depend on each other.
/// </summary>
/// <remarks>Outputs get half: they matter most and are few. Where a model has no outputs, or no inputs, the other side gets it all.</remarks>
public sealed record AlarmBudget
{
    /// <param name="inputs">Input features.</param>
    /// <param name="outputs">Output features.</param>
    /// <param name="evaluations">Evaluations of a feature in 30 days, in one replica.</param>
    /// <param name="replicas">Copies of the sidecar that judge the same model.</param>
    /// <param name="testsPerEvaluation">Lower bounds computed for a feature at one evaluation (distance, missing, unseen, …).</param>
    /// <param name="falseAlarms">Expected false alarms allowed in 30 days.</param>
    public AlarmBudget(int inputs, int outputs, double evaluations, int replicas = 1, int testsPerEvaluation = 1, double falseAlarms = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(inputs);
        ArgumentOutOfRangeException.ThrowIfNegative(outputs);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(evaluations);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(replicas);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(testsPerEvaluation);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(falseAlarms);
        var outputShare = outputs == 0 ? 0 : inputs == 0 ? 1 : 0.5;
        var tests = evaluations * replicas * testsPerEvaluation;
        InputAlpha = Level(falseAlarms * (1 - outputShare), inputs * tests);
        OutputAlpha = Level(falseAlarms * outputShare, outputs * tests);
    }

    /// <summary>Level of one test of an input feature.</summary>
    public double InputAlpha { get; }

    /// <summary>Level of one test of an output feature.</summary>
    public double OutputAlpha { get; }

    // A generous budget over few tests must not become a level at which everything rejects.
    private static double Level(double share, double tests) => Math.Min(0.05, share / Math.Max(1, tests));
}
