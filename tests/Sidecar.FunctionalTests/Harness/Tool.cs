using System.Diagnostics;

namespace Sidecar.FunctionalTests.Harness;

/// <summary>Other people's programs.</summary>
internal static class Tool
{
    public static bool IsInstalled(string program) => Find(program) is not null;

    /// <summary>Skips the test where a program is not installed.</summary>
    public static string Require(string program)
    {
        var path = Find(program);
        Assert.SkipUnless(path is not null, $"{program} is not installed");
        return path!;
    }

    /// <summary>Runs a program to its end, which must be exit code 0.</summary>
    /// <returns>Its output, a character a byte.</returns>
    public static async Task<string> RunAsync(string program, IEnumerable<string> arguments, TimeSpan? within = null)
    {
        var (code, output, errors) = await EndAsync(program, arguments, within);
        Assert.True(code == 0, $"{program} ended with {code}: {errors}");
        return output;
    }

    /// <summary>Runs a program to its end, whatever that is.</summary>
    public static async Task<(int Code, string Output, string Errors)> EndAsync(string program, IEnumerable<string> arguments, TimeSpan? within = null)
    {
        using var process = Start(program, arguments);
        process.StandardInput.Close();
        using var patience = new CancellationTokenSource(within ?? RelayUnderTest.Patience);
        var errors = process.StandardError.ReadToEndAsync(patience.Token);
        var output = await process.StandardOutput.ReadToEndAsync(patience.Token);
        await process.WaitForExitAsync(patience.Token);
        return (process.ExitCode, output, await errors);
    }

    public static Process Start(string program, IEnumerable<string> arguments) => Process.Start(new ProcessStartInfo(Require(program), arguments)
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        StandardOutputEncoding = System.Text.Encoding.Latin1,
    })!;

    // Servers lie where an ordinary user's PATH does not look.
    private static string? Find(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin")
        .Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
}

/// <summary>A folder that goes away with the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("sidecar-tests-").FullName;

    public string File(string name, ReadOnlySpan<byte> bytes)
    {
        var path = System.IO.Path.Combine(Path, name);
        System.IO.File.WriteAllBytes(path, bytes);
        return path;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
