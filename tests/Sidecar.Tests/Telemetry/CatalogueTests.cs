using System.Text.RegularExpressions;
using Sidecar.Telemetry;

namespace Sidecar.Tests.Telemetry;

public partial class CatalogueTests
{
    // https://github.com/open-telemetry/semantic-conventions-genai: docs/gen-ai/gen-ai-metrics.md
    private static readonly string[] Conventional = ["gen_ai.client.token.usage", "gen_ai.server.time_to_first_token", "gen_ai.server.time_per_output_token"];

    public static TheoryData<string> Names => [.. Catalogue.All.Select(definition => definition.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Name_of_every_instrument_follows_the_conventions(string name)
    {
        var definition = Catalogue.All.Single(candidate => candidate.Name == name);
        Assert.Matches(DottedName(), name);
        // Our own namespace, but for what OpenTelemetry has names of its own for.
        Assert.True(name.StartsWith("sidecar.", StringComparison.Ordinal) || Conventional.Contains(name), name);
        var words = name.Split('.', '_');
        string[] unitWords = ["total", "seconds", "second", "ms", "milliseconds", "bytes", "byte", "count", "percent"];
        Assert.Empty(words.Intersect(unitWords));
        Assert.Equal(definition.Unit == "1", words[^1] == "ratio");
        if (definition.Unit == "1")
            Assert.Equal(InstrumentKind.ObservableGauge, definition.Kind);
        Assert.EndsWith(".", definition.Description, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Attributes_stay_within_what_records_without_allocation(string name)
    {
        var definition = Catalogue.All.Single(candidate => candidate.Name == name);
        Assert.InRange(definition.Attributes.Count, 0, 8);
        Assert.Equal(definition.Attributes.Count, definition.Attributes.Distinct().Count());
        Assert.All(definition.Attributes, attribute => Assert.Matches(DottedName(), attribute));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Buckets_ascend_and_none_is_a_whole_number_or_needs_an_exponent(string name)
    {
        var definition = Catalogue.All.Single(candidate => candidate.Name == name);
        Assert.Equal(definition.Kind == InstrumentKind.Histogram, definition.Buckets is not null);
        if (definition.Buckets is not { } buckets)
            return;
        Assert.Contains(definition.Unit, (string[])["s", "{token}"]);
        Assert.Equal(buckets.Order().Distinct(), buckets);
        Assert.All(buckets, bound => Assert.NotEqual(Math.Round(bound), bound));
        // Beyond these, a scraping Prometheus writes the label `le` with an exponent, and one that takes OTLP does not.
        Assert.All(buckets, bound => Assert.InRange(bound, 1e-4, 999_999));
    }

    [Fact]
    public void Catalogue_lists_every_definition_once()
    {
        var declared = typeof(Catalogue).GetProperties()
            .Where(property => property.PropertyType == typeof(InstrumentDefinition))
            .Select(property => ((InstrumentDefinition)property.GetValue(null)!).Name)
            .Order(StringComparer.Ordinal);
        Assert.Equal(declared, Catalogue.All.Select(definition => definition.Name).Order(StringComparer.Ordinal));
        Assert.Equal(Catalogue.All.Count, Catalogue.All.SelectMany(PrometheusName.Series).Distinct().Count()
            - Catalogue.All.Count(definition => definition.Kind == InstrumentKind.Histogram) * 2);
    }

    [Fact]
    public void Event_ids_are_never_shared()
    {
        var ids = typeof(EventIds).GetFields().Select(field => (int)field.GetRawConstantValue()!).ToList();
        Assert.NotEmpty(ids);
        Assert.Equal(ids.Count, ids.Distinct().Count());
    }

    [Fact]
    public void Metrics_page_is_the_one_that_the_catalogue_makes()
    {
        var path = Path.Combine(Repository.Root, "src", "Sidecar", "Telemetry", "METRICS.md");
        var expected = MetricsPage.Render(Catalogue.All);
        if (Environment.GetEnvironmentVariable("SIDECAR_UPDATE_PAGES") == "1")
            File.WriteAllText(path, expected);
        Assert.Equal(expected, File.ReadAllText(path));
    }

    [GeneratedRegex("^[a-z][a-z0-9]*([._][a-z0-9]+)*$")]
    private static partial Regex DottedName();
}
