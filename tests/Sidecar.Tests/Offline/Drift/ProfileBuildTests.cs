using System.Globalization;
using System.Text;
using System.Text.Json;
using Sidecar.Commands;
using Sidecar.Model.Profiles;
using Sidecar.Statistics.Drift;
using Sidecar.Testing;

namespace Sidecar.Tests.Offline.Drift;

/// <summary><c>sidecar profile build</c> of several tables, and of a calibration.</summary>
public sealed class ProfileBuildTests : VerbTests
{
    private const string Header = "at,age,plan,score,paid";
    private readonly Random _random = new(31);

    [Fact]
    public async Task Several_tables_are_one_in_the_order_given()
    {
        string[] rows = [.. Rows(3_000)];
        string[] one = [Csv("a.csv", Header, rows[..1_000]), Csv("b.tsv", Header.Replace(',', '\t'), rows[1_000..1_700].Select(row => row.Replace(',', '\t'))), Json("c.jsonl", rows[1_700..])];
        var whole = await BuiltAsync("whole.json", [Csv("whole.csv", Header, rows)], "--timestamp", "at");
        var joined = await BuiltAsync("joined.json", one, "--timestamp", "at");
        Assert.Equal(File.ReadAllText(whole), File.ReadAllText(joined));
        Assert.Equal(3_000, ProfileFile.Read(joined).Rows);
        Assert.NotNull(ProfileFile.Read(joined).Features[0].Phi); // in time order over the seams
    }

