using System.Diagnostics;
using Sidecar.Testing;

namespace Sidecar.Tests.Emit;

/// <summary>A real service of the tools fixture, in a folder of its own; stopped and deleted in the end. Skips the test where the fixture is not here.</summary>
internal sealed class ToolServer : IAsyncDisposable
{
    private readonly string _tools;

    private ToolServer(string tools, string folder, IReadOnlyDictionary<string, string> addresses)
    {
        _tools = tools;
        Folder = folder;
        Addresses = addresses;
    }

    public string Folder { get; }

    /// <summary>What the start script printed, by name.</summary>
    public IReadOnlyDictionary<string, string> Addresses { get; }

    public static async Task<ToolServer> StartAsync(string script, Func<string, string[]>? arguments = null)
    {
        var tools = Fixtures.Require("tools");
        var folder = Directory.CreateTempSubdirectory("sidecar-tool").FullName;
        var output = await RunAsync(Path.Combine(tools, script), [folder, .. arguments?.Invoke(folder) ?? []]);
        var addresses = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
        return new ToolServer(tools, folder, addresses);
    }

    public async ValueTask DisposeAsync()
    {
        await RunAsync(Path.Combine(_tools, "stop.sh"), [Folder]);
        Directory.Delete(Folder, recursive: true);
    }

    private static async Task<string> RunAsync(string script, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(script, arguments) { RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
        return output;
    }
}
