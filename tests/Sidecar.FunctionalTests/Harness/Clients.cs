using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Sidecar.FunctionalTests.Harness;

/// <summary>A client's connections in the order it opened them: what it sent, and what it got.</summary>
internal sealed record ClientTranscript(IReadOnlyList<(string Sent, string Received)> Connections);

/// <summary>A way to speak HTTP that is not the sidecar's own.</summary>
internal abstract class HttpTestClient
{
    public static IReadOnlyList<string> Names { get; } = ["raw socket", "HttpClient", "curl"];

    public static HttpTestClient Of(string name) => name switch
    {
        "raw socket" => new RawHttpClient(),
        "HttpClient" => new DotnetHttpClient(),
        _ => new CurlClient(),
    };

    /// <summary>Makes the requests one after another, on one connection as far as their answers allow.</summary>
    public abstract Task<ClientTranscript> RunAsync(IPEndPoint server, HttpCase request);
}

/// <summary>Writes requests by hand and reads answers by their framing.</summary>
internal sealed class RawHttpClient : HttpTestClient
{
    public override async Task<ClientTranscript> RunAsync(IPEndPoint server, HttpCase request)
    {
        var connections = new List<(string, string)>();
        RawConnection? connection = null;
        for (var i = 0; i < request.Times; i++)
        {
            connection ??= await RawConnection.ConnectAsync(server);
            await connection.SendAsync(request.Head());
            if (request.Expect)
                await connection.ReceiveThroughAsync("100 Continue\r\n\r\n");
            await connection.SendBodyAsync(request);
            var (head, _) = await connection.ReceiveResponseAsync(request.Method == "HEAD");
            var closes = head.StartsWith("HTTP/1.0", StringComparison.Ordinal) || RawConnection.HeaderOf(head, "Connection") == "close";
            if (!closes && i < request.Times - 1)
                continue;
            if (closes)
                await connection.ReceiveToEndAsync();
            connections.Add((connection.Transcript.Sent, connection.Transcript.Received));
            connection.Dispose();
            connection = null;
        }

        return new ClientTranscript(connections);
    }
}

/// <summary>.NET's HttpClient.</summary>
internal sealed class DotnetHttpClient : HttpTestClient
{
    public override async Task<ClientTranscript> RunAsync(IPEndPoint server, HttpCase request)
    {
        var connections = new List<RecordedConnection>();
        using (var handler = HandlerTo(server, connections))
        using (var client = new HttpClient(handler) { Timeout = RelayUnderTest.Patience })
        {
            for (var i = 0; i < request.Times; i++)
            {
                using var message = MessageOf(request);
                using var response = await client.SendAsync(message);
                await response.Content.ReadAsByteArrayAsync();
            }
        }

        return new ClientTranscript([.. connections.Select(connection => (connection.Sent, connection.Received))]);
    }

    /// <summary>Connects to one address whatever the request's URI says, and records.</summary>
    public static SocketsHttpHandler HandlerTo(IPEndPoint server, List<RecordedConnection>? connections = null) => new()
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        UseCookies = false,
        ActivityHeadersPropagator = null, // a trace id differs in every run
        Expect100ContinueTimeout = RelayUnderTest.Patience,
        ConnectCallback = async (_, cancellation) =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(server, cancellation);
            var stream = new NetworkStream(socket, ownsSocket: true);
            if (connections is null)
                return stream;
            var recorded = new RecordedConnection(stream);
            connections.Add(recorded);
            return recorded;
        },
    };

    public static HttpRequestMessage MessageOf(HttpCase request)
    {
        var message = new HttpRequestMessage(HttpMethod.Parse(request.Method), new Uri("http://" + HttpCase.Host + request.Path))
        {
            Version = request.Http10 ? HttpVersion.Version10 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        message.Headers.ConnectionClose = request.Close ? true : null;
        if (request.Framing != BodyFraming.None)
        {
            message.Content = new ByteArrayContent(request.Body);
            message.Headers.TransferEncodingChunked = request.Framing == BodyFraming.Chunked ? true : null;
        }

        if (request.Expect)
            message.Headers.ExpectContinue = true;
        foreach (var (name, value) in request.Headers)
            message.Headers.TryAddWithoutValidation(name, value);
        return message;
    }
}

/// <summary>The command-line tool curl; shows its bytes received, undecoded.</summary>
internal sealed class CurlClient : HttpTestClient
{
    public override async Task<ClientTranscript> RunAsync(IPEndPoint server, HttpCase request)
    {
        using var body = new TemporaryFolder();
        var file = body.File("body", request.Body);
        var url = string.Create(CultureInfo.InvariantCulture, $"http://{HttpCase.Host}:{server.Port}{request.Path}");
        List<string> arguments =
        [
            "--silent", "--show-error", "--include", "--raw", "--noproxy", "*", "--max-time", "60", "--globoff",
            "--resolve", string.Create(CultureInfo.InvariantCulture, $"{HttpCase.Host}:{server.Port}:{server.Address}"),
            "--header", "Host: " + HttpCase.Host,
            request.Http10 ? "--http1.0" : "--http1.1",
        ];
        arguments.AddRange(request.Method == "HEAD" ? ["--head"] : ["--request", request.Method]);
        if (request.Close)
            arguments.AddRange(["--header", "Connection: close"]);
        if (request.Framing != BodyFraming.None)
            arguments.AddRange(["--data-binary", "@" + file, "--header", "Content-Type: application/octet-stream"]);
        if (request.Framing == BodyFraming.Chunked)
            arguments.AddRange(["--header", "Transfer-Encoding: chunked"]);
        arguments.AddRange(["--header", request.Expect ? "Expect: 100-continue" : "Expect:", "--expect100-timeout", "60"]);
        foreach (var (name, value) in request.Headers)
            arguments.AddRange(["--header", $"{name}: {value}"]);
        arguments.AddRange(Enumerable.Repeat(url, request.Times));

        var received = await Tool.RunAsync("curl", arguments);
        return new ClientTranscript([("", received)]);
    }
}
