using System.Globalization;
using System.Text;

namespace Sidecar.Configuration;

/// <summary>What loading the configuration came to: options, or every error there is.</summary>
/// <param name="Options">The options; null when there are errors.</param>
/// <param name="Errors">Every mistake of every source, in the order file, environment, flags.</param>
/// <param name="Sources">Where each key that somebody set got its value, by the key's path; a key that isn't here has its default.</param>
public sealed record ConfigurationResult(
    SidecarOptions? Options, IReadOnlyList<ConfigurationError> Errors, IReadOnlyDictionary<string, ConfigurationSource> Sources)
{
    /// <summary>Where a key's value came from.</summary>
    public ConfigurationSource SourceOf(string path) => Sources.GetValueOrDefault(path, ConfigurationSource.Default);

    /// <summary>All errors as a person reads them, ending with a line feed; empty when there are none.</summary>
    public string Report()
    {
        if (Errors.Count == 0)
            return "";
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Errors.Count} {(Errors.Count == 1 ? "error" : "errors")} in the configuration:\n");
        foreach (var error in Errors)
            text.Append("  ").Append(error.ToString().Replace("\n", "\n  ", StringComparison.Ordinal)).Append('\n');
        return text.ToString();
    }
}
