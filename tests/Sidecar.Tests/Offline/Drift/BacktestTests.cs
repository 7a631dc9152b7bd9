using System.Globalization;
using System.Text.Json;
using Sidecar.Commands;

namespace Sidecar.Tests.Offline.Drift;

/// <summary>The verb <c>drift backtest</c>: what it prints, how it decides, and what it says of files that are no use.</summary>
public sealed class BacktestTests : VerbTests
{
    private const string Header = "at,age,plan,score";
    private readonly Random _random = new(3);

    [Fact]
    public async Task The_document_has_exactly_the_promised_members()
    {
        var result = await BacktestAsync(Table("r.csv", 5_000), Table("s.csv", 5_000, from: 2_500), "--rate", "20/s");
        Assert.Equal(["episodes", "summary"], result.EnumerateObject().Select(member => member.Name));
        var episode = result.GetProperty("episodes").EnumerateArray().First();
        Assert.Equal(
            ["feature", "kind", "severity", "first_row", "detected_row", "cleared_row", "effect", "bound"], episode.EnumerateObject().Select(member => member.Name));
        Assert.Equal(("age", "page", JsonValueKind.Null), (Feature(episode), episode.GetProperty("severity").GetString(), episode.GetProperty("cleared_row").ValueKind));
        Assert.InRange(Detected(episode), 2_500, 2_600);
        Assert.Equal(5_000, result.GetProperty("summary").GetProperty("rows").GetInt64());
        Assert.Equal(250, result.GetProperty("summary").GetProperty("seconds").GetDouble(), 0.1);
    }

