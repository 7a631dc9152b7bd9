using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Sidecar.Testing.Fuzzing;

namespace Sidecar.Wire.Tests.Fuzz;

/// <summary>Heads of HTTP/1.x: never read but where the grammar allows it, and then field by field as a regular expression reads them.</summary>
internal abstract partial class HeadTarget : FuzzTarget
{
    private long _read;
    private long _refused;

    public override string Outcomes => $"{_read} read, {_refused} refused";

    public override IReadOnlyList<byte[]> Tokens { get; } =
    [
        .. Http1Target.Words, "content-length: 1, 1\r\n"u8.ToArray(), "Content-Length:\t2 \r\n"u8.ToArray(), "transfer-encoding: gzip, chunked\r\n"u8.ToArray(), "chunked;x"u8.ToArray(),
        "HTTP/1.9"u8.ToArray(), ","u8.ToArray(), "18446744073709551616"u8.ToArray(), "9223372036854775807"u8.ToArray(), "\r\n \r\n"u8.ToArray(), "Host : x\r\n"u8.ToArray(),
        "grpc-previous-rpc-attempts: 3\r\n"u8.ToArray(), "x-envoy-attempt-count: 2\r\n"u8.ToArray(), "grpc-status: 99\r\n"u8.ToArray(), "K-Network-Probe: queue\r\n"u8.ToArray(),
    ];

    [GeneratedRegex(@"\A([!#$%&'*+\-.^_`|~0-9A-Za-z]+):([^\r\n\0]*)\r\n", RegexOptions.CultureInvariant)]
    private static partial Regex FieldLine();

    protected void Count(bool read) => _ = read ? _read++ : _refused++;

    /// <summary>The fields, or null where they break the grammar.</summary>
    protected static List<(string Name, string Value)>? Fields(string lines)
    {
        var fields = new List<(string, string)>();
        while (FieldLine().Match(lines) is { Success: true } line)
        {
            fields.Add((line.Groups[1].Value.ToLowerInvariant(), line.Groups[2].Value.Trim(' ', '\t')));
            lines = lines[line.Length..];
        }

        return lines == "\r\n" ? fields : null;
    }

    /// <summary>RFC 9112 §6.3, for a message whose body is not forbidden: its length, -1 chunked, -2 none declared, -3 up to the close, -4 ambiguous.</summary>
    protected static long BodyOf(List<(string Name, string Value)> fields, int minorVersion, bool request)
    {
        var lengths = Elements("content-length");
        var codings = Elements("transfer-encoding");
        if (lengths.Any(length => !length.All(char.IsAsciiDigit) || !long.TryParse(length, CultureInfo.InvariantCulture, out _)) || lengths.Select(Number).Distinct().Count() > 1)
            return -4;
        if (codings.Count == 0)
            return lengths.Count > 0 ? Number(lengths[0]) : -2;
        var chunked = codings.FindIndex(coding => coding.Equals("chunked", StringComparison.OrdinalIgnoreCase));
        var looksChunked = codings.Exists(coding => coding.Length > 7 && coding.StartsWith("chunked", StringComparison.OrdinalIgnoreCase));
        if (lengths.Count > 0 || minorVersion == 0 || looksChunked || codings.Contains("") || (chunked >= 0 && chunked < codings.Count - 1) || (chunked < 0 && request))
            return -4;
        return chunked >= 0 ? -1 : -3;

        List<string> Elements(string name) => [.. fields.Where(field => field.Name == name).SelectMany(field => field.Value.Split(',')).Select(element => element.Trim(' ', '\t'))];
        static long Number(string digits) => long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1;
    }

    protected static long BodyOf(BodyKind kind, long length) => kind switch
    {
        BodyKind.Fixed => length,
        BodyKind.Chunked => -1,
        BodyKind.None => length == 0 ? 0 : -2,
        BodyKind.UntilClose => -3,
        _ => -4,
    };

    protected static string First(List<(string Name, string Value)> fields, string name) => fields.Find(field => field.Name == name && field.Value.Length > 0).Value ?? "";

    protected static bool Same(ReadOnlySpan<byte> bytes, string text) => Encoding.Latin1.GetString(bytes) == text;
}

/// <summary>Request heads.</summary>
internal sealed partial class RequestHeadTarget : HeadTarget
{
    public override string Name => "request-head";

    public override IReadOnlyList<byte[]> Seeds { get; } = [.. Fuzz.Seeds.Heads(ofClient: true)];

    [GeneratedRegex(@"\A([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([^\0-\x20]+) HTTP/1\.([0-9])\r\n", RegexOptions.CultureInvariant)]
    private static partial Regex StartLine();

