using System.Text;
using System.Text.Json;
using Sidecar.Configuration.Schema;
using Sidecar.Configuration.Sources;

namespace Sidecar.Configuration;

/// <summary>Loads, shows and describes the configuration. See README.md in this folder for the keys.</summary>
public static class SidecarConfiguration
{
    /// <summary>
    /// Merges the sources and judges all of them: every unknown key, every value that can't be converted or is out of range, and every
    /// contradiction between keys is reported, not just the first. Looks at the file system for the paths that the options name. Never throws
    /// for what a person may have written.
    /// </summary>
    public static ConfigurationResult Load(ConfigurationSources sources)
    {
        var context = new BindContext();
        var root = ReadFile(sources.File, context);
        var complete = root is not null;
        root ??= new RawMap(ConfigurationSource.Default);
        IEnumerable<Override> overrides =
            [.. EnvironmentReader.Read(sources.Environment, SidecarSchema.Root, context), .. FlagReader.Read(sources, context)];
        foreach (var each in overrides)
        {
            if (!each.ApplyTo(root))
                context.Fail(each.Path, each.Text, each.Source, "leaves a gap in its list", "allowed: an index that the list has, or the next one");
        }

        var options = SidecarSchema.Root.Bind(root, new SidecarOptions(), "", context);

        // With the file unread, what the keys contradict is anybody's guess.
        if (complete)
            CrossFieldRules.Check(options, context);
        ConfigurationError[] errors = [.. context.Errors.OrderBy(error => error.Source, SourceOrder.Instance)];
        return new ConfigurationResult(errors.Length == 0 ? options : null, errors, context.Sources);
    }

    /// <summary>The options as YAML that loads to the same options; secrets are masked.</summary>
    /// <param name="options">The options.</param>
    /// <param name="sources">Where each key came from, to be written behind its value; null leaves that out.</param>
    public static string Show(SidecarOptions options, Func<string, ConfigurationSource>? sources = null)
    {
        var writer = new SettingsWriter(sources);
        SidecarSchema.Root.Show(options, "", writer);
        return writer.ToString();
    }

    /// <summary>The JSON Schema (draft 2020-12) of the file, for editors and pipelines.</summary>
    public static string JsonSchema()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            json.WriteString("$schema", "https://json-schema.org/draft/2020-12/schema");
            json.WriteString("title", "Sidecar configuration");
            SidecarSchema.Root.WriteJsonSchema(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

    private static RawMap? ReadFile(string? path, BindContext context)
    {
        if (path is null)
            return new RawMap(ConfigurationSource.Default);
        var text = FileReader.TryRead(path, out var problem);
        if (text is null)
        {
            context.Fail("", path, new ConfigurationSource(ConfigurationSourceKind.Flag, "--config"), problem);
            return null;
        }

        var (root, errors) = YamlReader.Read(text, path);
        foreach (var error in errors)
            context.Add(error);
        return root;
    }

    /// <summary>File by line, then environment by name, then flags; errors of one place stay in the order they were found in.</summary>
    private sealed class SourceOrder : IComparer<ConfigurationSource>
    {
        public static SourceOrder Instance { get; } = new();

        public int Compare(ConfigurationSource? x, ConfigurationSource? y)
        {
            var order = x!.Kind.CompareTo(y!.Kind);
            if (order == 0)
                order = x.Line.CompareTo(y.Line);
            return order != 0 ? order : string.CompareOrdinal(x.Name, y.Name);
        }
    }
}
