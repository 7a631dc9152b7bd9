using Sidecar;
using Sidecar.Commands;
using Sidecar.Demo;

return await SidecarCommandLine.Build(
    run: (arguments, cancellation) => StartedAsync(() => RunAsync(arguments, cancellation)),
    demo: (flags, cancellation) => StartedAsync(() => DemoAsync(flags, cancellation))).InvokeAsync(args);

static async Task<int> RunAsync(RunArguments arguments, CancellationToken cancellation)
{
    using var logs = ConsoleLogs.Create();
    await using var sidecar = await SidecarApplication.StartAsync(arguments.Options, new SidecarHooks { Logs = logs }, cancellation);
    await sidecar.RunAsync(cancellation);
    return ExitCodes.Ok;
}

static Task<int> DemoAsync(DemoFlags flags, CancellationToken cancellation) => DemoRunner.RunAsync(
    new DemoArguments { ForDuration = flags.For, Plain = flags.Plain, Seed = flags.Seed, Rate = flags.Rate },
    (settings, start) => DemoSidecar.StartAsync(settings, flags.Listen, flags.Health, start),
    TimeProvider.System,
    Console.Out,
    cancellation);

static async Task<int> StartedAsync(Func<Task<int>> verb)
{
    try
    {
        return await verb();
    }
    catch (StartException failure)
    {
        await Console.Error.WriteLineAsync($"sidecar: {failure.Message}");
        return failure.IsInput ? ExitCodes.BadInput : ExitCodes.Unavailable;
    }
}