    [Fact]
    public async Task Text_and_page_say_the_same()
    {
        var page = Path.Combine(Folder.Path, "page.html");
        var (code, output, error) = await RunAsync("drift", "backtest", "--reference", Table("r.csv", 5_000), Table("s.csv", 5_000, from: 2_500), "--html", page);
        Assert.Equal(ExitCodes.Ok, code);
        Assert.Contains("at 20 rows/s, as nobody said (--rate, --timestamp)", output, StringComparison.Ordinal);
        Assert.Contains("left out: at: it holds times", output, StringComparison.Ordinal);
        Assert.Contains("█", output, StringComparison.Ordinal);
        Assert.Matches(@"page\s+age\s+\w+\s+2,\d\d\d", output);
        Assert.Contains("1 to page, 0 to ticket", output, StringComparison.Ordinal);
        Assert.Contains("PSI > 0.1", output, StringComparison.Ordinal);
        Assert.Contains("values of stream and reference in", error, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', output);
        var html = await File.ReadAllTextAsync(page, TestContext.Current.CancellationToken);
        Assert.Contains("<td>age<td>", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Timestamps_say_how_long_it_took()
    {
        var result = await BacktestAsync(Table("r.csv", 5_000), Table("s.csv", 5_000), "--timestamp", "at");
        Assert.Equal(4_999 * 60, result.GetProperty("summary").GetProperty("seconds").GetDouble());
        var phi = result.GetProperty("summary").GetProperty("phi");
        Assert.Equal(("reference", "its rows are in time order"), (phi.GetProperty("source").GetString(), phi.GetProperty("reason").GetString()));
        Assert.Equal(0, result.GetProperty("episodes").GetArrayLength());
    }

    [Fact]
    public async Task A_shuffled_reference_gives_way_to_the_streams_first_rows()
    {
        // Rows in runs of 64 alike: the reference holds them shuffled.
        string Row(int i) => string.Create(CultureInfo.InvariantCulture, $"{Walk(i / 64):0.###},{Walk((i / 64) + 1_000_000):0.###}");
        var rows = Enumerable.Range(0, 20_000).Select(Row).ToArray();
        var stream = Csv("s.csv", "a,b", Enumerable.Range(50_000, 20_000).Select(Row));
        _random.Shuffle(rows);
        var result = await BacktestAsync(Csv("r.csv", "a,b", rows), stream, "--rate", "20/s");
        var phi = result.GetProperty("summary").GetProperty("phi");
        Assert.Equal(("stream", 4_000), (phi.GetProperty("source").GetString(), phi.GetProperty("quiet_rows").GetInt64()));
        Assert.True(phi.GetProperty("by_feature").GetProperty("a").GetDouble() > 5);
        Assert.Equal(0, result.GetProperty("episodes").GetArrayLength());

        static double Walk(int run)
        {
            var random = new Random(run);
            return Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        }
    }

    [Fact]
    public async Task Columns_that_only_one_side_has_are_left_out_with_a_word()
    {
        var stream = Csv("s.csv", "age,extra", Enumerable.Range(0, 1_000).Select(_ => $"{Age()},1"));
        var result = await BacktestAsync(Table("r.csv", 2_000), stream);
        var left = result.GetProperty("summary").GetProperty("left_out").EnumerateArray().Select(one => $"{one.GetProperty("column")}: {one.GetProperty("why")}").ToArray();
        Assert.Contains("plan: the stream lacks it", left);
        Assert.Contains("extra: the reference lacks it", left);
        Assert.Equal(1, result.GetProperty("summary").GetProperty("features").GetInt32());
    }

    [Fact]
    public async Task Texts_among_numbers_are_not_numbers()
    {
        var stream = Csv("s.csv", "age", Enumerable.Range(0, 4_000).Select(i => i >= 2_000 ? $"{Age()} years" : Age()));
        var result = await BacktestAsync(Table("r.csv", 5_000), stream);
        var episode = Assert.Single(result.GetProperty("episodes").EnumerateArray());
        Assert.Equal("not_a_number", episode.GetProperty("kind").GetString());
        Assert.Equal(2_000, result.GetProperty("summary").GetProperty("unreadable_cells").GetInt64());
    }

    [Fact]
    public async Task A_profile_is_a_reference_too()
    {
        var profile = Path.Combine(Folder.Path, "p.json");
        var (code, output, error) = await RunAsync("profile", "build", Table("r.csv", 8_000), "--timestamp", "at", "--outputs", "score", "--model", "m", "-o", profile);
        Assert.True(code == 0, error);
        Assert.Contains("they tell how dependent they are", error, StringComparison.Ordinal);
        Assert.Matches(@"score\s+output\s+number", output);
        Assert.Equal((0, output), ((await RunAsync("profile", "show", profile)) is var (shown, text, _) ? (shown, text) : default));

        var stream = Table("s.csv", 5_000, from: 2_500);
        var ofProfile = await BacktestAsync(profile, stream, "--rate", "20/s", "--outputs", "score");
        Assert.Equal("profile", ofProfile.GetProperty("summary").GetProperty("phi").GetProperty("source").GetString());
        var ofTable = await BacktestAsync(Table("r.csv", 8_000), stream, "--rate", "20/s", "--outputs", "score");
        Assert.Equal(ofTable.GetProperty("episodes").EnumerateArray().Select(Feature), ofProfile.GetProperty("episodes").EnumerateArray().Select(Feature));
    }

    [Theory]
    [InlineData("--rate", "fast", "--rate is 'fast'")]
    [InlineData("--rate", "0/s", "--rate is '0/s'")]
    [InlineData("--rate", "5/year", "--rate is '5/year'")]
    [InlineData("--delta", "2", "--delta: \"2\" is out of range; allowed: a number from 0 to 1")]
    [InlineData("--delta", "1", "--delta 1 is a distance that nothing has")]
    [InlineData("--delta", "abc", "--delta: \"abc\" is not a number; allowed: a number from 0 to 1")]
    [InlineData("--tolerance", "-1", "--tolerance: \"-1\" is out of range")]
    [InlineData("--replicas", "0", "--replicas: \"0\" is out of range; allowed: a whole number from 1 to 100000")]
    [InlineData("--replicas", "many", "--replicas: \"many\" is not a whole number")]
    public async Task A_flag_that_makes_no_sense_is_named(string flag, string value, string message)
    {
        var table = Table("r.csv", 100);
        var (code, output, error) = await RunAsync("drift", "backtest", "--reference", table, table, flag, value);
        Assert.Equal((ExitCodes.Usage, ""), (code, output));
        Assert.Contains(message, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_that_are_no_use_are_named_with_what_is_wrong()
    {
        var good = Table("r.csv", 200);
        await RefusedAsync("nothing.csv: Could not find file", good, Path.Combine(Folder.Path, "nothing.csv"));
        await RefusedAsync("is none of .csv", good, Folder.Write("t.xlsx", "x"));
        await RefusedAsync("is empty", good, Folder.Write("empty.csv", ""));
        await RefusedAsync("has no row", good, Folder.Write("head.csv", Header + "\n"));
        await RefusedAsync("line 3: 5 cells under 4 names", good, Folder.Write("long.csv", Header + "\n2026-01-01,1,a,0.5\n2026-01-01,1,a,0.5,9\n"));
        await RefusedAsync("no column in common", good, Folder.Write("other.csv", "x\n1\n2\n"));
        await RefusedAsync("has no column 'when' for --timestamp", good, good, "--timestamp", "when");
        await RefusedAsync("has no column 'income'", good, good, "--columns", "age,income");
        await RefusedAsync("and 64 are needed", Table("few.csv", 20), good);
        await RefusedAsync("line 2: not JSON", good, Folder.Write("bad.jsonl", "{\"age\": 4}\nage 5\n"));
        await RefusedAsync("can't be read as Parquet", good, Folder.Write("bad.parquet", "PAR1 and nothing"));
        await RefusedAsync("schema is 'profile/v9'", Folder.Write("new.json", """{"schema":"profile/v9","source":"file","rows":1,"features":[]}"""), good);
        await RefusedAsync("is no profile", Folder.Write("cut.json", """{"schema":"profile/v1","source":"fi"""), good);
        var unclosed = Folder.Write("quote.csv", Header + "\n2026-01-01,1,a,0.5\n2026-01-01,1,\"a,0.5\n2026-01-01,1,a,0.5\n");
        await RefusedAsync("line 3: a quote is opened and never closed", good, unclosed);
        var latin = Path.Combine(Folder.Path, "latin.csv");
        await File.WriteAllBytesAsync(latin, [.. "age,plan\n1,a\n2,"u8, 0xFC, .. "\n3,c\n"u8], TestContext.Current.CancellationToken);
        await RefusedAsync("is not UTF-8 text (0xFC", good, latin);
        await RefusedAsync("is a pipe", good, "/dev/stdin");
    }

    /// <summary>A column that can't order rows in time would make a comparison of no time at all, which finds nothing.</summary>
    [Fact]
    public async Task Times_that_say_nothing_are_refused_and_a_little_disorder_is_not()
    {
        var good = Table("r.csv", 5_000);
        await RefusedAsync("'plan' holds a time in 0 of 5,000 rows", good, good, "--timestamp", "plan");
        string Stream(string name, Func<int, DateTime> at) => Csv(name, Header, Enumerable.Range(0, 4_000).Select(i => $"{at(i):yyyy-MM-dd HH:mm:ss},{Age()},basic,0.5"));
        var start = new DateTime(2026, 1, 1);
        await RefusedAsync("holds the same time in every row, 2026-01-01 00:00:00", good, Stream("same.csv", _ => start), "--timestamp", "at");
        await RefusedAsync("older than one ahead of it", good, Stream("back.csv", i => start.AddMinutes(-i)), "--timestamp", "at");
        await RefusedAsync("older than one ahead of it", good, Stream("mixed.csv", i => start.AddMinutes(i * 1_237 % 4_000)), "--timestamp", "at");
        await RefusedAsync("older than one ahead of it", good, Stream("wild.csv", i => i == 17 ? new DateTime(9999, 12, 31) : start.AddMinutes(i)), "--timestamp", "at");

        // Every other row was written down five minutes late: the time that passed is that of the clock, not the sum of its steps ahead.
        var jitter = await BacktestAsync(good, Stream("jitter.csv", i => start.AddMinutes(i % 2 == 0 ? i + 5 : i)), "--timestamp", "at");
        Assert.Equal(3_998 * 60, jitter.GetProperty("summary").GetProperty("seconds").GetDouble());
    }

    private async Task RefusedAsync(string message, string reference, string stream, params string[] more)
    {
        var (code, output, error) = await RunAsync(["drift", "backtest", "--reference", reference, stream, .. more]);
        Assert.Contains(message, error, StringComparison.Ordinal);
        Assert.Equal((ExitCodes.BadInput, ""), (code, output));
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    /// <summary>A minute a row; from a row on everybody is 20 years older.</summary>
    private string Table(string name, int rows, int from = int.MaxValue) => Csv(name, Header, Enumerable.Range(0, rows).Select(i => string.Create(CultureInfo.InvariantCulture,
        $"{new DateTime(2026, 1, 1).AddMinutes(i):yyyy-MM-dd HH:mm:ss},{Age(i >= from ? 20 : 0)},{(_random.Next(3) == 0 ? "gold" : "basic")},{_random.NextDouble():0.####}")));

    private string Age(int more = 0) => (18 + more + _random.Next(50)).ToString(CultureInfo.InvariantCulture);
}
