using System.Globalization;
using System.Text.Json;
using Sidecar.Configuration.Sources;

namespace Sidecar.Configuration.Schema;

/// <summary>A group of at most <paramref name="maxEntries"/> keys whose names are free, in the order in which they were given.</summary>
/// <param name="name">What a name may be.</param>
/// <param name="entry">The schema of every value.</param>
/// <param name="maxEntries">The bound: what the map holds becomes tensors and time series.</param>
internal sealed class MapSchema<T>(ScalarSchema<string> name, SchemaNode<T> entry, int maxEntries) : SchemaNode<IReadOnlyDictionary<string, T>>
    where T : class
{
    /// <inheritdoc/>
    public override SchemaNode Entry => entry;

    /// <inheritdoc/>
    public override string Allowed => string.Create(CultureInfo.InvariantCulture, $"at most {maxEntries} names, each with {entry.Allowed}");

    /// <inheritdoc/>
    public override void WriteJson(IReadOnlyDictionary<string, T> value, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        foreach (var (key, each) in value)
        {
            json.WritePropertyName(key);
            entry.WriteJson(each, json);
        }

        json.WriteEndObject();
    }

    /// <inheritdoc/>
    public override void Show(IReadOnlyDictionary<string, T> value, string path, SettingsWriter writer)
    {
        if (value.Count == 0)
        {
            writer.EmptyMap(path);
            return;
        }

        using (writer.Open())
        {
            foreach (var (key, each) in value)
            {
                writer.FreeKey(key);
                entry.Show(each, SchemaKey.Join(path, key), writer);
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
        json.WriteNumber("maxProperties", maxEntries);
        json.WriteStartObject("propertyNames");
        name.WriteJsonSchema(json);
        json.WriteEndObject();
        json.WriteStartObject("additionalProperties");
        entry.WriteJsonSchema(json);
        json.WriteEndObject();
    }

    protected override IReadOnlyDictionary<string, T> BindValue(RawNode raw, IReadOnlyDictionary<string, T> fallback, string path, BindContext context)
    {
        switch (raw)
        {
            case RawScalar { IsNull: true }:
                context.Record(path, raw.Source);
                return new Dictionary<string, T>();
            case RawInvalid:
                context.MarkFailed(path);
                return fallback;
            case not RawMap:
                context.Fail(path, (raw as RawScalar)?.Text, raw.Source, "is not a group of keys", $"allowed: {Allowed}");
                return fallback;
        }

        context.Record(path, raw.Source);
        var given = ((RawMap)raw).Entries;
        if (given.Count > maxEntries)
            context.Fail(path, null, raw.Source, string.Create(CultureInfo.InvariantCulture, $"has {given.Count} names"), $"allowed: {Allowed}");
        var values = new OrderedDictionary<string, T>(StringComparer.Ordinal);
        foreach (var (key, each) in given.Take(maxEntries))
        {
            var keyPath = SchemaKey.Join(path, key);
            if (name.TryParse(key, out var parsed) != ParseOutcome.Ok)
                context.Fail(keyPath, key, each.Source, $"is not {name.Noun}", $"allowed: {name.Allowed}");
            else
                values[parsed] = entry.Bind(each.Value, null!, keyPath, context);
        }

        return values;
    }
}