    public override void Check(ReadOnlySpan<byte> input)
    {
        var read = RequestHead.TryParse(input, out var head);
        Count(read);
        if (!read)
            return;
        Require(head.Raw == input && head.Method.Overlaps(input) && head.Target.Overlaps(input), "a head points into its bytes");
        Require(head.Host.IsEmpty || (head.TryGetHeader("host"u8, out var host) && (host == head.Host || host.IsEmpty)), "a field is found by its name");
        Require(head.Method.Length > 17 || ProtocolSniffer.Sniff(input) == WireProtocol.Http1, "what is a request is recognised as one");
    }

    public override void Compare(ReadOnlySpan<byte> input)
    {
        var text = Encoding.Latin1.GetString(input);
        var line = StartLine().Match(text);
        var fields = line.Success ? Fields(text[line.Length..]) : null;
        Require(RequestHead.TryParse(input, out var head) == (fields is not null), "read exactly where the grammar allows it");
        if (fields is null)
            return;
        Require(Same(head.Method, line.Groups[1].Value) && Same(head.Target, line.Groups[2].Value), "method and target are those of the line");
        Require(Same(head.Host, First(fields, "host")) && Same(head.ContentType, First(fields, "content-type")) && Same(head.RequestId, First(fields, "x-request-id"))
            && Same(head.ContentEncoding, First(fields, "content-encoding")) && Same(head.TraceParent, First(fields, "traceparent")), "fields are the first of their name");
        var body = BodyOf(fields, head.MinorVersion, request: true);
        Require(BodyOf(head.Framing.OfRequest(head.MinorVersion), head.ContentLength) == body, "the body's length is that of the standard");
    }
}

/// <summary>Response heads.</summary>
internal sealed partial class ResponseHeadTarget : HeadTarget
{
    public override string Name => "response-head";

    public override IReadOnlyList<byte[]> Seeds { get; } = [.. Fuzz.Seeds.Heads(ofClient: false)];

    [GeneratedRegex(@"\AHTTP/1\.([0-9]) ([1-9][0-9][0-9])( [^\r\n\0]*)?\r\n", RegexOptions.CultureInvariant)]
    private static partial Regex StartLine();

    public override void Check(ReadOnlySpan<byte> input)
    {
        var read = ResponseHead.TryParse(input, out var head);
        Count(read);
        if (!read)
            return;
        Require(head.Raw == input && head.StatusCode is >= 100 and <= 999 && head.GrpcStatus is >= -1 and <= 16, "a head says what it may");
        Require(head.ContentType.IsEmpty || head.ContentType.Overlaps(input), "a head points into its bytes");
    }

    public override void Compare(ReadOnlySpan<byte> input)
    {
        var text = Encoding.Latin1.GetString(input);
        var line = StartLine().Match(text);
        var fields = line.Success ? Fields(text[line.Length..]) : null;
        Require(ResponseHead.TryParse(input, out var head) == (fields is not null), "read exactly where the grammar allows it");
        if (fields is null)
            return;
        Require(head.StatusCode == int.Parse(line.Groups[2].Value, CultureInfo.InvariantCulture), "the status is that of the line");
        Require(Same(head.ContentType, First(fields, "content-type")) && Same(head.ContentEncoding, First(fields, "content-encoding"))
            && Same(head.RequestId, First(fields, "x-request-id")), "fields are the first of their name");
        var body = BodyOf(fields, head.MinorVersion, request: false);
        Require(BodyOf(head.Framing.OfResponse(200, head.MinorVersion, toHead: false), head.ContentLength) == (body == -2 ? -3 : body), "the body's length is that of the standard");
    }
}

/// <summary>The recognition of a protocol: never taken back, and always there in time.</summary>
internal sealed class SnifferTarget : FuzzTarget
{
    private readonly long[] _protocols = new long[Enum.GetValues<WireProtocol>().Length];

    public override string Name => "sniffer";

    public override IReadOnlyList<byte[]> Seeds { get; } =
        [[], "GET / HTTP/1.1\r\n"u8.ToArray(), "\r\n\r\nPOST /"u8.ToArray(), "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray(), "PRI / HTTP/1.1\r\n"u8.ToArray(), [0x16, 3, 1, 2, 0, 1]];

    public override IReadOnlyList<byte[]> Tokens { get; } = ["PRI "u8.ToArray(), "* HTTP/2.0\r\n"u8.ToArray(), "\r\n"u8.ToArray(), " "u8.ToArray(), [0x16], [3]];

    public override string Outcomes => string.Join(", ", _protocols.Select((count, protocol) => $"{(WireProtocol)protocol} {count}"));

    public override void Check(ReadOnlySpan<byte> input)
    {
        var decided = WireProtocol.Undecided;
        for (var length = 0; length <= Math.Min(input.Length, ProtocolSniffer.MaxBytes + 8); length++)
        {
            var sniffed = ProtocolSniffer.Sniff(input[..length]);
            Require(decided == WireProtocol.Undecided || sniffed == decided, "more bytes change nothing");
            Require(sniffed != WireProtocol.Undecided || length < ProtocolSniffer.MaxBytes, "decided in time");
            decided = sniffed;
        }

        _protocols[(int)decided]++;
    }
}
