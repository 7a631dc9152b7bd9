using Sidecar.Testing;

namespace Sidecar.Tests.Operations;

/// <summary>What Prometheus itself says of rules and queries. Several versions: <c>PROMTOOL=/usr/bin/promtool:/opt/promtool-3</c>.</summary>
public class PromtoolTests
{
    private const string Package = "Debian: apt-get install prometheus";

    [Fact]
    public async Task Rules_pass_the_linter()
    {
        foreach (var promtool in Tool.Require("promtool", Package))
            await Tool.RunAsync(promtool, "check", "rules", "--lint=all", "--lint-fatal", Path.Combine(RulesFile.Folder, "sidecar.rules.yml"));
    }

    [Fact]
    public async Task Every_alert_fires_on_the_series_that_should_and_on_no_others()
    {
        var cases = Directory.GetFiles(Path.Combine(RulesFile.Folder, "tests"), "*.test.yml");
        Assert.NotEmpty(cases);
        foreach (var promtool in Tool.Require("promtool", Package))
            await Tool.RunAsync(promtool, ["test", "rules", .. cases]);
    }

    [Fact]
    public async Task Queries_of_the_dashboards_parse()
    {
        var tools = Tool.Require("promtool", Package);
        var queries = OperationsSeries.Queries().Where(query => query.Where.Contains(".json", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(queries);
        var file = Path.Combine(Directory.CreateTempSubdirectory("sidecar-queries-").FullName, "queries.rules.yml");
        try
        {
            // JSON strings are YAML strings, and a rules file is what promtool parses in every version.
            await File.WriteAllTextAsync(file, "groups:\n- name: dashboards\n  rules:\n" + string.Concat(queries.Select((query, i) =>
                $"  - record: query:{i}\n    expr: \"{query.Query.Replace("$__rate_interval", "5m", StringComparison.Ordinal).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"\n")),
                TestContext.Current.CancellationToken);
            foreach (var promtool in tools)
                await Tool.RunAsync(promtool, "check", "rules", file);
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
        }
    }
}
