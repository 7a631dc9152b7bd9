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

    public string Expected(int index) => ResetBy == '-'
        ? $"/call/{index} {string.Concat(Request)} {Status} {string.Concat(Response)} {GrpcStatus} Complete"
        : $"/call/{index} {string.Concat(Request)} {Status} {string.Concat(Response)} -1 {(ResetBy == 'c' ? "ClientReset" : "UpstreamReset")}";

    public static string Told(Recorder.Seen seen) =>
        $"{seen.Target} {seen.RequestBody} {seen.Status} {seen.ResponseBody} {seen.GrpcStatus} {seen.End}";
}

/// <summary>A random valid HTTP/2 connection with interleaved streams, in every representation that frames and fields may have.</summary>
internal sealed record Http2Conversation(Http2Call[] Calls, (char Side, byte[] Bytes)[] Steps)
{
    public static Gen<Http2Conversation> Any { get; } = Gen.Select(Http2Call.Any.Array[1, 12], Gen.Int, Create);

    private static Http2Conversation Create(Http2Call[] calls, int seed)
    {
        var random = new Random(seed);
        var (client, server) = (new H2(random), new H2(random));
        var steps = new List<(char, byte[])> { ('c', [.. Encoding.ASCII.GetBytes(H2.Preface), .. H2.Settings()]), ('s', H2.Settings()) };
        var frames = calls.Select((call, i) => Frames(call, i, client, server, random).GetEnumerator()).ToList();
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
                continue;
            }

            frames.RemoveAt(which);
            opened--;
        }

        return new Http2Conversation(calls, [.. steps]);
    }

    private static IEnumerable<(char, byte[])> Frames(Http2Call call, int index, H2 client, H2 server, Random random)
    {
        var stream = (2 * index) + 1;
        var more = random.Next(2) == 0 ? "content-type: application/grpc\nx-request-id: " + random.Next(5) : "x: " + new string('y', random.Next(60));
        var endsWithHead = call.Request.Length == 0 && random.Next(2) == 0;
        yield return ('c', client.Headers(stream, endsWithHead, $":method: POST\n:scheme: http\n:path: /call/{index}\n:authority: h\n{more}", Piece(), Padding(), random.Next(4) == 0));
        for (var i = 0; i < call.Request.Length; i++)
            yield return ('c', H2.Data(stream, call.Request[i], end: false, Padding()));
        if (random.Next(5) == 0)
            yield return ('s', server.Headers(stream, false, ":status: 100"));
        if (!endsWithHead)
            yield return ('c', random.Next(3) == 0 ? client.Headers(stream, true, "x-trailer: 1", Piece()) : H2.Data(stream, "", end: true, Padding()));
        if (random.Next(5) == 0)
            yield return ('c', H2.Frame(random.Next(10, 256), random.Next(256), random.Next(100), new byte[random.Next(30)]));
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
}
