using System.Text.Json;
using System.Text.RegularExpressions;

namespace Sidecar.Testing;

/// <summary>One query of a rules file or a dashboard.</summary>
/// <param name="Where">File, and what in it.</param>
/// <param name="Query">The PromQL.</param>
internal sealed record OperationsQuery(string Where, string Query);

/// <summary>The queries of the rules and dashboards in this repository, and the series that they need from the sidecar.</summary>
internal static partial class OperationsSeries
{
    // Made by Prometheus itself.
    private static readonly HashSet<string> FromPrometheus = ["ALERTS", "ALERTS_FOR_STATE", "up"];

    /// <summary>The checkout that these tests were built from.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>
    /// Names of the sidecar's own series in any rule or dashboard, sorted: each must exist on <c>/metrics</c> once all parts of the program have run.
    /// </summary>
    public static IReadOnlyList<string> Used() =>
        [.. Queries().SelectMany(each => PromQlSeries.Read(each.Query).Selectors).Select(selector => selector.Name).Where(IsOwn)
            .Distinct().Order(StringComparer.Ordinal)];

    /// <summary>Names of recorded series in any rule or dashboard, sorted.</summary>
    public static IReadOnlyList<string> UsedRecorded() =>
        [.. Queries().SelectMany(each => PromQlSeries.Read(each.Query).Selectors).Select(selector => selector.Name).Where(IsRecorded)
            .Distinct().Order(StringComparer.Ordinal)];

    /// <summary>Whether a series comes from the sidecar, and not from a recording rule or from Prometheus.</summary>
    public static bool IsOwn(string name) => name.Length > 0 && !IsRecorded(name) && !FromPrometheus.Contains(name);

    /// <summary>Whether a recording rule makes this series: only those have a colon.</summary>
    public static bool IsRecorded(string name) => name.Contains(':', StringComparison.Ordinal);

    /// <summary>Every query of the rules, the dashboards' panels, annotations and variables.</summary>
    public static IReadOnlyList<OperationsQuery> Queries() =>
    [
        .. Directory.GetFiles(Path.Combine(Root, "alerts"), "*.rules.yml").Order(StringComparer.Ordinal).SelectMany(OfRules),
        .. Directory.GetFiles(Path.Combine(Root, "dashboards"), "*.json").Order(StringComparer.Ordinal).SelectMany(OfDashboard),
    ];

    /// <summary>
    /// The values of <c>expr</c> keys, read by indentation: the test projects that share this file have no YAML reader in common.
    /// </summary>
    private static IEnumerable<OperationsQuery> OfRules(string path)
    {
        var lines = File.ReadAllLines(path);
        for (var i = 0; i < lines.Length; i++)
        {
            var key = ExprKey().Match(lines[i]);
            if (!key.Success)
                continue;
            var where = $"{Path.GetFileName(path)}:{i + 1}";
            var text = key.Groups["text"].Value;
            if (text is not ("|" or ">" or "|-" or ">-"))
            {
                yield return new OperationsQuery(where, text);
                continue;
            }

            List<string> block = [];
            while (i + 1 < lines.Length && (lines[i + 1].Trim().Length == 0 || Indentation(lines[i + 1]) > key.Groups["indent"].Length))
                block.Add(lines[++i]);
            yield return new OperationsQuery(where, string.Join('\n', block));
        }
    }

    private static List<OperationsQuery> OfDashboard(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(path));
        List<OperationsQuery> queries = [];
        Collect(document.RootElement, Path.GetFileName(path), queries);
        return queries;
    }

    private static void Collect(JsonElement element, string where, List<OperationsQuery> queries)
    {
        if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in element.EnumerateArray())
                Collect(item, where, queries);
        }
        else if (element.ValueKind == JsonValueKind.Object)
        {
            foreach (var naming in new[] { "title", "name" })
            {
                if (element.TryGetProperty(naming, out var value) && value.ValueKind == JsonValueKind.String)
                    where = $"{where}/{value.GetString()}";
            }

            foreach (var property in element.EnumerateObject())
            {
                if (property.Value.ValueKind != JsonValueKind.String)
                    Collect(property.Value, where, queries);
                else if (property.Name == "expr")
                    queries.Add(new OperationsQuery(where, property.Value.GetString()!));
                else if (property.Name is "query" or "definition" && LabelValues().Match(property.Value.GetString()!) is { Success: true } variable)
                    queries.Add(new OperationsQuery(where, variable.Groups["selector"].Value));
            }
        }
    }

    private static int Indentation(string line) => line.Length - line.TrimStart(' ').Length;

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Sidecar.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("Sidecar.sln is not above the tests");
    }

    [GeneratedRegex(@"^(?<indent> *)(- )?expr: *(?<text>.*?) *$")]
    private static partial Regex ExprKey();

    [GeneratedRegex(@"^label_values\((?<selector>.*), *\w+\)$")]
    private static partial Regex LabelValues();
}
