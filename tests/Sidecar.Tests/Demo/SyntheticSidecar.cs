using System.Globalization;
using System.Text;
using Sidecar.Demo.Detection;

namespace Sidecar.Tests.Demo;

/// <summary>The <c>/metrics</c> of a sidecar that does not exist, as text, so that detectors see what they see in the demo.</summary>
internal sealed class SyntheticSidecar
{
    private static readonly double[] Bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

    private readonly Random _random = new(7);
    private readonly long[] _buckets = new long[Bounds.Length + 1];
    private long _ok;
    private long _failed;
    private long _violations;
    private long _agree;
    private long _disagree;
    private double _at;

    public double FailureRate { get; set; }

    public double LatencySeconds { get; set; } = 0.006;

    public double ViolationRate { get; set; }

    public double? Drift { get; set; } = 0.02;

    public double DisagreementRate { get; set; } = 0.012;

    public int RequestsPerScrape { get; set; } = 150;

    /// <summary>Half a second later.</summary>
    public MetricsSnapshot Next()
    {
        _at += 0.5;
        for (var request = 0; request < RequestsPerScrape; request++)
            Request();
        return new MetricsSnapshot(TimeSpan.FromSeconds(_at), PrometheusText.Parse(Page()).Samples);
    }

    private void Request()
    {
        if (_random.NextDouble() < FailureRate)
            _failed++;
        else
            _ok++;
        var latency = LatencySeconds * (0.5 + _random.NextDouble());
        _buckets[Bounds.Count(bound => bound < latency)]++;
        if (_random.NextDouble() < ViolationRate)
            _violations++;
        if (_random.NextDouble() >= 0.5)
            return;
        if (_random.NextDouble() < DisagreementRate)
            _disagree++;
        else
            _agree++;
    }

    private string Page()
    {
        var page = new StringBuilder("# TYPE sidecar_inference_duration_seconds histogram\n");
        long cumulative = 0;
        for (var bucket = 0; bucket < _buckets.Length; bucket++)
        {
            var bound = bucket < Bounds.Length ? Bounds[bucket].ToString(CultureInfo.InvariantCulture) : "+Inf";
            Line(page, $"sidecar_inference_duration_seconds_bucket{{model=\"m\",le=\"{bound}\"}}", cumulative += _buckets[bucket]);
        }

        Line(page, "sidecar_inference_duration_seconds_count{model=\"m\"}", _ok);
        Line(page, "sidecar_inference_duration_seconds_count{model=\"m\",error_type=\"connection_refused\"}", _failed);
        if (_violations > 0)
            Line(page, "sidecar_contract_violations_total{side=\"input\",kind=\"missing\",feature=\"loan_length\"}", _violations);
        Line(page, "sidecar_shadow_comparisons_total{shadow=\"s\",result=\"agree\"}", _agree);
        Line(page, "sidecar_shadow_comparisons_total{shadow=\"s\",result=\"disagree\"}", _disagree);
        Line(page, "sidecar_shadow_comparisons_total{shadow=\"s\",result=\"error\"}", 1000);
        if (Drift is { } drift)
        {
            Line(page, "sidecar_drift_distance_ratio{side=\"input\",feature=\"a\",bound=\"lower\"}", drift);
            Line(page, "sidecar_drift_distance_ratio{side=\"input\",feature=\"a\",bound=\"point\"}", drift + 0.5);
            Line(page, "sidecar_drift_distance_ratio{side=\"input\",feature=\"b\",bound=\"lower\"}", drift / 2);
        }

        return page.ToString();
    }

    private static void Line(StringBuilder page, string series, double value) =>
        page.Append(CultureInfo.InvariantCulture, $"{series} {value}\n");
}
