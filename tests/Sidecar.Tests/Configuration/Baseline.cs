namespace Sidecar.Tests.Configuration;

/// <summary>Pins a text to a file of the repository; <c>SIDECAR_UPDATE_BASELINES=1</c> writes the file instead.</summary>
internal static class Baseline
{
    public static string RepositoryRoot { get; } = FindRoot();

    public static void Matches(string actual, params string[] path)
    {
        var file = Path.Combine([RepositoryRoot, .. path]);
        if (Environment.GetEnvironmentVariable("SIDECAR_UPDATE_BASELINES") == "1")
            File.WriteAllText(file, actual);
        Assert.True(File.Exists(file), $"{file} is missing; run with SIDECAR_UPDATE_BASELINES=1 and review what it writes");
        Assert.Equal(File.ReadAllText(file), actual);
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Sidecar.sln")))
                return folder.FullName;
        }

        throw new InvalidOperationException("these tests run from inside the repository");
    }
}
