namespace Sidecar.Benchmarks.SideBySide;

/// <summary>A temporary folder that goes when the run ends.</summary>
internal sealed class Workspace : IDisposable
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("sidecar-benchmarks-").FullName;

    public string Write(string name, string content)
    {
        var path = Path.Combine(Folder, name);
        File.WriteAllText(path, content);
        return path;
    }

    public string Write(string name, byte[] content)
    {
        var path = Path.Combine(Folder, name);
        File.WriteAllBytes(path, content);
        return path;
    }

    public string Subfolder(string name) => Directory.CreateDirectory(Path.Combine(Folder, name)).FullName;

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
