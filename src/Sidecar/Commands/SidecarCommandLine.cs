using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Reflection;
using System.Runtime.InteropServices;
using Sidecar.Configuration.Schema;

namespace Sidecar.Commands;

/// <summary>
/// The command line: verbs, flags, help and exit codes. The configuration is loaded and judged here, so that the
/// handlers only ever see options that are valid.
/// </summary>
public sealed class SidecarCommandLine
{
    private readonly RootCommand _root = new("Relays ML inference traffic untouched and tells the truth about the model.");
    private CommandLineHost _host = new();

    private SidecarCommandLine(
        Func<RunArguments, CancellationToken, Task<int>> run, Func<DemoFlags, CancellationToken, Task<int>> demo)
    {
        var flags = new ConfigurationFlags();
        _root.Add(BuildRun(flags, run));
        _root.Add(DemoCommand.Build(demo));
        _root.Add(ConfigCommand.Build(flags, () => _host));
        _root.Add(DecodeCommand.Build(() => _host));
        _root.Add(ProfileCommand.Build(() => _host));
        _root.Add(DriftCommand.Build(() => _host));
        _root.Add(SpoolCommand.Build(() => _host));
        foreach (var option in _root.Options)
        {
            option.Action = option switch
            {
                HelpOption { Action: HelpAction help } => new HelpText(help),
                VersionOption => new Version(),
                _ => option.Action,
            };
        }
    }

    /// <summary>Builds the command line around the handlers of the verbs that serve traffic.</summary>
    /// <param name="run">Serves until its token is cancelled; returns the exit code.</param>
    /// <param name="demo">Runs the demo until it is over or its token is cancelled; returns the exit code.</param>
    public static SidecarCommandLine Build(
        Func<RunArguments, CancellationToken, Task<int>> run, Func<DemoFlags, CancellationToken, Task<int>> demo) => new(run, demo);

    /// <summary>
    /// Parses and runs; returns the exit code (<see cref="ExitCodes"/>) and throws nothing. The first SIGTERM, SIGINT or SIGQUIT cancels the
    /// handler's token and leaves the time that it takes to the handler; the second of a kind ends the process at once.
    /// </summary>
    public async Task<int> InvokeAsync(IReadOnlyList<string> arguments, CommandLineHost? host = null, CancellationToken cancellation = default)
    {
        _host = host ?? new CommandLineHost();

        // No response files: "@" may begin a value.
        var result = _root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (result.Action is ParseErrorAction)
            return Refuse(result);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var terminate = CancelOn(PosixSignal.SIGTERM, stop);
        using var interrupt = CancelOn(PosixSignal.SIGINT, stop);
        using var quit = CancelOn(PosixSignal.SIGQUIT, stop);
        try
        {
            // ProcessTerminationTimeout off: two seconds after SIGTERM the library would end the process, in the middle of draining.
            return await result.InvokeAsync(
                new InvocationConfiguration
                {
                    Output = _host.Output,
                    Error = _host.Error,
                    EnableDefaultExceptionHandler = false,
                    ProcessTerminationTimeout = null,
                },
                stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return ExitCodes.Ok;
        }
#pragma warning disable CA1031 // The outermost place: whatever arrives here is a bug, and the exit code says so.
        catch (Exception e)
        {
            await _host.Error.WriteLineAsync($"sidecar: this is a bug, please report it: {e}");
            return ExitCodes.Bug;
        }
#pragma warning restore CA1031
    }

    private static PosixSignalRegistration CancelOn(PosixSignal signal, CancellationTokenSource stop) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            if (stop.IsCancellationRequested)
                return;
            context.Cancel = true;
            stop.Cancel();
        });

    private Command BuildRun(ConfigurationFlags flags, Func<RunArguments, CancellationToken, Task<int>> run)
    {
        var command = new Command("run", "Relay and observe the traffic of a model server.");
        flags.AddTo(command);
        command.SetAction((result, cancellation) =>
        {
            var loaded = flags.Load(result, _host);
            return loaded.Options is { } options
                ? run(new RunArguments(options, loaded.Sources), cancellation)
                : Task.FromResult(ConfigCommand.Refuse(loaded, _host));
        });
        return command;
    }

    private int Refuse(ParseResult result)
    {
        var command = result.CommandResult.Command;
        if (result.Tokens.Count == 0)
        {
            // Nothing was asked for, so everything is explained; still a mistake, and so on standard error.
            _root.Parse("--help").Invoke(new InvocationConfiguration { Output = _host.Error });
            return ExitCodes.Usage;
        }

        foreach (var error in result.Errors)
            _host.Error.WriteLine($"sidecar: {error.Message}");
        foreach (var word in result.UnmatchedTokens)
        {
            var known = command.Subcommands.Select(each => each.Name).Concat(command.Options.Select(each => each.Name));
            if (Spelling.Nearest(word, known) is { } near)
                _host.Error.WriteLine($"sidecar: did you mean {near}?");
        }

        var path = command is RootCommand ? "sidecar" : $"sidecar {Path(result.CommandResult)}";
        _host.Error.WriteLine($"See `{path} --help`.");
        return ExitCodes.Usage;
    }

    private static string Path(CommandResult result) => result.Parent is CommandResult { Command: not RootCommand } parent
        ? $"{Path(parent)} {result.Command.Name}"
        : result.Command.Name;

    private sealed class Version : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            var version = typeof(SidecarCommandLine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
            parseResult.InvocationConfiguration.Output.WriteLine($"sidecar {version}");
            return ExitCodes.Ok;
        }
    }
}
