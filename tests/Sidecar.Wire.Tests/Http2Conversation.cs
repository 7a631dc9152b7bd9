using System.Text;
using CsCheck;

namespace Sidecar.Wire.Tests;

/// <summary>One call on a stream: its request in pieces, its answer in pieces, and how it ends.</summary>
/// <param name="ResetBy">'c' or 's' ends it by a reset before the answer's end; '-' lets it become whole.</param>
internal sealed record Http2Call(string[] Request, string[] Response, int Status, int GrpcStatus, char ResetBy)
{
    public static Gen<Http2Call> Any { get; } = Gen.Select(
        Gen.String[Gen.Char['a', 'z'], 0, 40].Array[0, 3], Gen.String[Gen.Char['a', 'z'], 0, 40].Array[0, 3], Gen.Int[200, 599], Gen.Int[-1, 16],
        Gen.Int[0, 4].Select(i => "---cs"[i]), (request, response, status, grpc, reset) => new Http2Call(request, response, status, grpc, reset));

    public static Http2Call Random(Random random)
    {
        return new Http2Call(Pieces(), Pieces(), random.Next(200, 600), random.Next(-1, 17), "---cs"[random.Next(5)]);

        string[] Pieces() => [.. Enumerable.Range(0, random.Next(4)).Select(_ => Text())];
        string Text() => string.Concat(Enumerable.Range(0, random.Next(41)).Select(_ => (char)random.Next('a', 'z' + 1)));
    }

    public string Expected(int index) => ResetBy == '-'
        ? $"/call/{index} {string.Concat(Request)} {Status} {string.Concat(Response)} {GrpcStatus} Complete"
        : $"/call/{index} {string.Concat(Request)} {Status} {string.Concat(Response)} -1 {(ResetBy == 'c' ? "ClientReset" : "UpstreamReset")}";

    public static string Told(Recorder.Seen seen) =>
        $"{seen.Target} {seen.RequestBody} {seen.Status} {seen.ResponseBody} {seen.GrpcStatus} {seen.End}";
}

/// <summary>A random valid HTTP/2 connection with interleaved streams, in every representation that frames and fields may have.</summary>
internal sealed record Http2Conversation(Http2Call[] Calls, (char Side, byte[] Bytes)[] Steps)
{
    public static Gen<Http2Conversation> Any { get; } = Gen.Select(Http2Call.Any.Array[1, 12], Gen.Int, (calls, seed) => Create(calls, new Random(seed), upgraded: false));

    /// <param name="upgraded">It begins in HTTP/1.1, whose request is the first call (RFC 7540 §3.2).</param>
    public static Http2Conversation Random(Random random, bool upgraded) =>
        Create([.. Enumerable.Range(0, random.Next(1, 8)).Select(_ => Http2Call.Random(random))], random, upgraded);

    /// <summary>Shows it to the observer, each step cut at random places.</summary>
    public static void Play(ConnectionObserver observer, IReadOnlyList<(char Side, byte[] Bytes)> steps, Random? cuts)
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

    private static Http2Conversation Create(Http2Call[] calls, Random random, bool upgraded)
    {
        var (client, server) = (new H2(random), new H2(random));
        var clientFirst = ('c', (byte[])[.. Encoding.ASCII.GetBytes(H2.Preface), .. H2.Settings()]);
        var serverFirst = ('s', H2.Settings());
        // Either may speak first (RFC 9113 §3.4), unless the server waits for an upgrade.
        List<(char, byte[])> steps = upgraded ? [.. Upgrade(calls[0]), serverFirst, clientFirst]
            : random.Next(3) == 0 ? [serverFirst, clientFirst] : [clientFirst, serverFirst];
        var frames = calls.Select((call, i) => Frames(call, i, client, server, random, upgraded && i == 0).GetEnumerator()).ToList();
        var opened = 0;
        while (frames.Count > 0)
        {
            // Streams open in the order of their numbers; then any of those that are open goes on.
            var which = random.Next(Math.Min(frames.Count, opened + 1));
            if (which == opened)
                opened++;
            if (frames[which].MoveNext())
            {
                steps.Add(frames[which].Current);
                if (random.Next(6) == 0)
                    steps.Add(Aside((2 * random.Next(calls.Length)) + 1, server, random));
                continue;
            }

            frames.RemoveAt(which);
            opened--;
        }

        return new Http2Conversation(calls, [.. steps]);
    }

