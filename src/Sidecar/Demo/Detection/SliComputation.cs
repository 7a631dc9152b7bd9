using System.Globalization;

namespace Sidecar.Demo.Detection;

/// <summary>From two scrapes to service level indicators. The metric names are those that any user of the sidecar sees.</summary>
internal static class SliComputation
{
    public const string Duration = "sidecar_inference_duration_seconds";
    public const string ContractViolations = "sidecar_contract_violations_total";
    public const string DriftDistance = "sidecar_drift_distance_ratio";
    public const string ShadowComparisons = "sidecar_shadow_comparisons_total";

    public static Slis Between(MetricsSnapshot earlier, MetricsSnapshot later)
    {
        double requests = 0, failures = 0;
        foreach (var (series, increase) in later.Increases(Duration + "_count", earlier))
        {
            requests += increase;
            if (series.Label("error_type").Length > 0)
                failures += increase;
        }

        var violations = Violations(earlier, later);
        var drift = Drift(later);
        return new Slis
        {
            Span = later.At - earlier.At,
            Success = new Proportion((long)(requests - failures), (long)requests),
            P90Seconds = HistogramQuantile.Of(0.9, Buckets(earlier, later)),
            Violations = new Proportion(Math.Min(violations.Count == 0 ? 0 : violations[0].Count, (long)requests), (long)requests),
            ViolationKinds = [.. violations.Select(violation => violation.Kind)],
            Drift = drift?.Value,
            DriftFeature = drift is null ? "" : $"{drift.Label("side")} {drift.Label("feature")}".Trim(),
            Disagreement = Disagreement(earlier, later),
        };
    }

    // One request may violate in several ways; the most frequent single one bounds the number of bad requests from below.
    private static List<(string Kind, long Count)> Violations(MetricsSnapshot earlier, MetricsSnapshot later) =>
        [.. later.Increases(ContractViolations, earlier)
            .Where(entry => entry.Increase > 0)
            .GroupBy(entry => $"{entry.Series.Label("kind")} {entry.Series.Label("feature")}".Trim())
            .Select(group => (Kind: group.Key, Count: (long)group.Sum(entry => entry.Increase)))
            .OrderByDescending(violation => violation.Count)
            .ThenBy(violation => violation.Kind, StringComparer.Ordinal)];

    private static MetricSample? Drift(MetricsSnapshot later) => later.Of(DriftDistance)
        .Where(sample => sample.Label("bound") == "lower" && double.IsFinite(sample.Value))
        .MaxBy(sample => sample.Value);

    // Near-ties and agreements agree; errors and incomparable answers say nothing about the candidate's opinion.
    private static Proportion Disagreement(MetricsSnapshot earlier, MetricsSnapshot later)
    {
        double disagreed = 0, compared = 0;
        foreach (var (series, increase) in later.Increases(ShadowComparisons, earlier))
        {
            var result = series.Label("result");
            if (result is "agree" or "near_tie" or "disagree")
                compared += increase;
            if (result == "disagree")
                disagreed += increase;
        }

        return new Proportion((long)disagreed, (long)compared);
    }

    private static List<(double UpperBound, double Count)> Buckets(MetricsSnapshot earlier, MetricsSnapshot later)
    {
        var buckets = new SortedDictionary<double, double>();
        foreach (var (series, increase) in later.Increases(Duration + "_bucket", earlier))
        {
            var text = series.Label("le");
            var bound = text == "+Inf" ? double.PositiveInfinity
                : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var finite) ? finite : double.NaN;
            if (!double.IsNaN(bound))
                buckets[bound] = buckets.GetValueOrDefault(bound) + increase;
        }

        return [.. buckets.Select(bucket => (bucket.Key, bucket.Value))];
    }
}
