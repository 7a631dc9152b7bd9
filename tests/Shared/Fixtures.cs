namespace Sidecar.Testing;

/// <summary>Finds the optional fixture folders (recordings, models, reference figures) that lie outside the repository.</summary>
internal static class Fixtures
{
    /// <summary>The folder named by <c>SIDECAR_FIXTURES</c>, else a folder <c>shared</c> beside the checkout; null where neither exists.</summary>
    public static string? Root { get; } = FindRoot();

    /// <summary>The path of a fixture, or a skipped test that says what is missing.</summary>
    public static string Require(params string[] parts)
    {
        var path = Root is null ? null : Path.Combine([Root, .. parts]);
        Assert.SkipUnless(path is not null && (Directory.Exists(path) || File.Exists(path)),
            $"fixture {string.Join('/', parts)} is not here (set SIDECAR_FIXTURES to the folder that holds it)");
        return path!;
    }

    /// <summary>The recordings, which are packed with xz; or a skipped test.</summary>
    public static string RequireCorpus()
    {
        var corpus = Require("corpus");
        Assert.SkipUnless((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, "xz"))), "xz, which the recordings are packed with, is not installed");
        return corpus;
    }

    private static string? FindRoot()
    {
        if (Environment.GetEnvironmentVariable("SIDECAR_FIXTURES") is { Length: > 0 } named)
            return named;
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Sidecar.sln")))
            {
                var beside = Path.Combine(folder.Parent?.FullName ?? "/", "shared");
                return Directory.Exists(beside) ? beside : null;
            }
        }

        return null;
    }
}
