using System.CommandLine;
using Sidecar.Configuration;
using Sidecar.Offline;

namespace Sidecar.Commands;

/// <summary>The verb <c>decode</c>.</summary>
internal static class DecodeCommand
{
    public static Command Build(Func<CommandLineHost> host)
    {
        var client = File("--client", "Every byte that the client sent on the connection.");
        var server = File("--server", "Every byte that the server sent.");
        var segments = new Option<string>("--segments")
        {
            HelpName = "FILE",
            Description = "The order in which they came, as JSON: [[\"c\", bytes, ms], [\"s\", bytes, ms], …]; 0 bytes: that side closed; C, S: it reset. "
                + "Without it, segments.json beside the client's file where that fits, or else each request ahead of its answer.",
        };
        var config = new Option<string>("--config") { HelpName = "FILE", Description = "A configuration, whose routes and model names hold here too." };
        var command = new Command("decode", "Print what the observers see in a recorded connection: one JSON line an exchange.") { client, server, segments, config };
        command.SetAction(result =>
        {
            if (result.GetValue(config) is not { } file)
                return Run(result.GetRequiredValue(client), result.GetRequiredValue(server), result.GetValue(segments), RecordedConfiguration.None, host());
            var loaded = SidecarConfiguration.Load(new ConfigurationSources { File = file, Environment = host().Environment });
            return loaded.Options is { } options
                ? Run(result.GetRequiredValue(client), result.GetRequiredValue(server), result.GetValue(segments), new RecordedConfiguration(options), host())
                : ConfigCommand.Refuse(loaded, host());
        });
        return command;
    }

    private static int Run(string client, string server, string? segments, RecordedConfiguration configuration, CommandLineHost host)
    {
        DecodedConnection connection;
        try
        {
            connection = ConnectionReplay.Run(Read(client, server, segments, host));
        }
        catch (InputFileException failure)
        {
            host.Error.WriteLine($"sidecar decode: {failure.Message}");
            return ExitCodes.BadInput;
        }

        for (var i = 0; i < connection.Exchanges.Count; i++)
            host.Output.WriteLine(ExchangeJson.Line(i, connection.Exchanges[i], configuration));
        if (connection.Exchanges.Count == 0 && connection.Opaque.Count == 0)
            host.Error.WriteLine("sidecar decode: no exchange in these files; --client is what the client sent, --server what the server sent, as raw bytes");
        foreach (var reason in connection.Opaque)
            host.Error.WriteLine($"sidecar decode: {ExchangeJson.Explain(reason)}");
        return ExitCodes.Ok;
    }

    private static ConnectionFiles Read(string client, string server, string? segments, CommandLineHost host)
    {
        var beside = Path.Combine(Path.GetDirectoryName(client) ?? "", "segments.json");
        if (segments is null && System.IO.File.Exists(beside))
        {
            try
            {
                return ConnectionFiles.Read(client, server, beside);
            }
            catch (InputFileException failure)
            {
                host.Error.WriteLine($"sidecar decode: going on without {failure.Message}");
            }
        }

        return ConnectionFiles.Read(client, server, segments);
    }

    private static Option<string> File(string name, string description) => new(name) { HelpName = "FILE", Description = description, Required = true };
}
