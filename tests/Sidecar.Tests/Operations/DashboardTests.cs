using System.Text.Json;
using Sidecar.Testing;

namespace Sidecar.Tests.Operations;

/// <summary>The rules of Grafana's dashboard linter that apply, and some of our own.</summary>
public class DashboardTests
{
    private static readonly string[] Units = ["none", "short", "percentunit", "s", "reqps", "ops", "cps", "bytes"];
    private static readonly string[] Counters = ["_total", "_bucket", "_sum", "_count"];

    private static readonly JsonElement Dashboard =
        JsonDocument.Parse(File.ReadAllText(Path.Combine(OperationsSeries.Root, "dashboards", "sidecar.json"))).RootElement;

    private static readonly List<JsonElement> All = [.. Dashboard.GetProperty("panels").EnumerateArray()];
    private static readonly List<JsonElement> Panels = [.. All.Where(panel => panel.GetProperty("type").GetString() != "row")];

    [Fact]
    public void Dashboard_is_classic_has_a_stable_uid_and_cannot_be_edited_in_place()
    {
        Assert.Equal("sidecar-model-on-call", Dashboard.GetProperty("uid").GetString());
        Assert.Equal("Sidecar / model on call", Dashboard.GetProperty("title").GetString());
        Assert.False(Dashboard.TryGetProperty("id", out _), "an id belongs to one Grafana");
        Assert.False(Dashboard.GetProperty("editable").GetBoolean());
        Assert.True(Dashboard.GetProperty("schemaVersion").GetInt32() >= 36);
        Assert.False(Dashboard.TryGetProperty("apiVersion", out _), "file provisioning refuses the v2 form");
    }

    [Fact]
    public void Variables_are_in_their_order_and_follow_the_time_range()
    {
        var variables = Dashboard.GetProperty("templating").GetProperty("list").EnumerateArray().ToList();
        Assert.Equal(["datasource", "namespace", "model", "version"], variables.Select(variable => variable.GetProperty("name").GetString()));
        Assert.Equal("Data source", variables[0].GetProperty("label").GetString());
        Assert.Equal("prometheus", variables[0].GetProperty("query").GetString());
        foreach (var variable in variables[1..])
        {
            Assert.Equal(2, variable.GetProperty("refresh").GetInt32());
            Assert.True(variable.GetProperty("multi").GetBoolean());
            Assert.Equal("${datasource}", variable.GetProperty("datasource").GetProperty("uid").GetString());
        }

        // Series without Kubernetes have no namespace, and `.+` would hide them.
        Assert.Equal([".*", ".+", ".+"], variables[1..].Select(variable => variable.GetProperty("allValue").GetString()));
    }

    [Fact]
    public void Every_panel_says_what_it_shows_and_in_which_unit()
    {
        Assert.All(Panels, panel =>
        {
            var title = panel.GetProperty("title").GetString()!;
            Assert.NotEmpty(title);
            Assert.True(panel.GetProperty("description").GetString()!.Length > 20, title);
            Assert.Contains(panel.GetProperty("fieldConfig").GetProperty("defaults").GetProperty("unit").GetString(), Units);
        });
        Assert.Equal(Panels.Count, Panels.Select(panel => panel.GetProperty("title").GetString()).Distinct().Count());
    }

    [Fact]
    public void Every_panel_and_query_uses_the_variable_data_source_and_names_its_series()
    {
        foreach (var panel in Panels)
        {
            Assert.Equal("${datasource}", panel.GetProperty("datasource").GetProperty("uid").GetString());
            var targets = panel.GetProperty("targets").EnumerateArray().ToList();
            Assert.NotEmpty(targets);
            Assert.Equal(targets.Count, targets.Select(target => target.GetProperty("refId").GetString()).Distinct().Count());
            foreach (var target in targets)
            {
                Assert.Equal("${datasource}", target.GetProperty("datasource").GetProperty("uid").GetString());
                if (panel.GetProperty("type").GetString() is "timeseries" or "bargauge")
                    Assert.NotEmpty(target.GetProperty("legendFormat").GetString()!);
            }
        }
    }

