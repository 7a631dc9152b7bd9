using Sidecar.Configuration;

namespace Sidecar.Tests.Configuration;

/// <summary>A folder of its own for a test, gone afterwards.</summary>
internal sealed class Folder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sidecar-config-");

    public string Path => _folder.FullName;

    public string Write(string name, string text)
    {
        var path = System.IO.Path.Combine(Path, name);
        File.WriteAllText(path, text);
        return path;
    }

    public string Write(string name, byte[] bytes)
    {
        var path = System.IO.Path.Combine(Path, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    /// <summary>Loads a file with this text, and nothing else.</summary>
    public ConfigurationResult Load(string yaml, params (string Name, string Value)[] environment) => SidecarConfiguration.Load(new ConfigurationSources
    {
        File = Write("sidecar.yaml", yaml),
        Environment = environment.ToDictionary(pair => pair.Name, pair => pair.Value, StringComparer.Ordinal),
    });

    public void Dispose() => _folder.Delete(recursive: true);
}
