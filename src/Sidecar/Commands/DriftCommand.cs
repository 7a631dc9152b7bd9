using System.CommandLine;
using System.Globalization;
using Sidecar.Configuration.Schema;
using Sidecar.Offline;
using Sidecar.Offline.Drift;
using Sidecar.Statistics.Drift;

namespace Sidecar.Commands;

/// <summary>The verb <c>drift backtest</c>.</summary>
internal static class DriftCommand
{
    public static Command Build(Func<CommandLineHost> host) =>
        new("drift", "Try drift detection before it is allowed to wake anybody.") { BuildBacktest(host) };

    private static Command BuildBacktest(Func<CommandLineHost> host)
    {
        var stream = new Argument<string>("STREAM") { Description = "The rows to judge, in the order in which they came: .csv, .tsv, .jsonl (also .gz), .parquet." };
        var reference = new Option<string>("--reference") { HelpName = "FILE", Required = true, Description = "Rows that are as they should be, a table of the same kinds; or a profile (.json) of 'sidecar profile build'." };
        var rate = new Option<string>("--rate") { HelpName = "20/s", Description = "Rows a second (/s), minute (/m) or hour (/h). The budget of one false alarm a month is one of time, so it matters how long the rows take. Without it, 20/s." };
        var timestamp = new Option<string>("--timestamp") { HelpName = "COLUMN", Description = "The column that says when each row happened, instead of --rate: ISO 8601, or Unix seconds, ms, µs or ns." };
        var columns = List("--columns", "Columns to watch, separated by commas. Without it, all.");
        var outputs = List("--outputs", "Those that come out of the model, separated by commas: they get half of the allowed false alarms.");
        var delta = ValueOption.Of("--delta", "X", "The distance that an alarm must certainly have to page, 0 … 1; below it is a ticket.", Kinds.Rate, 0.1);
        var tolerance = ValueOption.Of("--tolerance", "X", "How far from the reference counts as no drift, 0 … 1; 0.01 is a mean 0.01σ off.", Kinds.Rate, 0.01);
        var replicas = ValueOption.Of("--replicas", "N", "Sidecars that will judge this model: each gets its part of the allowed false alarms.", Kinds.Integer(1, 100_000), 1);
        var json = new Option<bool>("--json") { Description = "One JSON document instead of the table and the plot." };
        var html = new Option<string>("--html") { HelpName = "FILE", Description = "Also write a page with a picture of every feature." };
        var command = new Command("backtest", "Run the drift engine over a recorded table as if it were traffic, and say what it would have told whom, and when.")
        {
            stream, reference, rate, timestamp, columns, outputs, delta, tolerance, replicas, json, html,
        };
        command.SetAction(result =>
        {
            var policy = new DriftPolicy { Delta = result.GetRequiredValue(delta), Tolerance = result.GetRequiredValue(tolerance), Replicas = result.GetRequiredValue(replicas) };
            var problem = policy.Delta == 1 ? "--delta 1 is a distance that nothing has: no drift would page" : (result.GetValue(rate) is not null && result.GetValue(timestamp) is not null ? "--rate and --timestamp both say when rows happened: give one" : null);
            var perSecond = Rate(result.GetValue(rate), ref problem);
            if (problem is not null)
            {
                host().Error.WriteLine($"sidecar drift backtest: {problem}");
                return ExitCodes.Usage;
            }

            return Run(
                new BacktestArguments
                {
                    Reference = result.GetRequiredValue(reference), Stream = result.GetRequiredValue(stream), Rate = perSecond, Timestamp = result.GetValue(timestamp),
                    Columns = new ColumnChoice(Names(result.GetValue(columns)), Names(result.GetValue(outputs))), Policy = policy,
                },
                result.GetValue(json), result.GetValue(html), host());
        });
        return command;
    }

    private static int Run(BacktestArguments arguments, bool json, string? html, CommandLineHost host)
    {
        try
        {
            var started = host.Time.GetTimestamp();
            var result = Backtest.Run(arguments);
            var seconds = host.Time.GetElapsedTime(started).TotalSeconds;
            if (json)
                host.Output.WriteLine(BacktestJson.Write(result));
            else
                BacktestText.Write(host.Output, result);
            if (html is not null)
                File.WriteAllText(html, BacktestHtml.Write(result));
            host.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{(result.Rows + result.ReferenceRows) * result.Features.Count:N0} values of stream and reference in {seconds:0.0} s"));
            return ExitCodes.Ok;
        }
        catch (InputFileException failure)
        {
            host.Error.WriteLine($"sidecar drift backtest: {failure.Message}");
            return ExitCodes.BadInput;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            host.Error.WriteLine($"sidecar drift backtest: {html}: {failure.Message}");
            return ExitCodes.Usage;
        }
    }

    private static double? Rate(string? text, ref string? problem)
    {
        if (text is null)
            return null;
        var parts = text.Split('/', 2);
        double unit = parts.Length == 1 ? 1 : parts[1].Trim() switch { "s" or "sec" or "second" => 1, "m" or "min" or "minute" => 60, "h" or "hour" => 3600, "d" or "day" => 86_400, _ => 0 };
        if (unit > 0 && double.TryParse(parts[0], NumberStyles.Float, CultureInfo.InvariantCulture, out var count) && count > 0 && double.IsFinite(count) && count / unit is > 1e-9 and < 1e9)
            return count / unit;
        problem ??= $"--rate is '{text}': a number above 0 and a unit are expected, as 20/s, 100/m or 5/h";
        return null;
    }

    internal static IReadOnlyList<string> Names(string? list) => list is null ? [] : [.. list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];

    internal static Option<string> List(string name, string description) => new(name) { HelpName = "A,B", Description = description };
}
