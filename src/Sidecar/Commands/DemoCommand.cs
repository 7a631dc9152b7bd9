using System.CommandLine;
using Sidecar.Configuration.Schema;

namespace Sidecar.Commands;

/// <summary>The verb <c>demo</c>.</summary>
internal static class DemoCommand
{
    public static Command Build(Func<DemoFlags, CancellationToken, Task<int>> demo)
    {
        var defaults = new DemoFlags();

        // The demo checks it too: each break needs the time to be found and to be forgotten again.
        var duration = Kinds.Duration(TimeSpan.FromSeconds(45), TimeSpan.FromHours(24));
        var time = new Option<TimeSpan?>("--for")
        {
            HelpName = "DURATION",
            Description = "End by itself after this time, from 45s to 24h; without it, when stopped.",
            CustomParser = result => ValueOption.Parse(duration, result, default),
        };
        var listen = ValueOption.Of("--listen", "IP:PORT", "Where the demo's sidecar listens.", Kinds.Listen, defaults.Listen);
        var health = ValueOption.Of("--health", "IP:PORT", "Where the demo's sidecar serves /metrics.", Kinds.Listen, defaults.Health);
        var plain = new Option<bool>("--plain") { Description = "Lines instead of a live table; a pipe gets lines anyway." };
        var rate = ValueOption.Of("--rate", "N", "Requests a second, from 50 to 2000.", Kinds.Integer(50, 2000), defaults.Rate);
        var seed = ValueOption.Of("--seed", "N", "Decides which rows are replayed in which order.", Kinds.Integer(0, int.MaxValue), defaults.Seed);
        var command = new Command("demo", "Watch it work: a model server, its traffic, and one break after another.")
        {
            time, listen, health, plain, rate, seed,
        };
        command.SetAction((result, cancellation) => demo(
            new DemoFlags
            {
                For = result.GetValue(time),
                Listen = result.GetRequiredValue(listen),
                Health = result.GetRequiredValue(health),
                Plain = result.GetValue(plain),
                Rate = result.GetRequiredValue(rate),
                Seed = result.GetRequiredValue(seed),
            },
            cancellation));
        return command;
    }
}
