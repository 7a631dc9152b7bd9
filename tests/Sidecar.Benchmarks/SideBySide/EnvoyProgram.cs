namespace Sidecar.Benchmarks.SideBySide;

/// <summary>Finds Envoy: on the path, or in the optional fixtures, which bring it packed.</summary>
internal static class EnvoyProgram
{
    private static readonly Lazy<string?> Found = new(Find);

    /// <summary>The program, or null.</summary>
    public static string? Path => Found.Value;

    private static string? Find()
    {
        if (Machine.Find("envoy") is { } installed)
            return installed;
        var fixtures = Environment.GetEnvironmentVariable("SIDECAR_FIXTURES") is { Length: > 0 } named ? named
            : Machine.Checkout() is { } checkout ? System.IO.Path.Combine(checkout, "..", "shared")
            : "";
        var unpack = System.IO.Path.Combine(fixtures, "tools", "unpack.sh");
        if (!File.Exists(unpack))
            return null;

        // Prints the folder that it unpacked to; cheap when it has done so before.
        using var child = Child.Start(["sh", unpack, "envoy"]);
        child.WaitAsync(CancellationToken.None).GetAwaiter().GetResult();
        var program = System.IO.Path.Combine(child.LastLines.LastOrDefault() ?? "", "envoy");
        return File.Exists(program) ? program : null;
    }
}
