using System.IO.Compression;
using System.Text.Json;
using Sidecar.Testing;

namespace Sidecar.Tests.Offline.Drift;

/// <summary>Real tables with changes put into them from a known row on: the verb finds each in its column, and nothing in the controls.</summary>
public sealed class InjectedTests(ITestOutputHelper output) : VerbTests
{
    private const int LongestDelay = 480;

    [Fact]
    public async Task Every_injected_change_is_found_in_its_column_and_controls_are_silent()
    {
        using var truth = JsonDocument.Parse(File.ReadAllBytes(Fixtures.Require("reference", "injected", "truth.json")));
        var bases = truth.RootElement.GetProperty("bases");
        foreach (var of in bases.EnumerateObject())
        {
            var control = await BacktestAsync(At(of.Value, "reference"), At(of.Value, "stream"), "--rate", "20/s");
            Assert.Equal(0, control.GetProperty("episodes").GetArrayLength());
            Assert.Equal("reference", control.GetProperty("summary").GetProperty("phi").GetProperty("source").GetString());
        }

        var found = 0;
        foreach (var of in truth.RootElement.GetProperty("cases").EnumerateObject().Where(of => of.Value.TryGetProperty("file", out _)))
        {
            var table = bases.GetProperty(of.Value.GetProperty("base").GetString()!);
            var result = await BacktestAsync(At(table, "reference"), Changed(At(table, "stream"), At(of.Value, "file")), "--rate", "20/s");
            var columns = of.Value.GetProperty("columns").EnumerateArray().Select(column => column.GetString()!).ToArray();
            var begins = of.Value.GetProperty("begins_at_row").GetInt64();
            var episodes = result.GetProperty("episodes").EnumerateArray().ToArray();
            Assert.All(episodes, episode => Assert.Contains(Feature(episode), columns));
            foreach (var column in columns)
            {
                var first = episodes.First(episode => Feature(episode) == column);
                output.WriteLine($"{of.Name}: {first.GetProperty("kind")} {first.GetProperty("severity")} from row {first.GetProperty("first_row")}, alarm {Detected(first) - begins + 1} rows after it began, effect {first.GetProperty("effect")} at least {first.GetProperty("bound")}");
                Assert.InRange(Detected(first) - begins, 0, LongestDelay);
            }

            found++;
        }

        Assert.Equal(10, found);
    }

    private static string At(JsonElement of, string member) => Fixtures.Require("reference", "injected", of.GetProperty(member).GetString()!);

    /// <summary>The base's stream with the columns of another file.</summary>
    private string Changed(string stream, string columns)
    {
        string[][] rows = Read(stream), changed = Read(columns);
        foreach (var (from, name) in changed[0].Index())
        {
            var to = Array.IndexOf(rows[0], name);
            if (to < 0)
                continue;
            for (var row = 1; row < rows.Length; row++)
                rows[row][to] = changed[row][from];
        }

        return Csv("changed.csv", string.Join(',', rows[0]), rows.Skip(1).Select(row => string.Join(',', row)));
    }

    // None of these files quotes a separator.
    private static string[][] Read(string file)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(file), CompressionMode.Decompress));
        var rows = new List<string[]>();
        while (reader.ReadLine() is { } line)
            rows.Add(line.Split(','));
        return [.. rows];
    }
}
