using System.Globalization;
using Sidecar.Model;
using Sidecar.Statistics.Drift;

namespace Sidecar.Offline.Drift;

/// <summary>Names and figures as they are printed.</summary>
internal static class Words
{
    private static readonly string[] Values = ["number", "code", "text", "text length"];

    /// <summary>As events and metrics have it.</summary>
    public static string Of(DriftKind kind) => Labels<DriftKind>.Of((int)kind);

    public static string Of(DriftSeverity severity) => severity == DriftSeverity.Page ? "page" : "ticket";

    public static string Of(FeatureValues values) => Values[(int)values];

    public static string Of(FeatureSide side) => side == FeatureSide.Output ? "output" : "input";

    public static string Of(PhiSource source) => source switch
    {
        PhiSource.Reference => "reference",
        PhiSource.Stream => "stream",
        _ => "profile",
    };

    public static string Number(double value, string format = "0.###") => double.IsFinite(value) ? value.ToString(format, CultureInfo.InvariantCulture) : "unknown";

    public static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A length of time in its largest unit.</summary>
    public static string Time(double seconds) => seconds switch
    {
        < 120 => $"{Number(seconds, "0.#")} s",
        < 7200 => $"{Number(seconds / 60, "0.#")} min",
        < 172_800 => $"{Number(seconds / 3600, "0.#")} h",
        _ => $"{Number(seconds / 86_400, "0.#")} days",
    };
}
