using System.Text.Json;
using Sidecar.Configuration.Sources;

namespace Sidecar.Configuration.Schema;

/// <summary>
/// A node of the one tree that says which keys exist. Walking, overriding, binding, showing and the published JSON Schema are all
/// derived from it, so that they can't disagree; none of it needs reflection.
/// </summary>
internal abstract class SchemaNode
{
    /// <summary>The keys of a group; empty for others.</summary>
    public virtual IReadOnlyList<SchemaKey> Keys => [];

    /// <summary>The schema of a list's items; null for others.</summary>
    public virtual SchemaNode? Item => null;

    /// <summary>The schema of the values of a group whose keys are free; null for others.</summary>
    public virtual SchemaNode? Entry => null;

    /// <summary>What a value may be, for people.</summary>
    public abstract string Allowed { get; }

    /// <summary>Writes the members that describe this node into the open object of a JSON Schema.</summary>
    public abstract void WriteJsonSchema(Utf8JsonWriter json);

    /// <summary>The key of a group by its exact name; null when there is none.</summary>
    public SchemaKey? Find(string name, StringComparison comparison = StringComparison.Ordinal)
    {
        foreach (var key in Keys)
        {
            if (string.Equals(key.Name, name, comparison))
                return key;
        }

        return null;
    }
}

/// <summary>A node whose values become a <typeparamref name="T"/>.</summary>
internal abstract class SchemaNode<T> : SchemaNode
{
    /// <summary>Converts what was given; every mistake is added to <paramref name="context"/> and <paramref name="fallback"/> stands in.</summary>
    public T Bind(RawNode raw, T fallback, string path, BindContext context)
    {
        if (raw.Overridden is { } overridden)
            context.WithoutSources(c => Bind(overridden, fallback, path, c));
        return BindValue(raw, fallback, path, context);
    }

    /// <summary>Shows a value as YAML.</summary>
    public abstract void Show(T value, string path, SettingsWriter writer);

    /// <summary>Writes a value as JSON.</summary>
    public abstract void WriteJson(T value, Utf8JsonWriter json);

    protected abstract T BindValue(RawNode raw, T fallback, string path, BindContext context);
}

/// <summary>A key of a group, without its types.</summary>
internal abstract class SchemaKey(string name, string description, bool required)
{
    public string Name { get; } = name;

    public string Description { get; } = description;

    /// <summary>Whether the group can't do without it.</summary>
    public bool Required { get; } = required;

    public abstract SchemaNode Node { get; }

    public static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";
}
