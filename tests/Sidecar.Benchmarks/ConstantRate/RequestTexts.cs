using System.Text;
using Sidecar.Benchmarks.Bodies;

namespace Sidecar.Benchmarks.ConstantRate;

/// <summary>The requests of all connections, in turn, each with an id that no other has.</summary>
/// <remarks>
/// The id is written into the text that is sent, near its start. So a text may be in use by two connections: its start has left for the first
/// one when the second one gets it.
/// </remarks>
internal sealed class RequestTexts(IEnumerable<string> bodies, long firstId)
{
    private readonly (byte[] Text, int Id)[] _requests =
    [
        .. bodies.Select(body =>
        {
            var text = $"POST {BodyKind.JsonPath} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}";
            return (Encoding.ASCII.GetBytes(text), text.IndexOf(V2Json.IdPlace, StringComparison.Ordinal));
        }),
    ];

    private long _given;

    public byte[] Next()
    {
        var (text, place) = _requests[_given % _requests.Length];
        var id = firstId + _given++;
        for (var digit = V2Json.IdPlace.Length - 1; digit >= 0; digit--, id /= 10)
            text[place + digit] = (byte)('0' + (id % 10));
        return text;
    }
}
