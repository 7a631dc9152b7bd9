namespace Sidecar.Capture;

/// <summary>
/// The share of exchanges that are decoded: the configured one, lowered while the analysis is behind, so that what is analysed stays a
/// fair sample instead of what happened to fit. Halves when the backlog is half full, comes back by an eighth at a time when it is nearly empty.
/// Called by relay threads: no lock, no allocation.
/// </summary>
/// <param name="configured"><c>capture.decodeRate</c>.</param>
public sealed class DecodeGovernor(double configured, TimeProvider time)
{
    /// <summary>The backlog that is too much; above it the queue has still as much room as the next period can fill.</summary>
    public const double High = 0.5;

    /// <summary>The backlog below which there is room for more.</summary>
    public const double Low = 0.125;

    // Down to a thousandth: an analysis that is stuck then gets next to nothing, and a slow one is not starved.
    private const double LeastShare = 1.0 / 1024;

    /// <summary>How long a step is given to show its effect. A queue of 8,192 that is half full outlasts the halving at 40,000 exchanges a second.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromMilliseconds(100);

    private readonly long _period = (long)(Period.TotalSeconds * time.TimestampFrequency);
    private double _rate = configured;
    private double _lowest = configured;
    private long _looked = time.GetTimestamp();
    private long _nextStep = time.GetTimestamp() + (long)(Period.TotalSeconds * time.TimestampFrequency);

    /// <summary>The share in force.</summary>
    public double Rate => Volatile.Read(ref _rate);

    /// <summary>The share without shedding.</summary>
    public double Configured { get; } = configured;

    /// <summary>The lowest share since it was last in full force.</summary>
    public double Lowest => Volatile.Read(ref _lowest);

    // Quiet time counts too: with little traffic nobody looks for many periods, in which there was nothing to be behind with.
    private double Growth(long unseen) => Math.Pow(1.125, Math.Clamp(unseen / _period, 1, 100));

    /// <summary>Looks at the backlog, and takes a step where one is due.</summary>
    /// <param name="backlog">How full the fullest of queue and budget is, 0 to 1.</param>
    /// <param name="timestamp">Now.</param>
    public void Observe(double backlog, long timestamp)
    {
        var due = Volatile.Read(ref _nextStep);
        if (timestamp < due)
            return;
        var looked = Volatile.Read(ref _looked);
        if (timestamp - looked > _period / 2)
            Volatile.Write(ref _looked, timestamp);
        var rate = Rate;
        var next = backlog >= High ? Math.Max(rate / 2, Configured * LeastShare)
            : backlog < Low ? Math.Min(rate * Growth(timestamp - looked), Configured)
            : rate;
        // Of several relay threads one takes the step. A period without a step needs none to be waited for.
        if (next == rate || Interlocked.CompareExchange(ref _nextStep, timestamp + _period, due) != due)
            return;
        Volatile.Write(ref _lowest, next < Lowest || rate == Configured ? next : Lowest);
        Volatile.Write(ref _rate, next);
    }
}
