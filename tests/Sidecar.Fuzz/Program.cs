using Sidecar.Benchmarks;
using Sidecar.Fuzz;
using Sidecar.Tensors.Tests.Fuzz;
using Sidecar.Wire.Tests.Fuzz;

const string Usage = """
    usage: sidecar-fuzz VERB [options]      (README.md in this folder says how to read the results)

      wire      [--inputs 1000000] [--seed 1] [--threads 1] [--only http2,hpack] [--guided] [--corpus FOLDER] [--failures FOLDER]
                what takes a stranger's bytes in Sidecar.Wire
      tensors   the same for Sidecar.Tensors
      replay    --target NAME --file FILE
                one input once more, with the exception that it ends in
    """;

using var stop = new Interruption();
try
{
    return args switch
    {
        ["wire", .. var rest] => FuzzCommand.Run(WireTargets.All, new Arguments(rest), stop.Token),
        ["tensors", .. var rest] => FuzzCommand.Run(TensorsTargets.All, new Arguments(rest), stop.Token),
        ["replay", .. var rest] => FuzzCommand.Replay([.. WireTargets.All, .. TensorsTargets.All], new Arguments(rest)),
        _ => throw new UsageException($"name a verb{Environment.NewLine}{Usage}"),
    };
}
catch (UsageException wrong)
{
    Console.Error.WriteLine($"sidecar-fuzz: {wrong.Message}");
    return ExitCodes.Usage;
}
