using System.Text.RegularExpressions;
using Sidecar.Testing;

namespace Sidecar.Tests.Operations;

/// <summary>The house style of rules, alerts and runbooks.</summary>
public partial class RulesTests
{
    /// <summary>Series that a user may record to give a model its own target.</summary>
    private static readonly string[] Overrides = ["model:slo_objective_override:ratio", "model:latency_objective_override:seconds", "model:time_to_first_token_objective_override:seconds"];

    public static TheoryData<string> AlertNames => [.. RulesFile.Alerts.Select(alert => alert.Alert!).Distinct()];

    [Theory]
    [MemberData(nameof(AlertNames))]
    public void Alert_has_severity_cause_summary_description_and_the_link_to_its_runbook(string name)
    {
        Assert.Matches(CamelCase(), name);
        foreach (var alert in RulesFile.Alerts.Where(alert => alert.Alert == name))
        {
            Assert.Contains(alert.Labels["severity"], (string[])["critical", "warning", "info", "none"]);
            Assert.All(alert.Labels.Values, value => Assert.DoesNotContain("$", value, StringComparison.Ordinal));
            if (!alert.Labels.ContainsKey("cause"))
                Assert.All(Recorded(alert.Expr), record => Assert.All(RulesFile.Rules.Where(rule => rule.Record == record), rule => Assert.Contains("cause", rule.Labels)));
            Assert.EndsWith(".", alert.Annotations["summary"], StringComparison.Ordinal);
            Assert.DoesNotContain("{{", alert.Annotations["summary"], StringComparison.Ordinal);
            Assert.EndsWith(".", alert.Annotations["description"], StringComparison.Ordinal);
            Assert.Equal($"https://runbooks.example.com/sidecar/{name}", alert.Annotations["runbook_url"]);
        }
    }

    [Theory]
    [MemberData(nameof(AlertNames))]
    public void Alert_is_one_for_each_severity_and_has_one_summary(string name)
    {
        var alerts = RulesFile.Alerts.Where(alert => alert.Alert == name).ToList();
        Assert.Equal(alerts.Count, alerts.Select(alert => alert.Labels["severity"]).Distinct().Count());
        Assert.Single(alerts.Select(alert => alert.Annotations["summary"]).Distinct());
    }

    [Theory]
    [MemberData(nameof(AlertNames))]
    public void Alert_has_a_runbook_with_its_four_sections(string name)
    {
        var runbook = File.ReadAllText(Path.Combine(RulesFile.Folder, "runbooks", name + ".md"));
        Assert.StartsWith($"# {name}\n", runbook, StringComparison.Ordinal);
        Assert.Equal(["Meaning", "Impact", "Diagnosis", "Mitigation"], Heading().Matches(runbook).Select(match => match.Groups[1].Value));
        Assert.All(Section().Split(runbook)[1..], section => Assert.True(section.Trim().Length > 40, $"{name}: a section says too little"));
    }

    [Theory]
    [MemberData(nameof(AlertNames))]
    public void Alert_is_expected_by_name_in_a_promtool_case(string name)
    {
        var cases = string.Join('\n', Directory.GetFiles(Path.Combine(RulesFile.Folder, "tests")).Select(File.ReadAllText));
        Assert.Matches($"alertname: {name}\n +exp_alerts:\n +- exp_labels", cases);
    }

    [Fact]
    public void Runbooks_and_the_table_of_alerts_name_the_alerts_there_are()
    {
        var alerts = RulesFile.Alerts.Select(alert => alert.Alert!).Distinct().Order(StringComparer.Ordinal).ToList();
        Assert.Equal(alerts, Directory.GetFiles(Path.Combine(RulesFile.Folder, "runbooks")).Select(path => Path.GetFileNameWithoutExtension(path)!).Order(StringComparer.Ordinal));
        var table = File.ReadLines(Path.Combine(RulesFile.Folder, "README.md")).Where(line => line.StartsWith("| ", StringComparison.Ordinal)).Skip(1);
        Assert.Equal(alerts, table.SelectMany(line => AlertInTable().Matches(line.Split('|')[1]).Select(match => match.Value)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Alerts_read_recorded_series_and_absent_alone_reads_others()
    {
        foreach (var alert in RulesFile.Alerts)
        {
            var own = PromQlSeries.Read(alert.Expr).Selectors.Where(selector => !OperationsSeries.IsRecorded(selector.Name));
            Assert.All(own, selector => Assert.Equal("absent", selector.Function));
        }
    }

    [Fact]
    public void Absence_is_only_believed_after_some_scrapes() =>
        Assert.All(RulesFile.Alerts.Where(alert => alert.Expr.Contains("absent(", StringComparison.Ordinal)), alert => Assert.Equal("15m", alert.For));

    [Fact]
    public void Every_recorded_series_that_is_read_is_recorded_and_the_other_way_round()
    {
        var recorded = RulesFile.Rules.Where(rule => rule.Record is not null).Select(rule => rule.Record!).Distinct().Order(StringComparer.Ordinal);
        Assert.Equal(recorded, OperationsSeries.UsedRecorded().Except(Overrides));
    }

    [Fact]
    public void Rates_are_taken_before_sums_and_names_are_mended_by_the_recording_rules_alone()
    {
        foreach (var rule in RulesFile.Rules)
        {
            Assert.DoesNotMatch(@"(rate|increase)\(\s*(sum|count|avg)", rule.Expr);
            var own = PromQlSeries.Read(rule.Expr).Selectors.Where(selector => OperationsSeries.IsOwn(selector.Name)).ToList();
            if (rule.Record is not null && own.Count > 0)
                Assert.Contains("""label_replace(""", rule.Expr, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Queries_of_the_rules_are_found_without_a_YAML_reader_too() =>
        Assert.Equal(RulesFile.Rules.Count, OperationsSeries.Queries().Count(query => query.Where.StartsWith("sidecar.rules.yml", StringComparison.Ordinal)));

    private static IEnumerable<string> Recorded(string expr) =>
        PromQlSeries.Read(expr).Selectors.Select(selector => selector.Name).Where(OperationsSeries.IsRecorded);

    [GeneratedRegex("^([A-Z][a-z]+)+$")]
    private static partial Regex CamelCase();

    [GeneratedRegex("^## (.*)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex("^## .*$", RegexOptions.Multiline)]
    private static partial Regex Section();

    [GeneratedRegex("([A-Z][a-z]+)+")]
    private static partial Regex AlertInTable();
}
