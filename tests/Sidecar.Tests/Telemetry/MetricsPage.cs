using System.Globalization;
using System.Text;
using Sidecar.Telemetry;

namespace Sidecar.Tests.Telemetry;

/// <summary>Renders METRICS.md. To write it anew: run the test that pins it with <c>SIDECAR_UPDATE_PAGES=1</c>.</summary>
internal static class MetricsPage
{
    public static string Render(IReadOnlyList<InstrumentDefinition> all)
    {
        var page = new StringBuilder();
        page.Append("""
            # Metrics

            Made from `Catalogue.cs`; a test fails when the two differ (`SIDECAR_UPDATE_PAGES=1` writes it anew). Names are the same whether Prometheus
            scrapes `/metrics` or takes OTLP with its default translation. Select and join with `by (…)` and `on (…)`, never `without` or `ignoring`:
            the two ways differ in their extra labels. An unknown number is a missing series, never NaN.


            """);
        foreach (var definition in all)
            Append(page, definition);
        return page.ToString();
    }

    private static void Append(StringBuilder page, InstrumentDefinition definition)
    {
        var kind = definition.Kind switch
        {
            InstrumentKind.Counter => "counter",
            InstrumentKind.ObservableGauge => "gauge",
            _ => "histogram",
        };
        page.Append(CultureInfo.InvariantCulture, $"## `{PrometheusName.Metric(definition)}`\n\n{definition.Description}\n\n");
        page.Append(CultureInfo.InvariantCulture, $"- OpenTelemetry: `{definition.Name}`, {kind}, unit {(definition.Unit.Length == 0 ? "none" : $"`{definition.Unit}`")}\n");
        if (definition.Attributes.Count > 0)
            page.Append(CultureInfo.InvariantCulture, $"- Labels: {string.Join(", ", definition.Attributes.Select(name => $"`{PrometheusName.Label(name)}`"))}\n");
        if (definition.Buckets is { } buckets)
            page.Append(CultureInfo.InvariantCulture, $"- Buckets: {string.Join(", ", buckets.Select(bound => bound.ToString(CultureInfo.InvariantCulture)))}\n");
        page.Append(CultureInfo.InvariantCulture, $"- At most {definition.MaxSeries} label sets; what is beyond is in one series with `otel_metric_overflow=\"true\"`\n\n");
    }
}
