namespace Sidecar.Telemetry;

/// <summary>Attribute sets built once and kept, so that recording costs no allocation.</summary>
public static class Tags
{
    /// <summary>
    /// The attribute set of a data point. Keep the array; never build one per measurement. A null value leaves its attribute out, as
    /// <c>error.type</c> must be left out on success.
    /// </summary>
    /// <param name="definition">The instrument; its attributes are the only ones allowed.</param>
    /// <param name="values">One value for each attribute of the definition, in its order.</param>
    /// <returns>Name and value pairs, at most as many as the definition has attributes.</returns>
    /// <exception cref="ArgumentException">The number of values is not the number of attributes.</exception>
    public static KeyValuePair<string, object?>[] Of(InstrumentDefinition definition, params ReadOnlySpan<string?> values)
    {
        if (values.Length != definition.Attributes.Count)
            throw new ArgumentException($"{definition.Name} has {definition.Attributes.Count} attributes, not {values.Length}", nameof(values));

        var tags = new List<KeyValuePair<string, object?>>(values.Length);
        for (var i = 0; i < values.Length; i++)
        {
            if (values[i] is { } value)
                tags.Add(new(definition.Attributes[i], value));
        }

        return [.. tags];
    }
}
