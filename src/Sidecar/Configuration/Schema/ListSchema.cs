using System.Globalization;
using System.Text.Json;
using Sidecar.Configuration.Sources;

namespace Sidecar.Configuration.Schema;

/// <summary>A list of at most <paramref name="maxItems"/> items.</summary>
/// <param name="item">The schema of every item.</param>
/// <param name="seed">Makes what an item's keys are laid over; a key that has no sensible default is marked as required there.</param>
/// <param name="maxItems">The bound: what the list holds becomes sockets, sessions or time series.</param>
internal sealed class ListSchema<T>(SchemaNode<T> item, Func<T> seed, int maxItems) : SchemaNode<IReadOnlyList<T>>
{
    /// <inheritdoc/>
    public override SchemaNode Item => item;

    public int MaxItems => maxItems;

    /// <inheritdoc/>
    public override string Allowed => string.Create(CultureInfo.InvariantCulture, $"a list of at most {maxItems}");

    public static string Join(string path, int index) => string.Create(CultureInfo.InvariantCulture, $"{path}[{index}]");

    /// <inheritdoc/>
    public override void WriteJson(IReadOnlyList<T> value, Utf8JsonWriter json)
    {
        json.WriteStartArray();
        foreach (var each in value)
            item.WriteJson(each, json);
        json.WriteEndArray();
    }

    /// <inheritdoc/>
    public override void Show(IReadOnlyList<T> value, string path, SettingsWriter writer)
    {
        if (value.Count == 0)
        {
            writer.EmptyList(path);
            return;
        }

        using (writer.Open())
        {
            for (var i = 0; i < value.Count; i++)
            {
                writer.Item();
                item.Show(value[i], Join(path, i), writer);
            }
        }
    }

    /// <inheritdoc/>
    public override void WriteJsonSchema(Utf8JsonWriter json)
    {
        json.WriteStartArray("type");
        json.WriteStringValue("array");
        json.WriteStringValue("null");
        json.WriteEndArray();
        json.WriteNumber("maxItems", maxItems);
        json.WriteStartObject("items");
        item.WriteJsonSchema(json);
        json.WriteEndObject();
    }

    protected override IReadOnlyList<T> BindValue(RawNode raw, IReadOnlyList<T> fallback, string path, BindContext context)
    {
        switch (raw)
        {
            case RawScalar { IsNull: true }:
                context.Record(path, raw.Source);
                return [];
            case RawInvalid:
                context.MarkFailed(path);
                return fallback;
            case not RawList:
                context.Fail(path, (raw as RawScalar)?.Text, raw.Source, "is not a list", $"allowed: {Allowed}");
                return fallback;
        }

        context.Record(path, raw.Source);
        var items = ((RawList)raw).Items;
        if (items.Count > maxItems)
            context.Fail(path, null, raw.Source, string.Create(CultureInfo.InvariantCulture, $"has {items.Count} items"), $"allowed: {Allowed}");
        var values = new T[Math.Min(items.Count, maxItems)];
        for (var i = 0; i < values.Length; i++)
            values[i] = item.Bind(items[i], seed(), Join(path, i), context);
        return values;
    }
}
