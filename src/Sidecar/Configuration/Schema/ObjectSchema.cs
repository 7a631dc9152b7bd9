using System.Text.Json;
using Sidecar.Configuration.Sources;

namespace Sidecar.Configuration.Schema;

/// <summary>A group of keys that becomes a record: each key knows how to read its property and how to make a copy with another value.</summary>
internal sealed class ObjectSchema<T>(Func<T> seed) : SchemaNode<T>
{
    private readonly List<TypedKey> _keys = [];

    /// <inheritdoc/>
    public override IReadOnlyList<SchemaKey> Keys => _keys;

    /// <inheritdoc/>
    public override string Allowed => string.Join(", ", _keys.Select(key => key.Name));

    /// <summary>Adds a key. Its default is what the property of a fresh record holds, so it is written once, in the options.</summary>
    public ObjectSchema<T> Key<TValue>(
        string name, SchemaNode<TValue> node, Func<T, TValue> get, Func<T, TValue, T> with, string description, bool required = false)
    {
        _keys.Add(new TypedKey<TValue>(name, node, get, with, description, required));
        return this;
    }

    /// <inheritdoc/>
    public override void WriteJson(T value, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        foreach (var key in _keys)
        {
            json.WritePropertyName(key.Name);
            key.WriteJson(value, json);
        }

        json.WriteEndObject();
    }

    /// <inheritdoc/>
    public override void Show(T value, string path, SettingsWriter writer)
    {
        using (writer.Open())
        {
            foreach (var key in _keys)
            {
                writer.Key(key.Name);
                key.Show(value, SchemaKey.Join(path, key.Name), writer);
            }
        }
    }

    /// <inheritdoc/>
    public override void WriteJsonSchema(Utf8JsonWriter json)
    {
        json.WriteStartArray("type");
        json.WriteStringValue("object");
        json.WriteStringValue("null");
        json.WriteEndArray();
        json.WriteBoolean("additionalProperties", false);
        if (_keys.Any(key => key.Required))
        {
            json.WriteStartArray("required");
            foreach (var key in _keys.Where(key => key.Required))
                json.WriteStringValue(key.Name);
            json.WriteEndArray();
        }

        json.WriteStartObject("properties");
        foreach (var key in _keys)
        {
            json.WriteStartObject(key.Name);
            json.WriteString("description", key.Description);
            key.Node.WriteJsonSchema(json);
            if (!key.Required && key.Node.Keys.Count == 0)
            {
                json.WritePropertyName("default");
                key.WriteJson(seed(), json);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    protected override T BindValue(RawNode raw, T fallback, string path, BindContext context)
    {
        // `health:` with every line below it commented out is an empty group, not a mistake.
        var map = raw switch
        {
            RawMap given => given,
            RawScalar { IsNull: true } => new RawMap(raw.Source),
            _ => null,
        };
        if (map is null)
        {
            if (raw is not RawInvalid)
                context.Fail(path, (raw as RawScalar)?.Text, raw.Source, "is not a group of keys", $"allowed keys: {Allowed}");
            foreach (var key in _keys)
                context.MarkFailed(SchemaKey.Join(path, key.Name));
            return fallback;
        }

        foreach (var (name, entry) in map.Entries)
        {
            if (Find(name) is not null)
                continue;
            context.Fail(SchemaKey.Join(path, name), null, entry.Source, "unknown key", Spelling.Hint(name, this));

            // The key that was probably meant isn't blamed for its default.
            if (Spelling.Nearest(name, _keys.Select(key => key.Name)) is { } meant)
                context.MarkFailed(SchemaKey.Join(path, meant));
        }

        var value = fallback;
        foreach (var key in _keys)
        {
            var keyPath = SchemaKey.Join(path, key.Name);
            if (map.Entries.TryGetValue(key.Name, out var entry))
                value = key.Bind(entry.Value, value, keyPath, context);
            else if (key.Required)
                context.Fail(keyPath, null, map.Source, "is required", $"allowed: {key.Node.Allowed}");
        }

        return value;
    }

    private abstract class TypedKey(string name, string description, bool required) : SchemaKey(name, description, required)
    {
        public abstract T Bind(RawNode raw, T owner, string path, BindContext context);

        public abstract void Show(T owner, string path, SettingsWriter writer);

        public abstract void WriteJson(T owner, Utf8JsonWriter json);
    }

    private sealed class TypedKey<TValue>(
        string name, SchemaNode<TValue> node, Func<T, TValue> get, Func<T, TValue, T> with, string description, bool required)
        : TypedKey(name, description, required)
    {
        public override SchemaNode Node => node;

        public override T Bind(RawNode raw, T owner, string path, BindContext context) =>
            with(owner, node.Bind(raw, get(owner), path, context));

        public override void Show(T owner, string path, SettingsWriter writer) => node.Show(get(owner), path, writer);

        public override void WriteJson(T owner, Utf8JsonWriter json) => node.WriteJson(get(owner), json);
    }
}
