namespace Sidecar.Configuration.Schema;

/// <summary>Collects what binding finds out: every error, and where every value that counts came from.</summary>
internal sealed class BindContext
{
    private readonly HashSet<string> _failed = new(StringComparer.Ordinal);
    private bool _recordSources = true;

    public List<ConfigurationError> Errors { get; } = [];

    public Dictionary<string, ConfigurationSource> Sources { get; } = new(StringComparer.Ordinal);

    public void Fail(string path, string? value, ConfigurationSource source, string problem, string? allowed = null)
    {
        _failed.Add(path);
        Errors.Add(new ConfigurationError(path, value, source, problem, allowed));
    }

    /// <summary>Takes over an error that was found before binding.</summary>
    public void Add(ConfigurationError error)
    {
        _failed.Add(error.Key);
        Errors.Add(error);
    }

    /// <summary>Marks a key whose error has been reported already.</summary>
    public void MarkFailed(string path) => _failed.Add(path);

    /// <summary>Whether the key's value is what the person meant; rules across keys must not accuse a stand-in.</summary>
    public bool IsSound(string path) => !_failed.Contains(path);

    public void Record(string path, ConfigurationSource source)
    {
        if (_recordSources)
            Sources[path] = source;
    }

    public ConfigurationSource SourceOf(string path) => Sources.GetValueOrDefault(path, ConfigurationSource.Default);

    /// <summary>Judges a value that a later source has replaced: its errors count, its place doesn't.</summary>
    public void WithoutSources(Action<BindContext> judge)
    {
        var before = _recordSources;
        _recordSources = false;
        judge(this);
        _recordSources = before;
    }
}
