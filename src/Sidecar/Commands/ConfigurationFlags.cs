using System.CommandLine;
using Sidecar.Configuration;

namespace Sidecar.Commands;

/// <summary>The flags that say where the configuration is and override it; the same for <c>run</c> and the <c>config</c> verbs.</summary>
internal sealed class ConfigurationFlags
{
    private readonly Option<string?> _config = Flag("--config", "FILE", "The configuration, a YAML file.");
    private readonly Option<string?> _upstream = Flag("--upstream", "URL", "The model server, such as http://127.0.0.1:8080.");
    private readonly Option<string?> _listen = Flag("--listen", "IP:PORT", "Where clients connect, such as 0.0.0.0:9180.");
    private readonly Option<string?> _model = Flag("--model", "NAME[:VERSION]", "What to call the model when its traffic doesn't say.");

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_config, _upstream, _listen, _model])
            command.Add(option);
    }

    public ConfigurationResult Load(ParseResult result, CommandLineHost host) => SidecarConfiguration.Load(new ConfigurationSources
    {
        File = result.GetValue(_config),
        Environment = host.Environment,
        Upstream = result.GetValue(_upstream),
        Listen = result.GetValue(_listen),
        Model = result.GetValue(_model),
    });

    private static Option<string?> Flag(string name, string value, string description) =>
        new(name) { HelpName = value, Description = description };
}
