using Sidecar;
using Sidecar.Commands;
using Sidecar.Demo;

return await SidecarCommandLine.Build(RunAsync, DemoAsync).InvokeAsync(args);

static async Task<int> RunAsync(RunArguments arguments, CancellationToken cancellation)
{
    using var logs = ConsoleLogs.Create();
    try
    {
        await using var sidecar = await SidecarApplication.StartAsync(arguments.Options, new SidecarHooks { Logs = logs }, cancellation);
        await sidecar.RunAsync(cancellation);
        return ExitCodes.Ok;
    }
    catch (StartException failure)
    {
        await Console.Error.WriteLineAsync($"sidecar: {failure.Message}");
        return ExitCodes.Unavailable;
    }
}

static async Task<int> DemoAsync(Sidecar.Commands.DemoArguments arguments, CancellationToken cancellation)
{
    try
    {
        return await DemoRunner.RunAsync(
            new Sidecar.Demo.DemoArguments { ForDuration = arguments.For },
            (settings, start) => DemoSidecar.StartAsync(settings, arguments.Listen, arguments.Health, start),
            TimeProvider.System,
            Console.Out,
            cancellation);
    }
    catch (StartException failure)
    {
        await Console.Error.WriteLineAsync($"sidecar: {failure.Message}");
        return ExitCodes.Unavailable;
    }
}