    private static IEnumerable<(char, byte[])> Upgrade(Http2Call call)
    {
        var body = string.Concat(call.Request);
        yield return ('c', Encoding.ASCII.GetBytes(
            $"POST /call/0 HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQ\r\nContent-Length: {body.Length}\r\n\r\n{body}"));
        yield return ('s', "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"u8.ToArray());
    }

    private static IEnumerable<(char, byte[])> Frames(Http2Call call, int index, H2 client, H2 server, Random random, bool upgraded)
    {
        var stream = (2 * index) + 1;
        var more = random.Next(2) == 0 ? "content-type: application/grpc\nx-request-id: " + random.Next(5) : "x: " + new string('y', random.Next(60));
        var endsWithHead = call.Request.Length == 0 && random.Next(2) == 0;
        if (!upgraded)
        {
            yield return ('c', client.Headers(stream, endsWithHead, $":method: POST\n:scheme: http\n:path: /call/{index}\n:authority: h\n{more}", Piece(), Padding(), random.Next(4) == 0));
            for (var i = 0; i < call.Request.Length; i++)
                yield return ('c', H2.Data(stream, call.Request[i], end: false, Padding()));
        }

        if (random.Next(5) == 0)
            yield return ('s', server.Headers(stream, false, ":status: 100"));
        if (!upgraded && !endsWithHead)
            yield return ('c', random.Next(3) == 0 ? client.Headers(stream, true, "x-trailer: 1", Piece()) : H2.Data(stream, "", end: true, Padding()));
        yield return ('s', server.Headers(stream, false, $":status: {call.Status}\ncontent-type: application/grpc", Piece(), Padding()));
        foreach (var piece in call.Response)
            yield return ('s', H2.Data(stream, piece, end: false, Padding()));
        if (call.ResetBy != '-')
            yield return (call.ResetBy, H2.Reset(stream, 8));
        else if (call.GrpcStatus >= 0)
            yield return ('s', server.Headers(stream, true, $"grpc-status: {call.GrpcStatus}\ngrpc-message: m", Piece()));
        else
            yield return ('s', H2.Data(stream, "", end: true, Padding()));

        int Piece() => random.Next(3) == 0 ? random.Next(1, 20) : int.MaxValue;
        int Padding() => random.Next(4) == 0 ? random.Next(0, 20) : -1;
    }

    /// <summary>A frame that changes no exchange: of the connection, of flow control, of priority, unknown, or a promise, whose fields bring the table forward.</summary>
    private static (char, byte[]) Aside(int stream, H2 server, Random random)
    {
        var side = random.Next(2) == 0 ? 'c' : 's';
        return random.Next(8) switch
        {
            0 => (side, H2.Settings()),
            1 => (side, H2.Frame(4, 1, 0, [])),
            2 => (side, H2.Frame(6, random.Next(2), 0, new byte[8])),
            3 => (side, H2.Frame(8, 0, random.Next(2) * stream, [0, 0, 1, 0])),
            4 => ('c', H2.Frame(2, 0, stream, [0, 0, 0, 0, 16])),
            5 => ('s', server.Promise(stream, 2, ":method: GET\n:scheme: http\n:path: /pushed\nx-pushed: " + random.Next(3))),
            6 => ('s', H2.Frame(7, 0, 0, [0x7F, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 1, 2, 3])), // "I shall close", with no stream refused
            _ => (side, H2.Frame(random.Next(10, 256), random.Next(256), random.Next(100), new byte[random.Next(30)])),
        };
    }
}
