using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Sidecar.FunctionalTests.Harness;

namespace Sidecar.FunctionalTests.Matrix;

/// <summary>The command-line tool curl: one process makes all requests, or one each, and writes down heads and bodies.</summary>
/// <param name="Version">The option that says which HTTP it speaks.</param>
internal sealed record CurlMatrixClient(string Version, bool Http2) : MatrixClient(Http2)
{
    public override bool Multiplexes => false;

    public override async Task<SeenExchanges> RunAsync(IPEndPoint server, MatrixScript script)
    {
        Tool.Require("curl");
        using var folder = new TemporaryFolder();
        var arguments = script.InTurn.Select((request, i) => Arguments(server, request, folder, i)).ToList();
        // Versions as late as 7.88 can't use a connection twice that began in HTTP/2.
        foreach (var together in Http2 ? arguments.Select(one => one) : [[.. arguments.SelectMany(one => (string[])["--next", .. one]).Skip(1)]])
            await Tool.RunAsync("curl", together);
        return new SeenExchanges(script.InTurn.Select((request, i) => Seen(request, folder, i)));
    }

    private List<string> Arguments(IPEndPoint server, HttpCase request, TemporaryFolder folder, int i)
    {
        List<string> arguments =
        [
            "--silent", "--show-error", "--noproxy", "*", "--max-time", "60", "--globoff", "--path-as-is", Version,
            "--resolve", string.Create(CultureInfo.InvariantCulture, $"{HttpCase.Host}:{server.Port}:{server.Address}"),
            "--dump-header", Path.Combine(folder.Path, $"{i}.head"), "--output", Path.Combine(folder.Path, $"{i}.body"),
            "--header", "Host: " + HttpCase.Host, "--header", "X-Request-Id: " + request.Name,
            .. request.Method == "HEAD" ? (string[])["--head"] : ["--request", request.Method],
        ];
        if (request.Close)
            arguments.AddRange(["--header", "Connection: close"]);
        if (request.Framing != BodyFraming.None)
            arguments.AddRange(["--data-binary", "@" + folder.File($"{i}.sent", request.Body), "--header", "Content-Type: application/octet-stream"]);
        if (request.Framing == BodyFraming.Chunked)
            arguments.AddRange(["--header", "Transfer-Encoding: chunked"]);
        arguments.AddRange(["--header", request.Expect ? "Expect: 100-continue" : "Expect:", "--expect100-timeout", "60"]);
        foreach (var (name, value) in request.Headers)
            arguments.AddRange(["--header", value.Length > 0 ? $"{name}: {value}" : $"{name};"]);
        arguments.Add(string.Create(CultureInfo.InvariantCulture, $"http://{HttpCase.Host}:{server.Port}{request.Path}"));
        return arguments;
    }

    private static SeenExchange Seen(HttpCase request, TemporaryFolder folder, int i)
    {
        var (start, fields, trailers, interim) = ("", new List<string>(), new List<string>(), 0);
        var lines = fields;
        foreach (var line in File.ReadAllText(Path.Combine(folder.Path, $"{i}.head"), Encoding.Latin1).Split("\r\n"))
        {
            if (line.StartsWith("HTTP/", StringComparison.Ordinal))
            {
                // Further heads come after interim ones, a switch of protocols among them.
                interim += start is ['1', ..] and not "101" ? 1 : 0;
                start = line.Split(' ')[1];
                lines = fields = [];
            }
            else if (line.Length == 0)
            {
                lines = trailers;
            }
            else
            {
                var colon = line.IndexOf(':', StringComparison.Ordinal);
                lines.Add($"{line[..colon].ToLowerInvariant()}: {line[(colon + 1)..].Trim()}");
            }
        }

        // For HEAD it writes the head to the output too.
        var output = Path.Combine(folder.Path, $"{i}.body");
        var body = request.Method == "HEAD" || !File.Exists(output) ? [] : File.ReadAllBytes(output);
        var sent = request.Framing == BodyFraming.None ? [] : request.Body;
        return new SeenExchange(
            request.Name,
            new SeenMessage { Length = sent.Length, Hash = Convert.ToHexString(SHA256.HashData(sent)) },
            new SeenMessage
            {
                Start = start, Fields = fields, Trailers = trailers, Length = body.Length, Hash = Convert.ToHexString(SHA256.HashData(body)),
                Interim = interim,
            }).Normalised();
    }
}
