using Sidecar.Commands;

return await SidecarCommandLine
    .Build(
        run: (_, _) => Task.FromResult(ExitCodes.Unavailable),
        demo: (_, _) => Task.FromResult(ExitCodes.Unavailable))
    .InvokeAsync(args);
