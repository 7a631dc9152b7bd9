using System.CommandLine;
using Sidecar.Configuration.Schema;
using Sidecar.Model.Profiles;
using Sidecar.Offline;
using Sidecar.Offline.Drift;

namespace Sidecar.Commands;

/// <summary>The verbs <c>profile build</c> and <c>profile show</c>.</summary>
internal static class ProfileCommand
{
    public static Command Build(Func<CommandLineHost> host) =>
        new("profile", "References for drift detection, learned from tables ahead of serving.") { BuildBuild(host), BuildShow(host) };

    private static Command BuildBuild(Func<CommandLineHost> host)
    {
        var tables = new Argument<string[]>("TABLE") { Arity = ArgumentArity.OneOrMore, Description = "Rows that are as they should be: .csv, .tsv, .jsonl (also .gz), .parquet. Several are one table, in the order given." };
        var output = new Option<string>("--output", "-o") { HelpName = "FILE", Required = true, Description = "The profile to write, a .json file." };
        var timestamp = new Option<string>("--timestamp") { HelpName = "COLUMN", Description = "The column that says when each row happened. In time order rows tell how dependent they are, and from four weeks on which features follow the clock." };
        var columns = DriftCommand.List("--columns", "Columns to learn, separated by commas. Without it, all.");
        var outputs = DriftCommand.List("--outputs", "Those that come out of the model, separated by commas.");
        var model = new Option<string>("--model") { HelpName = "NAME", Description = "The model that it is for. Without it, any." };
        var version = new Option<string>("--model-version") { HelpName = "VERSION", Description = "The model's version. Without it, any." };
        var score = new Option<string>("--calibration-score") { HelpName = "COLUMN", Description = "The column with the score of the positive class: learn a calibration too, by which accuracy is estimated without labels. It goes beside the profile, as .calibration.json." };
        var label = new Option<string>("--calibration-label") { HelpName = "COLUMN", Description = "The column that says what was true, 1 and 0 or true and false. It is no feature." };
        var threshold = ValueOption.Of("--calibration-threshold", "X", "Rows with a higher score are called positive.", Kinds.Rate, Calibration.UsualThreshold);
        var command = new Command("build", "Learn a profile from tables.") { tables, output, timestamp, columns, outputs, model, version, score, label, threshold };
        command.SetAction(result =>
        {
            var file = result.GetRequiredValue(output);
            if (!ProfileFile.IsProfile(file))
            {
                host().Error.WriteLine($"sidecar profile build: {file} must end with .json, by which a profile is known");
                return ExitCodes.Usage;
            }

            var calibrates = result.GetValue(score) is not null;
            if (calibrates != result.GetValue(label) is not null)
            {
                host().Error.WriteLine("sidecar profile build: a calibration needs --calibration-score and --calibration-label");
                return ExitCodes.Usage;
            }

            return Try("build", host(), () =>
            {
                var learned = ProfileBuilder.Build(
                    result.GetRequiredValue(tables), new ColumnChoice(DriftCommand.Names(result.GetValue(columns)), DriftCommand.Names(result.GetValue(outputs))),
                    result.GetValue(timestamp), result.GetValue(model), result.GetValue(version),
                    calibrates ? new CalibrationColumns(result.GetValue(score)!, result.GetValue(label)!, result.GetValue(threshold)) : null);
                File.WriteAllBytes(file, ProfileFile.Write(learned.Profile));
                foreach (var (column, why) in learned.LeftOut)
                    host().Error.WriteLine($"left out: {column}: {why}");
                host().Error.WriteLine(learned.AboutOrder);
                if (learned.Calibration is var (calibration, rows))
                {
                    var beside = CalibrationFile.BesideProfile(file);
                    File.WriteAllBytes(beside, CalibrationFile.Write(calibration));
                    host().Error.WriteLine($"calibration of {calibration.Score} from {Words.Count(rows)} labelled rows: {beside}, for drift.calibration");
                }

                ProfileText.Write(host().Output, learned.Profile);
            });
        });
        return command;
    }

    private static Command BuildShow(Func<CommandLineHost> host)
    {
        var file = new Argument<string>("PROFILE") { Description = "A profile of 'sidecar profile build'." };
        var json = new Option<bool>("--json") { Description = "The file itself, checked." };
        var command = new Command("show", "Print a profile: a line a feature, with its distribution.") { file, json };
        command.SetAction(result => Try("show", host(), () =>
        {
            var profile = ProfileFile.Read(result.GetRequiredValue(file));
            if (result.GetValue(json))
                host().Output.WriteLine(System.Text.Encoding.UTF8.GetString(ProfileFile.Write(profile)));
            else
                ProfileText.Write(host().Output, profile);
        }));
        return command;
    }

    private static int Try(string verb, CommandLineHost host, Action act)
    {
        try
        {
            act();
            return ExitCodes.Ok;
        }
        catch (Exception failure) when (failure is InputFileException or ProfileException or IOException or UnauthorizedAccessException)
        {
            host.Error.WriteLine($"sidecar profile {verb}: {failure.Message}");
            return ExitCodes.BadInput;
        }
    }
}
