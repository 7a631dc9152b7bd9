using Sidecar.Benchmarks;
using Sidecar.Benchmarks.ConstantRate;
using Sidecar.Benchmarks.Events;
using Sidecar.Benchmarks.Micro;
using Sidecar.Benchmarks.ModelServer;
using Sidecar.Benchmarks.RawRelay;
using Sidecar.Benchmarks.SideBySide;
using Sidecar.Benchmarks.Yarp;

const string Usage = """
    usage: sidecar-benchmarks VERB [options]      (README.md in this folder says how to read the results)

      side-by-side  [--full] [--sidecar PATH-or-command] [--body v2-80,grpc-240] [--connections 16]
                    [--streams 1] [--rate 1000] [--duration 2s] [--rounds 3] [--idle 10000]
                    [--peers NAME,NAME] [--json FILE]
                    CPU, latency, rate and memory of each proxy in front of one model server, in one run
      idle          [--connections 10000] [--peers NAME,NAME] [--sidecar PATH-or-command]
                    memory of each proxy with that many idle connections
      micro         [--quick] [--filter GLOB]     BenchmarkDotNet on the hot paths
      budgets                                     allocations per operation against budgets.json
      events        [--count 300000] [--size 300] [--cores 1]
                    events a second through the Kafka sink: brokers away, and librdkafka's mock cluster
      raw-relay     --listen HOST:PORT --upstream HOST:PORT
                    the smallest .NET socket relay, the floor that the sidecar is compared with
      yarp          --listen HOST:PORT --upstream HOST:PORT [--grpc]
                    YARP's direct forwarding
      model-server  --listen HOST:PORT[,HOST:PORT] --body KIND
                    what stands behind all peers
      constant-rate --target HOST:PORT --body KIND [--bodies FILE] [--run 1] [--connections 1] [--rate 1000] [--duration 8s]
                    a load that doesn't wait for answers
    """;

if (args is ["help"] || args.Contains("--help") || args.Contains("-h"))
{
    Console.WriteLine(Usage);
    return 0;
}

using var stop = new Interruption();
try
{
    return args switch
    {
        ["side-by-side", .. var rest] => await SideBySideCommand.RunAsync(new Arguments(rest), stop.Token),
        ["idle", .. var rest] => await IdleCommand.RunAsync(new Arguments(rest), stop.Token),
        ["raw-relay", .. var rest] => await RawRelayCommand.RunAsync(new Arguments(rest), stop.Token),
        ["yarp", .. var rest] => await YarpCommand.RunAsync(new Arguments(rest), stop.Token),
        ["model-server", .. var rest] => await ModelServerCommand.RunAsync(new Arguments(rest), stop.Token),
        ["constant-rate", .. var rest] => ConstantRateCommand.Run(new Arguments(rest)),
        ["events", .. var rest] => await EventsCommand.RunAsync(new Arguments(rest), stop.Token),
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
