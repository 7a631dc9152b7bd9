using Sidecar.Tensors;

namespace Sidecar.Configuration.Schema;

/// <summary>The kinds of single values, by the names that <see cref="SidecarSchema"/> reads well with.</summary>
internal static class Kinds
{
    public static ScalarSchema<EndPointSetting> Listen { get; } = new EndPointKind();

    public static ScalarSchema<EndPointSetting?> OptionalListen { get; } = new OptionalEndPointKind();

    /// <summary>An address of HTTP, perhaps with a path below which things are.</summary>
    public static ScalarSchema<Uri?> OptionalAddress { get; } = new OptionalAddressKind();

    public static ScalarSchema<UpstreamSetting> Upstream { get; } = new UpstreamKind();

    public static ScalarSchema<bool> Bool { get; } = new BoolKind();

    /// <summary>A share from 0 to 1, both included.</summary>
    public static ScalarSchema<double> Rate { get; } = new NumberKind(0, 1);

    /// <summary>A name that ends up as a metric label.</summary>
    public static ScalarSchema<string> Name { get; } = new TextKind(
        63, "a name", "1 to 63 letters, digits, '.', '_' or '-'", "^[A-Za-z0-9._-]{1,63}$",
        c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');

    public static ScalarSchema<string> FilePath { get; } = new TextKind(4096, "a path", "a path of at most 4096 characters", null, c => !char.IsControl(c));

    public static ScalarSchema<string?> OptionalFilePath { get; } = new OptionalTextKind(FilePath);

    /// <summary>A protocol of HTTP by its name in ALPN.</summary>
    public static ScalarSchema<string> AlpnName { get; } = new WordKind("h2", "http/1.1");

    public static ScalarSchema<string> Label { get; } = new TextKind(256, "a name", "1 to 256 printable characters", null, c => !char.IsControl(c));

    /// <summary>A name that Kafka takes for a topic, and that is a folder of the spool.</summary>
    public static ScalarSchema<string> Topic { get; } = new TextKind(
        249, "a topic", "1 to 249 letters, digits, '.', '_' or '-'", "^[A-Za-z0-9._-]{1,249}$", c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');

    /// <summary>The patterns that redaction knows.</summary>
    public static ScalarSchema<string> Pattern { get; } = new WordKind("email", "cardNumber", "iban", "phone", "ipv4", "ipv6", "token", "accessKey");

    public static ScalarSchema<string?> OptionalLabel { get; } = new OptionalTextKind(Label);

    /// <summary>Method and path of requests.</summary>
    public static ScalarSchema<RouteMatch> RouteMatch { get; } = new RouteMatchKind();

    /// <summary>The protocol of a route: a mapping, nothing, or one by its label.</summary>
    public static ScalarSchema<InferenceProtocol> Protocol { get; } = Choice<InferenceProtocol>(
    [
        ("json", InferenceProtocol.Json), ("none", InferenceProtocol.None),
        .. Enum.GetValues<InferenceProtocol>()
            .Where(protocol => protocol is not (InferenceProtocol.Json or InferenceProtocol.None)).Select(protocol => (protocol.Label(), protocol)),
    ]);

    /// <summary>Where a feature is in JSON.</summary>
    public static ScalarSchema<JsonPath> JsonPath { get; } = new JsonPathKind();

    public static ScalarSchema<int> Integer(int minimum, int maximum) => new IntegerKind(minimum, maximum);

    /// <summary>Bytes, with binary units.</summary>
    public static ScalarSchema<long> Size(long minimum, long maximum) => new SizeKind(minimum, maximum);

    public static ScalarSchema<TimeSpan> Duration(TimeSpan minimum, TimeSpan maximum) => new DurationKind(minimum, maximum);

    public static ScalarSchema<T> Choice<T>(params (string Name, T Value)[] choices)
        where T : struct, Enum => new ChoiceKind<T>(choices);
}
