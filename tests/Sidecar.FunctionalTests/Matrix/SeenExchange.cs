using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sidecar.FunctionalTests.Matrix;

/// <summary>One exchange as one party tells it: its client, its server, or the observer between them. What a party can't know is null.</summary>
/// <param name="Id">The request's <c>x-request-id</c>, which joins what the parties tell.</param>
internal sealed record SeenExchange(string Id, SeenMessage Request, SeenMessage Response)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static SeenExchange Parse(string json) => JsonSerializer.Deserialize<SeenExchange>(json, Json)!.Normalised();

    public static SeenExchange Of(JsonElement json) => json.Deserialize<SeenExchange>(Json)!.Normalised();

    /// <summary>In one form, whoever tells it: two that agree are equal texts.</summary>
    public override string ToString() => JsonSerializer.Serialize(this, Json);

    public SeenExchange Normalised() => new(Id, Request.Normalised(), Response.Normalised());

    /// <summary>Only those facts that another party tells of too.</summary>
    public SeenExchange KnownTo(SeenExchange other) => new(Id, Request.KnownTo(other.Request), Response.KnownTo(other.Response));

    /// <summary>Without what differs between two runs of the same talk: the clock, and the time left until a deadline.</summary>
    public SeenExchange WithoutTimes() => new(Id, Request.WithoutTimes(), Response.WithoutTimes());
}

/// <summary>One message of an exchange.</summary>
internal sealed record SeenMessage
{
    /// <summary>A request's method, target and version, such as <c>GET /echo HTTP/1.1</c>, or a response's status.</summary>
    public string? Start { get; init; }

    /// <summary>All fields of the head, each <c>name: value</c> with the name in lower case, sorted. HTTP/2's authority is <c>host</c>.</summary>
    public IReadOnlyList<string>? Fields { get; init; }

    /// <summary>The fields that the party is told of, from head and trailers together; there may be others.</summary>
    public IReadOnlyList<string>? SomeFields { get; init; }

    /// <summary>Bytes of the body, without framing.</summary>
    public long? Length { get; init; }

    /// <summary>SHA-256 of these bytes.</summary>
    public string? Hash { get; init; }

    /// <summary>The fields behind the body, as <see cref="Fields"/>.</summary>
    public IReadOnlyList<string>? Trailers { get; init; }

    /// <summary>gRPC: length and SHA-256 of each message, decompressed.</summary>
    public IReadOnlyList<string>? Messages { get; init; }

    /// <summary>Interim responses (1xx) ahead of this one.</summary>
    public int? Interim { get; init; }

    /// <summary>It was seen to its end. Who tells of a body tells of all of it.</summary>
    public bool? Ended { get; init; }

    public SeenMessage Normalised() => this with
    {
        Fields = Sorted(Fields), SomeFields = Sorted(SomeFields), Trailers = Sorted(Trailers),
        Ended = Ended ?? (Length is null && Messages is null ? null : true),
    };

    public SeenMessage KnownTo(SeenMessage other) => new()
    {
        Start = other.Start is null ? null : Start,
        Fields = other.Fields is null ? null : Fields,
        SomeFields = other.SomeFields is null || SomeFields is not null ? SomeFields : Named(other.SomeFields),
        Length = other.Length is null ? null : Length,
        Hash = other.Hash is null ? null : Hash,
        Trailers = other.Trailers is null ? null : Trailers,
        Messages = other.Messages is null ? null : Messages,
        Interim = other.Interim is null ? null : Interim,
        Ended = other.Ended is null ? null : Ended,
    };

    public SeenMessage WithoutTimes() => this with { Fields = WithoutTimes(Fields), SomeFields = WithoutTimes(SomeFields) };

    private static IReadOnlyList<string>? Sorted(IReadOnlyList<string>? fields) => fields is null ? null : [.. fields.SelectMany(OneForm).Order(StringComparer.Ordinal)];

    // Libraries decode these for their callers: a message is percent-encoded on the wire, and binary values are padded or not, in a line each or in one.
    private static IEnumerable<string> OneForm(string field) => field switch
    {
        _ when NameOf(field) == "grpc-message" => [Uri.UnescapeDataString(field)],
        _ when NameOf(field).EndsWith("-bin", StringComparison.Ordinal) =>
            field[(field.IndexOf(':', StringComparison.Ordinal) + 1)..].Split(',').Select(value => $"{NameOf(field)}: {value.Trim().TrimEnd('=')}"),
        _ => [field],
    };

    private List<string> Named(IReadOnlyList<string> told)
    {
        var names = told.Select(NameOf).ToHashSet();
        return [.. (Fields ?? []).Concat(Trailers ?? []).Where(field => names.Contains(NameOf(field))).Order(StringComparer.Ordinal)];
    }

    private static IReadOnlyList<string>? WithoutTimes(IReadOnlyList<string>? fields) => fields is null
        ? null
        : [.. fields.Select(field => NameOf(field) is "date" or "grpc-timeout" ? NameOf(field) : field)];

    private static string NameOf(string field) => field[..field.IndexOf(':', StringComparison.Ordinal)];
}
