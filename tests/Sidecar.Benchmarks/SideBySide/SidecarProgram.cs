using System.Runtime.InteropServices;

namespace Sidecar.Benchmarks.SideBySide;

/// <summary>Finds the sidecar to measure.</summary>
internal static class SidecarProgram
{
    /// <summary>
    /// The words that start the sidecar, or null. Named: a program, a .dll (run by dotnet), or a command with its first arguments. Not named: the
    /// AOT publish output of this checkout, else its Release build.
    /// </summary>
    public static string[]? Command(string? named)
    {
        if (named is not null)
            return File.Exists(named) ? Launch(Path.GetFullPath(named)) : named.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (Machine.Checkout() is not { } checkout)
            return null;
        var output = Path.Combine(checkout, "src", "Sidecar", "bin", "Release", "net10.0");
        string[] candidates =
        [
            Path.Combine(output, RuntimeInformation.RuntimeIdentifier, "publish", "sidecar"),
            Path.Combine(output, "sidecar.dll"),
            Path.Combine(output, RuntimeInformation.RuntimeIdentifier, "sidecar.dll"),
        ];
        return candidates.Where(IsWhole).Select(Launch).FirstOrDefault();
    }

    private static string[] Launch(string file) => Path.GetExtension(file) == ".dll" ? ["dotnet", file] : [file];

    // A publish without AOT leaves a launcher of the same name beside its .dll: not the program that people deploy.
    private static bool IsWhole(string file) =>
        File.Exists(file) && (Path.GetExtension(file) == ".dll" || !File.Exists(Path.ChangeExtension(file, ".dll")));
}
