using System.Collections;

namespace Sidecar.Configuration;

/// <summary>Where to look, from the weakest to the strongest: defaults, file, environment, flags.</summary>
public sealed record ConfigurationSources
{
    /// <summary>Path of the YAML file; null when none was named.</summary>
    public string? File { get; init; }

    /// <summary>The environment variables; those that don't start with <c>SIDECAR__</c> are left alone.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>The value of <c>--upstream</c>; null when not given.</summary>
    public string? Upstream { get; init; }

    /// <summary>The value of <c>--listen</c>; null when not given.</summary>
    public string? Listen { get; init; }

    /// <summary>The value of <c>--model</c>, a name or <c>name:version</c>; null when not given.</summary>
    public string? Model { get; init; }

    /// <summary>The variables of this process.</summary>
    public static IReadOnlyDictionary<string, string> ProcessEnvironment()
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (DictionaryEntry pair in System.Environment.GetEnvironmentVariables())
            variables[(string)pair.Key] = (string?)pair.Value ?? "";
        return variables;
    }
}
