namespace Sidecar.Tests.Telemetry;

internal static class Repository
{
    /// <summary>The checkout that these tests were built from.</summary>
    public static string Root { get; } = Find();

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Sidecar.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("Sidecar.sln is not above the tests");
    }
}
