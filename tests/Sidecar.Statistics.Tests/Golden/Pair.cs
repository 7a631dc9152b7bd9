using System.Collections.Concurrent;
using System.Text.Json;
using Sidecar.Testing;

namespace Sidecar.Statistics.Tests.Golden;

/// <summary>A reference and a current table of the fixtures, as every peer compared them.</summary>
internal sealed record Pair(Table Reference, Table Current)
{
    private static readonly ConcurrentDictionary<string, Lazy<JsonDocument>> Documents = new();

    /// <summary>The pairs whose numbers the reference figures cover.</summary>
    public static IEnumerable<string> Names =>
    [
        "california", "car_loan", .. Enumerable.Range(0, 10).Select(i => $"car_loan_w{i}"), "adult_halves", "adult_small", "adult_sex", "adult_age",
        "bike_years", .. Enumerable.Range(1, 12).Select(i => $"bike_2012_{i:D2}"), "breast_cancer", "wine", "digits", "diabetes",
    ];

    public static Pair Load(string name)
    {
        if (name == "california")
            return new(Table.Load("california_housing_reference.csv"), Table.Load("california_housing_analysis.csv"));
        if (name.StartsWith("car_loan", StringComparison.Ordinal))
        {
            var stream = Table.Load("car_loan_monitoring.parquet");
            if (name.Length > 8)
                stream = stream.Slice(5000 * (name[^1] - '0'), 5000 * (name[^1] - '0' + 1));
            return new(Table.Load("car_loan_reference.parquet"), stream);
        }

        if (name.StartsWith("adult", StringComparison.Ordinal))
            return Adult(name, Table.Load("adult.parquet"));
        if (name.StartsWith("bike", StringComparison.Ordinal))
        {
            var table = Table.Load("hour.csv");
            var day = table.Text("dteday");
            var wanted = name == "bike_years" ? "2012" : name["bike_".Length..].Replace('_', '-');
            return new(
                table.Where(row => day[row]!.StartsWith("2011", StringComparison.Ordinal)),
                table.Where(row => day[row]!.StartsWith(wanted, StringComparison.Ordinal)));
        }

        var whole = Table.Load($"{name}.csv");
        return new(whole.Slice(0, whole.Rows / 2), whole.Slice(whole.Rows / 2, whole.Rows));
    }

    /// <summary>A file of reference figures.</summary>
    public static JsonElement Figures(params string[] path) =>
        Documents.GetOrAdd(string.Join('/', path), _ => new(() => JsonDocument.Parse(File.ReadAllText(Fixtures.Require(["reference", .. path]))))).Value.RootElement;

    /// <summary>Counts per category of both sides, categories in ordinal order.</summary>
    public (long[] Reference, long[] Current) Counts(string column)
    {
        var before = Reference.Text(column).Where(text => text is not null).CountBy(text => text!).ToDictionary();
        var now = Current.Text(column).Where(text => text is not null).CountBy(text => text!).ToDictionary();
        string[] categories = [.. before.Keys.Union(now.Keys).Order(StringComparer.Ordinal)];
        return (
            [.. categories.Select(category => (long)before.GetValueOrDefault(category))],
            [.. categories.Select(category => (long)now.GetValueOrDefault(category))]);
    }

    private static Pair Adult(string name, Table table)
    {
        string?[] sex = table.Text("sex"), age = table.Text("age");
        double Age(int row) => double.Parse(age[row]!, System.Globalization.CultureInfo.InvariantCulture);
        return name switch
        {
            "adult_halves" => new(table.Slice(0, 24421), table.Slice(24421, 48842)),
            "adult_small" => new(table.Slice(0, 1000), table.Slice(1000, 1500)),
            "adult_sex" => new(table.Where(row => sex[row] == "Male"), table.Where(row => sex[row] == "Female")),
            _ => new(table.Where(row => Age(row) < 40), table.Where(row => Age(row) >= 40)),
        };
    }
}
