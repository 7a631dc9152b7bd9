using Sidecar.Simulations;

const string Usage = """
    usage: sidecar-simulations VERB [--size small|full] [--seed N]      (README.md in this folder says how to read the results)

      delays         rows from a change to the alarm, at one false alarm a model-month
      false-alarms   false alarms over the nominal ones, counted, and at the budget by importance sampling
      dependence     the same for rows that depend on each other, without φ and with it
      peers          ADWIN, KSWIN, Page-Hinkley and the window rules of Evidently and NannyML on the same streams
      month          a whole model-month of 8.64 million sub-windows, alarms counted
      all            everything
    """;

if (args is ["help"] || args.Contains("--help") || args.Contains("-h"))
{
    Console.WriteLine(Usage);
    return 0;
}

var size = Size.Small;
var seed = 20_261UL;
for (var i = 1; i < args.Length; i += 2)
{
    var value = i + 1 < args.Length ? args[i + 1] : "";
    if (args[i] == "--size" && value is "small" or "full")
        size = value == "full" ? Size.Full : Size.Small;
    else if (args[i] != "--seed" || !ulong.TryParse(value, out seed))
        return Fail($"unknown option or value: {args[i]} {value}");
}

Dictionary<string, Action> verbs = new()
{
    ["delays"] = () => DelaysCommand.Run(size, seed, Console.Out),
    ["false-alarms"] = () => FalseAlarmsCommand.Run(size, seed, Console.Out),
    ["dependence"] = () => DependenceCommand.Run(size, seed, Console.Out),
    ["peers"] = () => PeersCommand.Run(size, seed, Console.Out),
    ["month"] = () =>
    {
        var month = FalseAlarmsCommand.ModelMonth(seed);
        Console.WriteLine($"{Environment.NewLine}A model-month, 200 features × 43,200 sub-windows: {month.Alarms} alarms, at most {month.Expected:0.##} expected");
    },
};
switch (args)
{
    case ["all", ..]:
        foreach (var verb in verbs.Values)
            verb();
        return 0;
    case [var name, ..] when verbs.TryGetValue(name, out var verb):
        verb();
        return 0;
    default:
        return Fail($"name a verb{Environment.NewLine}{Usage}");
}

static int Fail(string message)
{
    Console.Error.WriteLine($"sidecar-simulations: {message}");
    return 64;
}
