using System.CommandLine;
using Sidecar.Offline.Spooled;

namespace Sidecar.Commands;

/// <summary>The verbs <c>spool ls</c> and <c>spool cat</c>.</summary>
internal static class SpoolCommand
{
    public static Command Build(Func<CommandLineHost> host) =>
        new("spool", "Look at the events that wait on disk for Kafka, also while a sidecar uses them.") { BuildList(host), BuildCat(host) };

    private static Argument<string> Directory() =>
        new("DIRECTORY") { Description = "The folder state.directory, its folder spool, or the folder of one topic." };

    private static Command BuildList(Func<CommandLineHost> host)
    {
        var directory = Directory();
        var command = new Command("ls", "List the segments: how many records each holds, how many of them are delivered, and what is wrong with it.") { directory };
        command.SetAction(result => Run(host(), "spool ls", () => SpoolListing.List(result.GetRequiredValue(directory), host().Output)));
        return command;
    }

    private static Command BuildCat(Func<CommandLineHost> host)
    {
        var directory = Directory();
        var topic = new Option<string>("--topic") { HelpName = "TOPIC", Description = "The records of this topic only." };
        var all = new Option<bool>("--all") { Description = "Also those that are delivered, as far as they are still there." };
        var command = new Command("cat", "Print the records that wait, oldest first, one JSON line each: index, time, key, headers and data.") { directory, topic, all };
        command.SetAction(result => Run(host(), "spool cat", () =>
            SpoolListing.Print(result.GetRequiredValue(directory), result.GetValue(topic), result.GetValue(all), host().Output)));
        return command;
    }

    private static int Run(CommandLineHost host, string verb, Func<string?> work)
    {
        try
        {
            if (work() is not { } problem)
                return ExitCodes.Ok;
            host.Error.WriteLine($"sidecar {verb}: {problem}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            host.Error.WriteLine($"sidecar {verb}: {e.Message}");
        }

        return ExitCodes.BadInput;
    }
}
