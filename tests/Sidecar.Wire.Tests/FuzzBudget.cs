using System.Globalization;

namespace Sidecar.Wire.Tests;

/// <summary>A long fuzz run is these tests with <c>SIDECAR_FUZZ_INPUTS</c> (how many) and <c>SIDECAR_FUZZ_SEED</c> (where to begin) set.</summary>
internal static class FuzzBudget
{
    public static long Inputs(long usual) => Read("SIDECAR_FUZZ_INPUTS") ?? usual;

    public static int Seed(int usual) => (int?)Read("SIDECAR_FUZZ_SEED") ?? usual;

    private static long? Read(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? long.Parse(text, CultureInfo.InvariantCulture) : null;
}
