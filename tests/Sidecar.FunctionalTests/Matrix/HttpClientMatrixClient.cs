using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Sidecar.FunctionalTests.Harness;

namespace Sidecar.FunctionalTests.Matrix;

/// <summary>.NET's HttpClient.</summary>
internal sealed record HttpClientMatrixClient(bool Http2) : MatrixClient(Http2)
{
    public override async Task<SeenExchanges> RunAsync(IPEndPoint server, MatrixScript script)
    {
        using var handler = DotnetHttpClient.HandlerTo(server);
        using var client = new HttpClient(handler) { Timeout = RelayUnderTest.Patience };
        var seen = new List<SeenExchange>();
        foreach (var request in script.InTurn)
            seen.Add(await MakeAsync(client, request));
        seen.AddRange(await Task.WhenAll(script.AtOnce.Select(request => MakeAsync(client, request))));
        return new SeenExchanges(seen);
    }

    private async Task<SeenExchange> MakeAsync(HttpClient client, HttpCase request)
    {
        using var message = DotnetHttpClient.MessageOf(request);
        message.Version = Http2 ? HttpVersion.Version20 : HttpVersion.Version11;
        message.Headers.Add("x-request-id", request.Name);
        using var response = await client.SendAsync(message);
        var body = await response.Content.ReadAsByteArrayAsync();
        var sent = request.Framing == BodyFraming.None ? [] : request.Body;
        return new SeenExchange(
            request.Name,
            new SeenMessage { Length = sent.Length, Hash = Convert.ToHexString(SHA256.HashData(sent)) },
            new SeenMessage
            {
                Start = ((int)response.StatusCode).ToString(CultureInfo.InvariantCulture),
                Fields = [.. Lines(response.Headers), .. Lines(response.Content.Headers)],
                Length = body.Length, Hash = Convert.ToHexString(SHA256.HashData(body)),
                Trailers = [.. Lines(response.TrailingHeaders)],
            }).Normalised();
    }

    private static IEnumerable<string> Lines(HttpHeaders headers) =>
        headers.NonValidated.SelectMany(field => field.Value, (field, value) => $"{field.Key.ToLowerInvariant()}: {value}");
}
