namespace Sidecar.Telemetry;

/// <summary>How an instrument aggregates; decides the suffixes of its Prometheus series.</summary>
public enum InstrumentKind : byte
{
    /// <summary>A monotonic sum, observed at collection; exported with <c>_total</c>.</summary>
    Counter,

    /// <summary>The last value, observed at collection; a series vanishes when its callback stops returning it.</summary>
    ObservableGauge,

    /// <summary>A distribution over explicit buckets; exported as <c>_bucket</c>, <c>_sum</c> and <c>_count</c>.</summary>
    Histogram,
}

/// <summary>One instrument of the catalogue: everything that names it, in the one place where names are written.</summary>
/// <param name="Name">OpenTelemetry name: dotted, lower case, without its unit and without <c>total</c>.</param>
/// <param name="Kind">How it aggregates.</param>
/// <param name="Unit">UCUM unit: <c>s</c>, <c>By</c>, <c>1</c> for gauges named <c>*.ratio</c>, <c>{thing}</c> for counts, empty where unknown.</param>
/// <param name="Description">One sentence, shown as HELP text.</param>
/// <param name="Attributes">Every attribute a data point may carry; a value never comes from a payload.</param>
/// <param name="Buckets">Upper bounds of a histogram, ascending and none a whole number; null for the other kinds.</param>
public sealed record InstrumentDefinition(
    string Name, InstrumentKind Kind, string Unit, string Description, IReadOnlyList<string> Attributes, IReadOnlyList<double>? Buckets = null)
{
    /// <summary>
    /// Most attribute sets the exporter keeps for this instrument over the life of the process; what is beyond folds into one series labelled
    /// <c>otel_metric_overflow="true"</c>. Memory for all of them is reserved at start, so it is set for each instrument rather than left at 2000.
    /// </summary>
    public int MaxSeries { get; init; } = 256;
}
