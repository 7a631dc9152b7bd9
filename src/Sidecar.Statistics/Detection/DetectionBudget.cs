namespace Sidecar.Statistics.Detection;

/// <summary>
/// Divides the allowed false alarms of one model over its detectors. The expected number of false alarms is at most their sum, however the features
/// depend on each other (linearity of expectation), and at any traffic, because a detector earns by time and not by rows.
/// </summary>
/// <remarks>
/// Outputs get 50 %, they matter most and are few; inputs 30 %; rates (contract violations) 20 %. What has no member falls to the others in proportion.
/// </remarks>
public sealed record DetectionBudget
{
    /// <summary>The period of the allowance: 30 days, in seconds.</summary>
    public const double PeriodSeconds = 30 * 86_400.0;

    private const double OutputShare = 0.5;
    private const double InputShare = 0.3;
    private const double RateShare = 0.2;

    /// <param name="inputs">Detectors of input features.</param>
    /// <param name="outputs">Detectors of outputs.</param>
    /// <param name="rates">Detectors of rates.</param>
    /// <param name="replicas">Copies of the sidecar that judge the same model; each gets its part of the allowance.</param>
    /// <param name="falseAlarms">False alarms allowed in 30 days, all replicas together.</param>
    public DetectionBudget(int inputs, int outputs, int rates = 0, int replicas = 1, double falseAlarms = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(inputs);
        ArgumentOutOfRangeException.ThrowIfNegative(outputs);
        ArgumentOutOfRangeException.ThrowIfNegative(rates);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(replicas);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(falseAlarms);
        var given = (inputs > 0 ? InputShare : 0) + (outputs > 0 ? OutputShare : 0) + (rates > 0 ? RateShare : 0);
        double Seconds(double share, int members) =>
            members == 0 ? double.PositiveInfinity : PeriodSeconds * replicas * members * given / (falseAlarms * share);
        InputThreshold = Seconds(InputShare, inputs);
        OutputThreshold = Seconds(OutputShare, outputs);
        RateThreshold = Seconds(RateShare, rates);
    }

    /// <summary>A of an input feature's detector, in seconds; +∞ where there is none.</summary>
    public double InputThreshold { get; }

    /// <summary>A of an output's detector, in seconds.</summary>
    public double OutputThreshold { get; }

    /// <summary>A of a rate's detector, in seconds.</summary>
    public double RateThreshold { get; }
}
