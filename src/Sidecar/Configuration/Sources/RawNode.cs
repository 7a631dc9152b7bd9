namespace Sidecar.Configuration.Sources;

/// <summary>What the sources say, merged, before the schema has judged it.</summary>
internal abstract class RawNode(ConfigurationSource source)
{
    public ConfigurationSource Source { get; } = source;

    /// <summary>
    /// What an earlier source said in this place. It no longer counts, but it is still judged: a mistake in the file shouldn't
    /// hide behind an environment variable until the day that variable is removed.
    /// </summary>
    public RawNode? Overridden { get; init; }
}

/// <summary>A single value as text.</summary>
internal sealed class RawScalar(string text, bool isNull, ConfigurationSource source) : RawNode(source)
{
    public string Text { get; } = text;

    /// <summary>Whether it says "nothing": an unquoted <c>null</c> or an empty value.</summary>
    public bool IsNull { get; } = isNull;
}

/// <summary>A group of keys; a key is here as it was spelled.</summary>
internal sealed class RawMap(ConfigurationSource source) : RawNode(source)
{
    public Dictionary<string, RawEntry> Entries { get; } = new(StringComparer.Ordinal);
}

/// <summary>One key of a group, with the place of the key itself.</summary>
internal readonly record struct RawEntry(ConfigurationSource Source, RawNode Value);

/// <summary>A list.</summary>
internal sealed class RawList(ConfigurationSource source) : RawNode(source)
{
    public List<RawNode> Items { get; } = [];
}

/// <summary>Something whose error has been reported already, such as an alias.</summary>
internal sealed class RawInvalid(ConfigurationSource source) : RawNode(source);
