using System.Diagnostics;

namespace Sidecar.Tests.Operations;

/// <summary>Command-line tools that may be missing.</summary>
internal static class Tool
{
    /// <summary>
    /// The tool's paths: those that an environment variable of its name in capitals lists, separated by <c>:</c>, else the one on the
    /// <c>PATH</c>. A skipped test where there is none.
    /// </summary>
    public static IReadOnlyList<string> Require(string name, string package)
    {
        var named = Environment.GetEnvironmentVariable(name.ToUpperInvariant());
        var found = named is { Length: > 0 }
            ? named.Split(Path.PathSeparator)
            : [.. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, name)).Where(File.Exists).Take(1)];
        Assert.SkipWhen(found.Length == 0, $"{name} is not here ({package})");
        return found;
    }

    /// <summary>Runs a tool to its end; what it wrote to both outputs is in the failure when it does not exit with 0.</summary>
    public static async Task<string> RunAsync(string path, params IEnumerable<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(path, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, $"{path} {string.Join(' ', arguments)}\n{await output}{await errors}");
        return await output;
    }
}
