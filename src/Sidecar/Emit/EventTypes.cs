namespace Sidecar.Emit;

/// <summary>What is known of each type of event: its topic, its schema.</summary>
public static class EventTypes
{
    /// <summary>Counts records in the book that an earlier run wrote down and that were given up before their type was read.</summary>
    public const string Recovered = "_recovered";

    /// <summary>The value of <c>dataclassification</c> for events that hold figures and names, and no value of a tensor.</summary>
    public const string Figures = Redaction.DataClassification.PublicAggregate;

    /// <summary>The stream that a type belongs to; each has its numbers, and its topic.</summary>
    internal static EventStream StreamOf(string type) =>
        type is ExchangeEvents.ExchangeType or KServeEvents.RequestType or KServeEvents.ResponseType ? EventStream.Exchanges
        : type.StartsWith("io.sidecar.audit.", StringComparison.Ordinal) ? EventStream.Audit
        : EventStream.Reports;

    /// <summary>The URI of the schema of a type's data (<c>Emit/Schemas</c>); null for a type that is not ours.</summary>
    public static string? SchemaOf(string type) => type.StartsWith("io.sidecar.", StringComparison.Ordinal) ? $"urn:{type.Replace('.', ':')}" : null;
}

/// <summary>Streams of events that are numbered, ordered and delivered for themselves.</summary>
internal enum EventStream : byte
{
    Exchanges,
    Reports,
    Audit,
}
