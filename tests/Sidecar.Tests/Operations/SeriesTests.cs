using Sidecar.Telemetry;
using Sidecar.Testing;

namespace Sidecar.Tests.Operations;

/// <summary>Rules and dashboards against the catalogue of instruments.</summary>
public class SeriesTests
{
    // Of the target or the resource, of a histogram, of the exporter.
    private static readonly string[] Ambient = ["k8s_namespace_name", "k8s_pod_name", "namespace", "pod", "instance", "le", "otel_metric_overflow"];

    // Made by recording rules and alerts.
    private static readonly string[] Made = ["cause", "alertname", "severity", "alertstate"];

    private static readonly Dictionary<string, InstrumentDefinition> Known = Catalogue.All
        .SelectMany(definition => PrometheusName.Series(definition), (definition, series) => (definition, series))
        .ToDictionary(pair => pair.series, pair => pair.definition);

    [Fact]
    public void Every_series_that_rules_and_dashboards_use_is_in_the_catalogue()
    {
        Assert.NotEmpty(OperationsSeries.Used());
        Assert.Empty(OperationsSeries.Used().Except(Known.Keys));
    }

    [Fact]
    public void Every_label_that_a_selector_names_is_one_of_that_series()
    {
        foreach (var (where, query) in OperationsSeries.Queries())
        {
            foreach (var selector in PromQlSeries.Read(query).Selectors.Where(selector => OperationsSeries.IsOwn(selector.Name)))
            {
                var labels = Known[selector.Name].Attributes.Select(PrometheusName.Label).Concat(Ambient);
                Assert.True(!selector.Matched.Except(labels).Any(), $"{where}: {selector.Name} has no label {string.Join(", ", selector.Matched.Except(labels))}");
            }
        }
    }

    [Fact]
    public void Every_label_that_a_query_groups_or_joins_by_exists()
    {
        var labels = Catalogue.All.SelectMany(definition => definition.Attributes).Select(PrometheusName.Label).Concat(Ambient).Concat(Made).ToHashSet();
        foreach (var (where, query) in OperationsSeries.Queries())
            Assert.True(!PromQlSeries.Read(query).Grouped.Except(labels).Any(), $"{where}: {string.Join(", ", PromQlSeries.Read(query).Grouped.Except(labels))}");
    }

    [Fact]
    public void Queries_aggregate_and_join_only_by_naming_labels()
    {
        // Scraped and pushed series differ in labels that nobody names, so `without` and `ignoring` would give two answers.
        foreach (var (where, query) in OperationsSeries.Queries())
            Assert.True(!PromQlSeries.Read(query).Keywords.Intersect(["without", "ignoring"]).Any(), where);
    }
}
