using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Sidecar.FunctionalTests.Harness;

/// <summary>
/// An OpenAI-compatible server on Kestrel that generates numbers as words. A stream is what the test writes into <see cref="Pieces"/>, piece by piece; where a request
/// names the model <c>counter</c>, it goes by itself.
/// </summary>
internal sealed class GenerativeServer : IAsyncDisposable
{
    private readonly WebApplication _application;

    private GenerativeServer()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
        });
        _application = builder.Build();
        _application.Run(AnswerAsync);
    }

    /// <summary>Of HTTP/1.1.</summary>
    public int Port { get; private set; }

    /// <summary>Of HTTP/2 with prior knowledge.</summary>
    public int Http2Port { get; private set; }

    /// <summary>What the body of the stream under way is made of; completing it ends the body.</summary>
    public Channel<string> Pieces { get; } = Channel.CreateUnbounded<string>();

    /// <summary>Released for each request that has been read to its end.</summary>
    public SemaphoreSlim Asked { get; } = new(0);

    public static async Task<GenerativeServer> StartAsync()
    {
        var server = new GenerativeServer();
        await server._application.StartAsync();
        var ports = server._application.Urls.Select(url => new Uri(url).Port).ToArray();
        (server.Port, server.Http2Port) = (ports[0], ports[1]);
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        Pieces.Writer.TryComplete();
        await _application.DisposeAsync();
        Asked.Dispose();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        using var request = await JsonDocument.ParseAsync(context.Request.Body);
        var asked = request.RootElement;
        Asked.Release();
        context.Response.ContentType = "application/json";
        var model = asked.GetProperty("model").GetString();
        if (model is not ("counter" or "scripted"))
            await FailAsync(context, model!);
        else if (context.Request.Path.Value == "/v1/embeddings")
            await EmbedAsync(context, asked);
        else if (!asked.TryGetProperty("stream", out var stream) || !stream.GetBoolean())
            await context.Response.WriteAsync($$$"""{"id":"chatcmpl-7","object":"chat.completion","created":1,"model":"{{{model}}}-2026","choices":[{"index":0,"message":{"role":"assistant","content":"1 2 3 "},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":3,"total_tokens":8}}""");
        else
            await StreamAsync(context, model == "counter" ? Count(asked, context.RequestAborted) : Pieces.Reader.ReadAllAsync(context.RequestAborted));
    }

    private static async Task StreamAsync(HttpContext context, IAsyncEnumerable<string> pieces)
    {
        context.Response.ContentType = "text/event-stream; charset=utf-8";
        try
        {
            await context.Response.Body.FlushAsync();
            await foreach (var piece in pieces)
            {
                await context.Response.WriteAsync(piece);
                await context.Response.Body.FlushAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // The client has left.
        }
    }

    /// <summary>As many numbers as <c>max_tokens</c> says, and the usage if it is asked for.</summary>
    private static async IAsyncEnumerable<string> Count(JsonElement asked, [EnumeratorCancellation] CancellationToken left)
    {
        var tokens = asked.GetProperty("max_tokens").GetInt32();
        yield return Event("""[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]""");
        for (var i = 0; i < tokens; i++)
        {
            await Task.Delay(2, left); // its pace
            yield return Event(string.Create(CultureInfo.InvariantCulture, $$"""[{"index":0,"delta":{"content":"{{i}} "},"finish_reason":null}]"""));
        }

        yield return Event("""[{"index":0,"delta":{},"finish_reason":"length"}]""");
        if (asked.TryGetProperty("stream_options", out var options) && options.GetProperty("include_usage").GetBoolean())
            yield return Event("[]", string.Create(CultureInfo.InvariantCulture, $$""","usage":{"prompt_tokens":5,"completion_tokens":{{tokens}},"total_tokens":{{tokens + 5}}}"""));
        yield return "data: [DONE]\n\n";
    }

    private static string Event(string choices, string more = "") =>
        $$"""data: {"id":"chatcmpl-7","object":"chat.completion.chunk","created":1,"model":"counter-2026","choices":{{choices}}{{more}}}""" + "\n\n";

    /// <summary>Two vectors, as the client wants them.</summary>
    private static Task EmbedAsync(HttpContext context, JsonElement asked)
    {
        var isBase64 = asked.TryGetProperty("encoding_format", out var format) && format.GetString() == "base64";
        string[] vectors = isBase64 ? ["\"AACAPwAAAMA=\"", "\"AAAAQAAAAAA=\""] : ["[1,-2]", "[2,0]"];
        return context.Response.WriteAsync($$$"""{"object":"list","data":[{"object":"embedding","index":0,"embedding":{{{vectors[0]}}}},{"object":"embedding","index":1,"embedding":{{{vectors[1]}}}}],"model":"counter-2026","usage":{"prompt_tokens":4,"total_tokens":4}}""");
    }

    private static Task FailAsync(HttpContext context, string model)
    {
        context.Response.StatusCode = 404;
        return context.Response.WriteAsync($$$"""{"error":{"message":"The model {{{model}}} does not exist","type":"invalid_request_error","param":"model","code":"model_not_found"}}""");
    }
}
