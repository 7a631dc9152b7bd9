using Sidecar;
using Sidecar.Commands;

return await SidecarCommandLine.Build(RunAsync, DemoSidecar.RunAsync).InvokeAsync(args);

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
