using System.Reflection;

namespace Sidecar.Benchmarks.SideBySide;

/// <summary>This program, started again with another verb.</summary>
internal static class OwnProgram
{
    public static string[] Command(string verb)
    {
        // `dotnet sidecar-benchmarks.dll` runs as dotnet; `dotnet run` and a published program run as themselves.
        var program = Environment.ProcessPath!;
        return Path.GetFileNameWithoutExtension(program) == "dotnet" ? [program, Assembly.GetExecutingAssembly().Location, verb] : [program, verb];
    }
}
