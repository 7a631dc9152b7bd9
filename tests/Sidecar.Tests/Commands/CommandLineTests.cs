using Sidecar.Commands;
using Sidecar.Configuration;
using Sidecar.Tests.Configuration;

namespace Sidecar.Tests.Commands;

public sealed class CommandLineTests : IDisposable
{
    private readonly Folder _folder = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();
    private readonly Dictionary<string, string> _environment = [];
    private RunArguments? _run;
    private DemoFlags? _demo;

    public void Dispose()
    {
        _folder.Dispose();
        _output.Dispose();
        _error.Dispose();
    }

    [Fact]
    public async Task Run_hands_over_the_merged_options()
    {
        _environment["SIDECAR__MODEL__OWNER"] = "team";
        var file = _folder.Write("s.yaml", "listen: 127.0.0.1:1\nupstream: http://m:2\n");
        Assert.Equal(7, await InvokeAsync("run", "--config", file, "--listen", "127.0.0.1:3", "--model", "fraud:1.10"));
        var options = _run!.Options;
        Assert.Equal(
            ("127.0.0.1:3", "http://m:2", "fraud", "1.10", "team"),
            (options.Listen.ToString(), options.Upstream.ToString(), options.Model.Name, options.Model.Version, options.Model.Owner));
        Assert.Equal(ConfigurationSourceKind.Flag, _run.Sources["listen"].Kind);
        Assert.Empty(_error.ToString());
    }

    [Fact]
    public async Task Run_needs_no_configuration()
    {
        Assert.Equal(7, await InvokeAsync("run"));
        Assert.Equal(SidecarConfiguration.Show(new SidecarOptions()), SidecarConfiguration.Show(_run!.Options));
    }

