namespace Sidecar.Model;

/// <summary>The signals of OTLP.</summary>
public enum OtlpSignal : byte
{
    Metrics,
    Traces,
    Logs,
}

/// <summary>Labels of <see cref="OtlpSignal"/>.</summary>
public static class OtlpSignals
{
    /// <summary>As paths, variables and the attribute <c>signal</c> have it.</summary>
    public static string Label(this OtlpSignal signal) => signal switch
    {
        OtlpSignal.Metrics => "metrics",
        OtlpSignal.Traces => "traces",
        OtlpSignal.Logs => "logs",
        _ => throw new ArgumentOutOfRangeException(nameof(signal), signal, "not a signal"),
    };
}