    [Fact]
    public async Task Tables_in_another_order_are_not_in_time_order()
    {
        string[] rows = [.. Rows(200)];
        string[] tables = [Csv("b.csv", Header, rows[100..]), Csv("a.csv", Header, rows[..100])];
        var (_, _, error) = await RunAsync(["profile", "build", .. tables, "-o", Path.Combine(Folder.Path, "p.json"), "--timestamp", "at"]);
        Assert.Contains("they tell how dependent they are", error, StringComparison.Ordinal); // one step back among 200 rows is no shuffle
        (_, _, error) = await RunAsync(["profile", "build", .. rows.Index().Select(row => Csv($"{199 - row.Index:d3}.csv", Header, [row.Item])).Order(), "-o", Path.Combine(Folder.Path, "p.json"), "--timestamp", "at"]);
        Assert.Contains("rows are not in the order of at", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Parquet_and_csv_go_together()
    {
        var parquet = Fixtures.Require("data", "car_loan_reference.parquet");
        var alone = ProfileFile.Read(await BuiltAsync("one.json", [parquet], "--columns", "car_value"));
        var both = ProfileFile.Read(await BuiltAsync("two.json", [parquet, Csv("more.csv", "car_value", Enumerable.Range(0, 100).Select(i => $"{i}"))], "--columns", "car_value"));
        Assert.Equal(alone.Rows + 100, both.Rows);
        Assert.Equal(alone.Rows + 100, Assert.Single(both.Features).Rows);
    }

    [Fact]
    public async Task Columns_that_not_all_tables_have_are_left_out_with_a_word()
    {
        string[] tables = [Csv("a.csv", "age,plan", Enumerable.Range(0, 100).Select(i => $"{i % 9},x")), Csv("b.csv", "age", Enumerable.Range(0, 100).Select(i => $"{i % 9}"))];
        var (code, output, error) = await RunAsync(["profile", "build", .. tables, "-o", Path.Combine(Folder.Path, "p.json")]);
        Assert.Equal(0, code);
        Assert.Contains("left out: plan: " + tables[1] + " does not have it", error, StringComparison.Ordinal);
        Assert.DoesNotContain("plan", output, StringComparison.Ordinal);
        (code, _, error) = await RunAsync(["profile", "build", .. tables, "-o", Path.Combine(Folder.Path, "p.json"), "--columns", "plan"]);
        Assert.Equal(ExitCodes.BadInput, code);
        Assert.Contains("no column 'plan'", error, StringComparison.Ordinal);
        (code, _, error) = await RunAsync("profile", "build", tables[0], Csv("c.csv", "other", ["1"]), "-o", Path.Combine(Folder.Path, "p.json"));
        Assert.Equal(ExitCodes.BadInput, code);
        Assert.Contains("have no column in common", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_a_number_here_and_a_text_there_is_a_text()
    {
        string[] tables = [Csv("a.csv", "code", Enumerable.Range(0, 100).Select(i => $"{i % 3}")), Csv("b.csv", "code", Enumerable.Range(0, 100).Select(_ => "A")), Csv("c.csv", "code", [" "])];
        var feature = Assert.Single(ProfileFile.Read(await BuiltAsync("p.json", tables)).Features);
        Assert.Equal(FeatureValues.Text, feature.Values);
        Assert.Equal(4, feature.Categorical!.Distinct);
    }

    [Fact]
    public async Task Show_draws_each_feature()
    {
        var (_, output, _) = await RunAsync("profile", "show", await BuiltAsync("p.json", [Csv("a.csv", Header, Rows(500))]));
        var line = output.Split('\n').Single(line => line.StartsWith("age", StringComparison.Ordinal));
        Assert.True(line.Count("▁▂▃▄▅▆▇█".Contains) > 10, line);
    }

    [Fact]
    public async Task A_calibration_is_written_beside_the_profile_and_its_label_is_no_feature()
    {
        var table = Csv("a.csv", Header, Rows(5_000));
        var (code, _, error) = await RunAsync(
            "profile", "build", table, "-o", Path.Combine(Folder.Path, "p.json"), "--calibration-score", "score", "--calibration-label", "paid", "--calibration-threshold", "0.4", "--model", "m", "--model-version", "2");
        Assert.True(code == 0, error);
        var file = Path.Combine(Folder.Path, "p.calibration.json");
        Assert.Contains($"calibration of score from 5,000 labelled rows: {file}", error, StringComparison.Ordinal);
        var calibration = CalibrationFile.Read(file);
        Assert.Equal(("m", "2", "score", 0.4), (calibration.Model, calibration.ModelVersion, calibration.Score, calibration.Threshold));
        Assert.InRange(calibration.Map.At(0.5), 0.15, 0.35); // the rows were made with the square of the score
        Assert.InRange(calibration.Map.At(0.9), 0.7, 0.92);
        var profile = ProfileFile.Read(Path.Combine(Folder.Path, "p.json"));
        Assert.DoesNotContain(profile.Features, feature => feature.Name == "paid");
        Assert.Equal(FeatureSide.Output, profile.Features.Single(feature => feature.Name == "score").Side);
    }

    [Theory]
    [InlineData("true", "false")]
    [InlineData("True", "False")]
    [InlineData("1.0", "0.0")]
    public async Task Labels_are_ones_and_zeros_or_truth_values(string positive, string negative)
    {
        var table = Csv("a.csv", "s,l", Enumerable.Range(0, 200).Select(i => $"{i * 37 % 200 / 200.0},{(i % 4 > 1 ? positive : negative)}"));
        var (code, _, error) = await RunAsync("profile", "build", table, "-o", Path.Combine(Folder.Path, "p.json"), "--calibration-score", "s", "--calibration-label", "l");
        Assert.True(code == 0, error);
        Assert.Equal(0.5, CalibrationFile.Read(Path.Combine(Folder.Path, "p.calibration.json")).Map.At(0.5), 0.1);
    }

    [Theory]
    [InlineData("s", "nothing", "no column 'nothing' for --calibration-label")]
    [InlineData("nothing", "l", "no column 'nothing' for --calibration-score")]
    [InlineData("big", "l", "column 'big' holds 3, and a score lies between 0 and 1")]
    [InlineData("s", "three", "column 'three' must hold 1 and 0")]
    [InlineData("s", "word", "column 'word' must hold 1 and 0")]
    [InlineData("s", "always", "a calibration needs 64, of both kinds")]
    [InlineData("s", "seldom", "3 rows with score and label")]
    public async Task Columns_that_are_no_calibration_are_named(string score, string label, string message)
    {
        var table = Csv("a.csv", "s,l,big,three,word,always,seldom", Enumerable.Range(0, 200).Select(i => $"{i / 200.0},{i % 2},3,{i % 3},yes,1,{(i < 3 ? $"{i % 2}" : "")}"));
        var (code, _, error) = await RunAsync("profile", "build", table, "-o", Path.Combine(Folder.Path, "p.json"), "--calibration-score", score, "--calibration-label", label);
        Assert.Equal(ExitCodes.BadInput, code);
        Assert.Contains(message, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a calibration needs", "--calibration-score", "score")]
    [InlineData("a calibration needs", "--calibration-label", "paid")]
    [InlineData("--calibration-threshold: \"1.5\" is out of range", "--calibration-score", "score", "--calibration-label", "paid", "--calibration-threshold", "1.5")]
    public async Task Half_a_calibration_is_a_mistake_in_use(string message, params string[] options)
    {
        var (code, _, error) = await RunAsync(["profile", "build", Csv("a.csv", Header, Rows(100)), "-o", Path.Combine(Folder.Path, "p.json"), .. options]);
        Assert.Equal(ExitCodes.Usage, code);
        Assert.Contains(message, error, StringComparison.Ordinal);
    }

    private async Task<string> BuiltAsync(string name, string[] tables, params string[] more)
    {
        var profile = Path.Combine(Folder.Path, name);
        var (code, _, error) = await RunAsync(["profile", "build", .. tables, "-o", profile, .. more]);
        Assert.True(code == 0, error);
        return profile;
    }

    private string Json(string name, IEnumerable<string> rows)
    {
        var lines = rows.Select(row => row.Split(',')).Select(cells => $$"""{"at":{{JsonSerializer.Serialize(cells[0])}},"age":{{cells[1]}},"plan":"{{cells[2]}}","score":{{cells[3]}},"paid":{{cells[4]}}}""");
        return Folder.Write(name, Encoding.UTF8.GetBytes(string.Join('\n', lines)));
    }

    /// <summary>A minute a row; a row is paid with the square of its score as probability.</summary>
    private IEnumerable<string> Rows(int count)
    {
        for (var i = 0; i < count; i++)
        {
            var score = Math.Round(_random.NextDouble(), 3);
            yield return string.Create(CultureInfo.InvariantCulture,
                $"{new DateTime(2026, 1, 1).AddMinutes(i):yyyy-MM-dd HH:mm:ss},{Math.Round(40 + (10 * _random.NextDouble()), 2)},{(_random.Next(3) == 0 ? "gold" : "basic")},{score},{(_random.NextDouble() < score * score ? 1 : 0)}");
        }
    }
}