    [Fact]
    public void Time_series_have_a_legend_and_one_tooltip_for_all_lines()
    {
        foreach (var panel in Panels.Where(panel => panel.GetProperty("type").GetString() == "timeseries"))
        {
            Assert.True(panel.GetProperty("options").GetProperty("legend").GetProperty("showLegend").GetBoolean());
            Assert.Equal("multi", panel.GetProperty("options").GetProperty("tooltip").GetProperty("mode").GetString());
        }
    }

    [Fact]
    public void Counters_are_read_through_rate_or_increase_over_the_rate_interval()
    {
        foreach (var (where, query) in Queries())
        {
            foreach (var selector in PromQlSeries.Read(query).Selectors)
            {
                if (OperationsSeries.IsOwn(selector.Name) && Counters.Any(suffix => selector.Name.EndsWith(suffix, StringComparison.Ordinal)))
                    Assert.True(selector.Function is "rate" or "increase" && selector.Range == "$__rate_interval", $"{where}: {selector.Name}");
                else
                    Assert.True(selector.Range is null, $"{where}: {selector.Name} is no counter");
            }
        }
    }

    [Fact]
    public void Every_query_follows_the_variables()
    {
        foreach (var (where, query) in Queries())
        {
            foreach (var selector in PromQlSeries.Read(query).Selectors.Where(selector => selector.Name != "model:slo_objective:ratio"))
            {
                var needed = OperationsSeries.IsOwn(selector.Name) || selector.Name.Length == 0 ? "k8s_namespace_name" : "namespace";
                Assert.True(selector.Matched.Contains(needed), $"{where}: {selector.Name} ignores the namespace");
            }
        }
    }

    [Fact]
    public void Ids_are_unique_and_panels_fill_the_grid_without_overlap()
    {
        Assert.Equal(All.Count, All.Select(panel => panel.GetProperty("id").GetInt32()).Distinct().Count());
        var taken = new HashSet<(int, int)>();
        foreach (var panel in All)
        {
            var grid = panel.GetProperty("gridPos");
            var (x, y, w, h) = (grid.GetProperty("x").GetInt32(), grid.GetProperty("y").GetInt32(), grid.GetProperty("w").GetInt32(), grid.GetProperty("h").GetInt32());
            Assert.InRange(x + w, 1, 24);
            for (var i = 0; i < w * h; i++)
                Assert.True(taken.Add((x + (i % w), y + (i / w))), $"{panel.GetProperty("title").GetString()} overlaps another panel");
        }

        Assert.Equal(taken.Count, 24 * (taken.Max(cell => cell.Item2) + 1));
    }

    [Fact]
    public void Every_row_of_the_readme_is_a_row_of_the_dashboard()
    {
        var rows = All.Where(panel => panel.GetProperty("type").GetString() == "row").Select(row => row.GetProperty("title").GetString());
        var readme = File.ReadLines(Path.Combine(OperationsSeries.Root, "dashboards", "README.md")).Where(line => line.StartsWith("| ", StringComparison.Ordinal));
        Assert.Equal(rows, readme.Select(line => line.Split('|')[1].Trim()).Where(title => title is not ("row" or "---" or "(top)")));
    }

    /// <summary>Queries of panels and annotations; variables list values and need no rate.</summary>
    private static IEnumerable<OperationsQuery> Queries() =>
        Panels.SelectMany(panel => panel.GetProperty("targets").EnumerateArray(), (panel, target) => (panel, target))
            .Select(pair => new OperationsQuery(pair.panel.GetProperty("title").GetString()!, pair.target.GetProperty("expr").GetString()!))
            .Concat(Dashboard.GetProperty("annotations").GetProperty("list").EnumerateArray().Where(annotation => annotation.TryGetProperty("expr", out _))
                .Select(annotation => new OperationsQuery(annotation.GetProperty("name").GetString()!, annotation.GetProperty("expr").GetString()!)));
}
