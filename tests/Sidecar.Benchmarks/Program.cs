using Sidecar.Benchmarks;
using Sidecar.Benchmarks.Micro;
using Sidecar.Benchmarks.RawRelay;
using Sidecar.Benchmarks.SideBySide;

const string Usage = """
    usage: sidecar-benchmarks VERB [options]      (README.md in this folder says how to read the results)

      side-by-side  [--sidecar PATH-or-command] [--connections 1,16] [--duration 8s] [--rounds 5]
                    [--body v2-32] [--peers NAME,NAME] [--json FILE]
                    CPU, latency, rate and memory of each proxy in front of one nginx, in one run
      micro         [--quick] [--filter GLOB]     BenchmarkDotNet on the hot paths
      budgets                                     allocations per operation against budgets.json
      raw-relay     --listen HOST:PORT --upstream HOST:PORT
                    the smallest .NET socket relay, the floor that the sidecar is compared with
    """;

using var stop = new Interruption();
try
{
    return args switch
    {
        ["side-by-side", .. var rest] => await SideBySideCommand.RunAsync(new Arguments(rest), stop.Token),
        ["raw-relay", .. var rest] => await RawRelayCommand.RunAsync(new Arguments(rest), stop.Token),
        ["micro", .. var rest] => MicroCommand.Run(new Arguments(rest)),
        ["budgets", .. var rest] => BudgetsCommand.Run(new Arguments(rest)),
        _ => throw new UsageException($"name a verb{Environment.NewLine}{Usage}"),
    };
}
catch (UsageException wrong)
{
    Console.Error.WriteLine($"sidecar-benchmarks: {wrong.Message}");
    return ExitCodes.Usage;
}
catch (OperationCanceledException) when (stop.Token.IsCancellationRequested)
{
    Console.Error.WriteLine("interrupted");
    return ExitCodes.Interrupted;
}