    [Fact]
    public async Task Run_with_bad_configuration_says_all_and_does_not_run()
    {
        _environment["SIDECAR__FOO"] = "1";
        Assert.Equal(ExitCodes.Usage, await InvokeAsync("run", "--listen", "x", "--upstream", "y"));
        Assert.Null(_run);
        var error = _error.ToString();
        Assert.StartsWith("3 errors in the configuration:\n", error, StringComparison.Ordinal);
        Assert.All((string[])["SIDECAR__FOO", "--listen", "--upstream"], name => Assert.Contains(name, error, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Demo_has_defaults_and_takes_flags()
    {
        Assert.Equal(8, await InvokeAsync("demo"));
        Assert.Equal(new DemoFlags(), _demo);
        Assert.Equal(8, await InvokeAsync(
            "demo", "--for", "60s", "--listen", "127.0.0.1:1", "--health", "[::1]:2", "--plain", "--rate", "100", "--seed", "5"));
        Assert.Equal(
            new DemoFlags { For = TimeSpan.FromMinutes(1), Listen = new("127.0.0.1", 1), Health = new("::1", 2), Plain = true, Rate = 100, Seed = 5 },
            _demo);
    }

    [Theory]
    [InlineData("See `sidecar --help`.", "conifg", "show")]
    [InlineData("did you mean config?", "conifg")]
    [InlineData("did you mean --upstream?", "run", "--upstraem", "x")]
    [InlineData("See `sidecar run --help`.", "run", "extra")]
    [InlineData("Required argument missing for option: '--listen'", "run", "--listen")]
    [InlineData("Option '--listen' expects a single argument", "run", "--listen", "127.0.0.1:1", "--listen", "127.0.0.1:2")]
    [InlineData("See `sidecar config --help`.", "config")]
    [InlineData("See `sidecar config show --help`.", "config", "show", "--for", "5s")]
    [InlineData("--for: \"60\" is not a duration; allowed: 45s to 24h", "demo", "--for", "60")]
    [InlineData("--for: \"5s\" is out of range; allowed: 45s to 24h", "demo", "--for", "5s")]
    [InlineData("--rate: \"9\" is out of range; allowed: a whole number from 50 to 2000", "demo", "--rate", "9")]
    [InlineData("--listen: \"x\" is not an address to listen on", "demo", "--listen", "x")]
    [InlineData("See `sidecar run --help`.", "run", "@file")]
    [InlineData("Exit codes:")]
    public async Task Mistake_on_the_command_line_exits_64_with_a_hint(string hint, params string[] arguments)
    {
        Assert.Equal(ExitCodes.Usage, await InvokeAsync(arguments));
        Assert.Contains(hint, _error.ToString(), StringComparison.Ordinal);
        Assert.Empty(_output.ToString());
        Assert.Null(_run);
        Assert.Null(_demo);
    }

    [Fact]
    public async Task Config_show_prints_what_is_in_force_and_who_said_so()
    {
        _environment["SIDECAR__CAPTURE__MAXBODY"] = "1MiB";
        var file = _folder.Write("s.yaml", "# a remark\nlisten: 127.0.0.1:1\n");
        Assert.Equal(ExitCodes.Ok, await InvokeAsync("config", "show", "--show-sources", "--config", file, "--model", "m"));
        Assert.All(
            (string[])
            [
                $"listen: 127.0.0.1:1  # {file}:2\n", "  maxBody: 1MiB  # environment SIDECAR__CAPTURE__MAXBODY\n", "  name: m  # flag --model\n",
                "upstream: http://127.0.0.1:8080  # default\n",
            ],
            line => Assert.Contains(line, _output.ToString(), StringComparison.Ordinal));
        _output.GetStringBuilder().Clear();
        Assert.Equal(ExitCodes.Ok, await InvokeAsync("config", "show"));
        Assert.DoesNotContain('#', _output.ToString());
    }

    [Theory]
    [InlineData("show")]
    [InlineData("check")]
    public async Task Config_verbs_refuse_a_bad_configuration(string verb)
    {
        Assert.Equal(ExitCodes.Usage, await InvokeAsync("config", verb, "--upstream", "nonsense"));
        Assert.Contains("upstream: \"nonsense\" is not the address of a server (flag --upstream)", _error.ToString(), StringComparison.Ordinal);
        Assert.Empty(_output.ToString());
    }

    [Fact]
    public async Task Config_check_says_ok()
    {
        Assert.Equal(ExitCodes.Ok, await InvokeAsync("config", "check"));
        Assert.Equal("ok", _output.ToString().Trim());
    }

    [Fact]
    public async Task Config_check_reads_the_files_that_run_would_stop_at()
    {
        using var folder = new Folder();
        var file = folder.Write("s.yaml", $"drift: {{ reference: {folder.Write("p.json", "{}")}, calibration: {folder.Write("c.json", "not JSON")} }}");
        Assert.Equal(ExitCodes.BadInput, await InvokeAsync("config", "check", "--config", file));
        var problems = _error.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, problems.Length);
        Assert.StartsWith("drift.reference: ", problems[0], StringComparison.Ordinal);
        Assert.StartsWith("drift.calibration: ", problems[1], StringComparison.Ordinal);
        Assert.Empty(_output.ToString());
    }

    [Fact]
    public async Task Config_schema_prints_the_schema()
    {
        Assert.Equal(ExitCodes.Ok, await InvokeAsync("config", "schema"));
        Assert.Equal(SidecarConfiguration.JsonSchema(), _output.ToString());
    }

    [Fact]
    public async Task Version_is_that_of_the_program()
    {
        Assert.Equal(ExitCodes.Ok, await InvokeAsync("--version"));
        Assert.Matches(@"^sidecar \d+\.\d+\.\d+", _output.ToString());
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("run", "--help")]
    [InlineData("config", "--help")]
    public async Task Help_teaches_environment_and_exit_codes(params string[] arguments)
    {
        Assert.Equal(ExitCodes.Ok, await InvokeAsync(arguments));
        var help = _output.ToString();
        Assert.Contains("SIDECAR__SHADOWS__0__FILE", help, StringComparison.Ordinal);
        foreach (var code in (int[])[ExitCodes.Ok, ExitCodes.Failed, ExitCodes.Inconclusive, ExitCodes.Usage, ExitCodes.BadInput, ExitCodes.Unavailable, ExitCodes.Bug])
            Assert.Matches($@"\n\s+{code}  \w", help);
    }

    [Fact]
    public async Task Variables_named_in_the_help_are_accepted()
    {
        Assert.Equal(ExitCodes.Ok, await InvokeAsync("--help"));
        foreach (var line in _output.ToString().Split('\n').Select(line => line.Trim()).Where(line => line.StartsWith("SIDECAR__", StringComparison.Ordinal) && line.Contains('=')))
            _environment[line.Split('=')[0]] = line.Split('=')[1];
        Assert.Equal(3, _environment.Count);
        _environment["SIDECAR__SHADOWS__0__NAME"] = "c";
        _environment["SIDECAR__SHADOWS__0__FILE"] = _folder.Write("c.onnx", "");
        Assert.Equal(7, await InvokeAsync("run"));
    }

    [Fact]
    public async Task Bug_in_a_handler_exits_70()
    {
        var line = SidecarCommandLine.Build((_, _) => throw new InvalidOperationException("boom"), (_, _) => Task.FromResult(0));
        Assert.Equal(ExitCodes.Bug, await line.InvokeAsync(["run"], Host(), TestContext.Current.CancellationToken));
        Assert.Contains("this is a bug, please report it: System.InvalidOperationException: boom", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancelled_handler_exits_0()
    {
        using var stop = new CancellationTokenSource();
        var line = SidecarCommandLine.Build(
            async (_, cancellation) =>
            {
                await stop.CancelAsync();
                await Task.Delay(Timeout.Infinite, cancellation);
                return 1;
            },
            (_, _) => Task.FromResult(0));
        Assert.Equal(ExitCodes.Ok, await line.InvokeAsync(["run"], Host(), stop.Token));
    }

    private Task<int> InvokeAsync(params string[] arguments) => SidecarCommandLine.Build(
        (run, _) =>
        {
            _run = run;
            return Task.FromResult(7);
        },
        (demo, _) =>
        {
            _demo = demo;
            return Task.FromResult(8);
        }).InvokeAsync(arguments, Host(), TestContext.Current.CancellationToken);

    private CommandLineHost Host() => new() { Output = _output, Error = _error, Environment = _environment };
}
