using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Sidecar.Commands;

/// <summary>The help of a command, and below it what a list of options can't teach.</summary>
internal sealed class HelpText(HelpAction options) : SynchronousCommandLineAction
{
    private const string Examples = """
        Examples:
          sidecar demo --for 60s                               everything in one process, breaking things on purpose
          sidecar run                                          9180 -> http://127.0.0.1:8080, metrics on 9181
          sidecar run --upstream http://127.0.0.1:8000 --model fraud:3
          sidecar run --config /etc/sidecar/sidecar.yaml
          sidecar config show --show-sources                   what is in force, and who said so
          sidecar decode --client c.bin --server s.bin | jq .  what it sees in a recorded connection
          sidecar drift backtest --reference may.csv june.csv --rate 20/s   what drift detection would have said in June
          sidecar profile build may.parquet --timestamp at -o fraud.json    a reference for it, learned ahead of serving

        """;

    private const string Environment = """
        Environment:
          SIDECAR__KEY__SUBKEY overrides the key of the file, whatever its case; a list goes by index:
            SIDECAR__UPSTREAM=http://127.0.0.1:8000
            SIDECAR__CAPTURE__MAXBODY=8MiB
            SIDECAR__SHADOWS__0__FILE=/models/candidate.onnx
          The order is defaults < file < environment < flags. Other variables, such as the SIDECAR_PORT that
          Kubernetes sets, are ignored. `sidecar config schema` lists all keys.
          OTEL_EXPORTER_OTLP_ENDPOINT turns on the export of metrics by OTLP.

        """;

    private const string Codes = """
        Exit codes:
           0  ok, or judged as passed
           1  judged as failed; demo: a break was missed
           2  inconclusive
          64  mistake in the command line or the configuration
          65  bad input file
          69  upstream, broker or port not available
          70  a bug of the sidecar

        """;

    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        options.Invoke(parseResult);
        var output = parseResult.InvocationConfiguration.Output;
        var command = parseResult.CommandResult.Command;
        if (command is RootCommand)
            output.WriteLine(Examples);
        if (command is RootCommand or { Name: "run" or "config" } || command.Parents.Any(parent => parent.Name == "config"))
            output.WriteLine(Environment);
        output.Write(Codes);
        return ExitCodes.Ok;
    }
}
