using System.Text;
using CsCheck;

namespace Sidecar.Wire.Tests;

internal enum BodyForm
{
    None,
    Length,
    Chunked,
}

/// <summary>One request with its response, and what an observer should make of it.</summary>
internal sealed record Exchange(string Method, BodyForm RequestForm, string RequestBody, int Status, BodyForm ResponseForm, string ResponseBody, int Variant)
{
    public bool BodilessResponse => Method == "HEAD" || Status is 204 or 304;

    public int Interim => Variant % 5 == 0 ? 1 + (Variant % 2) : 0;

    // What the early part of the bytes holds when the answer comes before the request's end.
    public bool Early => Variant % 7 == 0 && RequestForm != BodyForm.None;

    public string Request(int index) =>
        $"{Method} /e/{index}?v={Variant} HTTP/1.1\r\nHost: model:8080\r\n" + Noise(Variant) + Body(RequestForm, RequestBody, Variant);

    public string Response() =>
        string.Concat(Enumerable.Repeat("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", Interim))
        + $"HTTP/1.1 {Status} {(Variant % 2 == 0 ? "Some Reason" : "")}\r\n" + Noise(Variant / 3)
        + (BodilessResponse ? Variant % 2 == 0 ? "Content-Length: 17\r\n\r\n" : "\r\n"
            : Body(ResponseForm == BodyForm.None ? BodyForm.Length : ResponseForm, ResponseForm == BodyForm.None ? "" : ResponseBody, Variant / 2));

    public string Expected(int index) =>
        $"{Method} /e/{index}?v={Variant} [{(RequestForm == BodyForm.None ? "" : RequestBody)}] True -> {Interim} {Status} "
        + $"[{(BodilessResponse || ResponseForm == BodyForm.None ? "" : ResponseBody)}] Complete";

    public static string Told(Recorder.Seen seen) =>
        $"{seen.Method} {seen.Target} [{seen.RequestBody}] {seen.RequestEnded} -> {seen.Interim} {seen.Status} [{seen.ResponseBody}] {seen.End}";

    private static string Noise(int variant) => (variant % 4) switch
    {
        0 => "",
        1 => "Accept: */*\r\nX-Long: " + new string('z', variant % 300) + "\r\n",
        2 => "content-type:application/json\r\nX-Tensor-Length: 12\r\nX-Colon: a:b, c\r\n",
        _ => "Connection: keep-alive\r\nX-Empty:\r\n",
    };

    private static string Body(BodyForm form, string body, int variant)
    {
        if (form == BodyForm.None)
            return "\r\n";
        if (form == BodyForm.Length)
            return $"Content-Length: {body.Length}\r\n\r\n{body}";
        var text = new StringBuilder("Transfer-Encoding: chunked\r\n\r\n");
        var size = 1 + (variant % 19);
        for (var at = 0; at < body.Length; at += size)
        {
            var chunk = body.Substring(at, Math.Min(size, body.Length - at));
            text.Append(variant % 2 == 0 ? $"{chunk.Length:x}" : $"0{chunk.Length:X};ext=\"q\"").Append("\r\n").Append(chunk).Append("\r\n");
        }

        return text.Append(variant % 3 == 0 ? "0\r\nX-Trailer: 1\r\nY: 2\r\n\r\n" : "0\r\n\r\n").ToString();
    }
}

/// <summary>A valid conversation as the bytes of both sides in turn.</summary>
internal sealed record Conversation(Exchange[] Exchanges, (char Side, byte[] Bytes)[] Steps)
{
    // Bodies that look like framing are the interesting ones.
    private static readonly Gen<string> GenBody = Gen.OneOf(
        Gen.String[Gen.Char['\0', '\xff'], 0, 40],
        OneOf("\r\n\r\n", "0\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "{\"inputs\":[]}", "\n", "5\r\nhello\r\n"),
        Gen.Int[1, 900].Select(length => new string('b', length)));

    private static readonly Gen<BodyForm> GenForm = OneOf(BodyForm.None, BodyForm.Length, BodyForm.Chunked);

    private static readonly Gen<Exchange> GenExchange = Gen.Select(
        OneOf("GET", "HEAD", "POST", "PUT", "OPTIONS"), GenForm, GenBody,
        OneOf(200, 200, 200, 201, 204, 304, 400, 404, 500), GenForm, GenBody, Gen.Int[0, 10_000],
        (method, requestForm, requestBody, status, responseForm, responseBody, variant) =>
            new Exchange(method, requestForm, requestBody, status, responseForm, responseBody, variant));

    public static Gen<Conversation> Gen1To20 { get; } = Gen.Select(GenExchange.Array[1, 20], Gen.Int[1, Http1Observer.MaxPipelined], Create);

    /// <summary>One of those, of at most eight exchanges, by a random source of .NET.</summary>
    public static Conversation Random(Random random)
    {
        var exchanges = new Exchange[random.Next(1, 9)];
        foreach (ref var exchange in exchanges.AsSpan())
        {
            exchange = new Exchange(
                Of("GET", "HEAD", "POST", "PUT", "OPTIONS"), (BodyForm)random.Next(3), Body(), Of(200, 200, 200, 201, 204, 304, 400, 404, 500),
                (BodyForm)random.Next(3), Body(), random.Next(10_000));
        }

        return Create(exchanges, random.Next(1, exchanges.Length + 1));

        T Of<T>(params T[] values) => values[random.Next(values.Length)];
        string Body() => random.Next(3) switch
        {
            0 => string.Concat(Enumerable.Range(0, random.Next(40)).Select(_ => (char)random.Next(256))),
            1 => Of("\r\n\r\n", "0\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "{\"inputs\":[]}", "\n", "5\r\nhello\r\n"),
            _ => new string('b', random.Next(1, 300)),
        };
    }

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    /// <summary>Up to <paramref name="depth"/> requests at a time, then their responses; the last one may be answered before it ends.</summary>
    public static Conversation Create(Exchange[] exchanges, int depth)
    {
        var steps = new List<(char, byte[])>();
        for (var start = 0; start < exchanges.Length; start += depth)
        {
            var group = exchanges[start..Math.Min(start + depth, exchanges.Length)];
            var requests = string.Concat(group.Select((exchange, i) => exchange.Request(start + i)));
            var responses = string.Concat(group.Select(exchange => exchange.Response()));
            var late = 0;
            if (group[^1].Early)
            {
                var last = group[^1].Request(start + group.Length - 1);
                late = (last.Length - last.IndexOf("\r\n\r\n", StringComparison.Ordinal) - 4) / 2;
            }

            steps.Add(('c', Encoding.Latin1.GetBytes(requests[..^late])));
            steps.Add(('s', Encoding.Latin1.GetBytes(responses)));
            if (late > 0)
                steps.Add(('c', Encoding.Latin1.GetBytes(requests[^late..])));
        }

        return new Conversation(exchanges, [.. steps]);
    }

    /// <summary>Shows it to the observer, each step cut at random places.</summary>
    public static void Play(Http1Observer observer, IReadOnlyList<(char Side, byte[] Bytes)> steps, Random? cuts)
    {
        foreach (var (side, bytes) in steps)
        {
            var rest = bytes.AsSpan();
            while (!rest.IsEmpty)
            {
                var length = cuts is null ? rest.Length : Math.Min(rest.Length, cuts.Next(3) == 0 ? cuts.Next(1, 8) : cuts.Next(1, 400));
                if (side == 'c')
                    observer.OnClientBytes(rest[..length]);
                else
                    observer.OnServerBytes(rest[..length]);
                rest = rest[length..];
            }
        }
    }
}
