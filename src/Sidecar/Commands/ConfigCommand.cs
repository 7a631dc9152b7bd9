using System.CommandLine;
using Sidecar.Configuration;
using Sidecar.Model.Profiles;

namespace Sidecar.Commands;

/// <summary>The verbs <c>config show</c>, <c>config check</c> and <c>config schema</c>.</summary>
internal static class ConfigCommand
{
    public static Command Build(ConfigurationFlags flags, Func<CommandLineHost> host)
    {
        var showSources = new Option<bool>("--show-sources") { Description = "Say behind each value where it comes from." };
        var show = new Command("show", "Print the merged configuration as YAML.") { showSources };
        flags.AddTo(show);
        show.SetAction(result =>
        {
            var loaded = flags.Load(result, host());
            if (loaded.Options is not { } options)
                return Refuse(loaded, host());
            host().Output.Write(SidecarConfiguration.Show(options, result.GetValue(showSources) ? loaded.SourceOf : null));
            return ExitCodes.Ok;
        });

        var check = new Command("check", "Print \"ok\", or everything that is wrong with the configuration.");
        flags.AddTo(check);
        check.SetAction(result =>
        {
            var loaded = flags.Load(result, host());
            if (loaded.Options is not { } options)
                return Refuse(loaded, host());
            if (Unreadable(options) is { Count: > 0 } unreadable)
            {
                unreadable.ForEach(host().Error.WriteLine);
                return ExitCodes.BadInput;
            }

            host().Output.WriteLine("ok");
            return ExitCodes.Ok;
        });

        var schema = new Command("schema", "Print the JSON Schema of the configuration file.");
        schema.SetAction(_ =>
        {
            host().Output.Write(SidecarConfiguration.JsonSchema());
            return ExitCodes.Ok;
        });
        return new Command("config", "Show, check or describe the configuration.") { show, check, schema };
    }

    // What `run` would read at its start, and stop at.
    private static List<string> Unreadable(SidecarOptions options)
    {
        List<string> problems = [];
        void Read(string key, string? file, Action<string> read)
        {
            try
            {
                if (file is not null)
                    read(file);
            }
            catch (ProfileException failure)
            {
                problems.Add($"{key}: {failure.Message}");
            }
        }

        Read("drift.reference", options.Drift.Reference, file => ProfileFile.Read(file));
        Read("drift.calibration", options.Drift.Calibration, file => CalibrationFile.Read(file));
        return problems;
    }

    /// <summary>Says what is wrong with a configuration.</summary>
    public static int Refuse(ConfigurationResult loaded, CommandLineHost host)
    {
        host.Error.Write(loaded.Report());
        return ExitCodes.Usage;
    }
}
