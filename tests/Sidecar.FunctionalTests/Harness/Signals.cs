using System.Diagnostics;

namespace Sidecar.FunctionalTests.Harness;

/// <summary>What the system can do to a process.</summary>
internal static class Signals
{
    /// <summary>It ends in the middle of what it does; the system closes its sockets.</summary>
    public static Task KillAsync(Process process) => SendAsync("KILL", process);

    /// <summary>It stands still; the system goes on accepting and acknowledging for it.</summary>
    public static Task HangAsync(Process process) => SendAsync("STOP", process);

    /// <summary>It goes on.</summary>
    public static Task ResumeAsync(Process process) => SendAsync("CONT", process);

    private static async Task SendAsync(string signal, Process process)
    {
        using var kill = Process.Start("kill", ["-" + signal, $"{process.Id}"]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, kill.ExitCode);
    }
}
