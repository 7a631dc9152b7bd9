using System.Net;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Sidecar.FunctionalTests.Harness;

namespace Sidecar.FunctionalTests.OpenAi;

/// <summary>Streams of a generative model through the running sidecar, timed on a clock that the test moves.</summary>
public sealed class StreamingTests
{
    private static readonly (string, string)[] Labels =
        [("model", "served"), ("model_version", "_unknown"), ("gen_ai_operation_name", "chat"), ("gen_ai_provider_name", "openai")];

    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Time_to_first_token_and_for_each_token_are_exact(int version)
    {
        await using var server = await GenerativeServer.StartAsync();
        await using var sidecar = await StartAsync(version == 1 ? server.Port : server.Http2Port);
        using var client = Client(sidecar, version);
        using var stream = await AskAsync(client, server, version);

        await SendAsync(server, stream, 1000, ": still thinking\n\n");
        await SendAsync(server, stream, 1000, ": still thinking\n\n");
        await SendAsync(server, stream, 250, Chunk("""{"role":"assistant","content":""}"""));
        await SendAsync(server, stream, 500, Chunk("""{"content":"Gut"}""")); // 2.75 s
        await SendAsync(server, stream, 30, Chunk("""{"content":"en "}"""));
        await SendAsync(server, stream, 30, Chunk("""{"content":"Tag"}"""));
        await SendAsync(server, stream, 60, Chunk("{}", "\"stop\"") + "data: {\"model\":\"served\",\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4,\"total_tokens\":13}}\n\ndata: [DONE]\n\n");
        await EndAsync(server, stream);

        await sidecar.SettledAsync();
        var series = await Series.BalancedAsync(sidecar);
        Assert.Equal((1, 2.75), Histogram(series, "gen_ai_server_time_to_first_token_seconds"));
        Assert.Equal((1, 0.12 / 3), Histogram(series, "gen_ai_server_time_per_output_token_seconds", ("source", "usage")));
        Assert.Equal((1, 9), Histogram(series, "gen_ai_client_token_usage", ("gen_ai_token_type", "input")));
        Assert.Equal((1, 4), Histogram(series, "gen_ai_client_token_usage", ("gen_ai_token_type", "output")));
        Assert.Equal(1, series.Sum("sidecar_generations_total", ("model", "served"), ("finish_reason", "stop")));
        Assert.Equal(1, series.Sum("sidecar_inference_duration_seconds_count", ("model", "served"), ("protocol", "openai_http")));
        Assert.Equal((1, 0), (sidecar.Exchanges.Decoded, sidecar.Exchanges.Undecodable));
    }

    [Fact]
    public async Task Client_that_closes_at_the_mark_has_aborted_nothing()
    {
        await using var server = await GenerativeServer.StartAsync();
        await using var sidecar = await StartAsync(server.Port);
        using (var client = Client(sidecar, 1))
        {
            var stream = await AskAsync(client, server, 1);
            await SendAsync(server, stream, 100, Chunk("""{"content":"a"}"""));
            await SendAsync(server, stream, 20, Chunk("""{"content":"b"}""", "\"length\"") + "data: [DONE]\n\n");
            stream.Dispose(); // the body's last chunk has not come
        }

        await sidecar.SettledAsync();
        var series = await Series.BalancedAsync(sidecar);
        Assert.Equal((1, 0.1), Histogram(series, "gen_ai_server_time_to_first_token_seconds"));
        Assert.Equal((1, 0.02), Histogram(series, "gen_ai_server_time_per_output_token_seconds", ("source", "chunks")));
        Assert.Empty(series.Of("gen_ai_client_token_usage_count"));
        Assert.Empty(series.Of("sidecar_inference_duration_seconds_count", ("error_type", "client_aborted")));
        Assert.Equal(1, series.Sum("sidecar_generations_total", ("finish_reason", "length")));
    }

    [Fact]
    public async Task Client_that_gives_up_in_the_middle_is_one_and_its_first_token_counts()
    {
        await using var server = await GenerativeServer.StartAsync();
        await using var sidecar = await StartAsync(server.Port);
        using (var client = Client(sidecar, 1))
        {
            var stream = await AskAsync(client, server, 1);
            await SendAsync(server, stream, 100, Chunk("""{"content":"a"}"""));
            await SendAsync(server, stream, 20, Chunk("""{"content":"b"}"""));
            stream.Dispose();
        }

        await sidecar.SettledAsync();
        var series = await Series.BalancedAsync(sidecar);
        Assert.Equal((1, 0.1), Histogram(series, "gen_ai_server_time_to_first_token_seconds"));
        Assert.Empty(series.Of("gen_ai_server_time_per_output_token_seconds_count"));
        Assert.Equal(1, series.Sum("sidecar_inference_duration_seconds_count", ("error_type", "client_aborted")));
        Assert.Equal(1, series.Sum("sidecar_generations_total", ("finish_reason", "cut")));
    }

    [Fact]
    public async Task Error_in_the_middle_of_a_stream_is_seen_though_its_status_is_200()
    {
        await using var server = await GenerativeServer.StartAsync();
        await using var sidecar = await StartAsync(server.Port);
        using var client = Client(sidecar, 1);
        using var stream = await AskAsync(client, server, 1);
        await SendAsync(server, stream, 100, Chunk("""{"content":"a"}"""));
        await SendAsync(server, stream, 20, "data: {\"error\":{\"message\":\"out of memory\",\"type\":\"server_error\"}}\n\n");
        await EndAsync(server, stream);

        await sidecar.SettledAsync();
        var series = await Series.BalancedAsync(sidecar);
        Assert.Equal(1, series.Sum("sidecar_generations_total", ("finish_reason", "error")));
        Assert.Empty(series.Of("gen_ai_server_time_to_first_token_seconds_count"));
    }

    [Fact]
    public async Task Ten_thousand_chunks_are_relayed_as_they_are_and_counted()
    {
        await using var server = await GenerativeServer.StartAsync();
        await using var sidecar = await StartAsync(server.Port);
        using var client = Client(sidecar, 1);
        using var stream = await AskAsync(client, server, 1);
        var chunk = Chunk("""{"content":"word "}""");
        for (var i = 0; i < 10_000; i++)
            server.Pieces.Writer.TryWrite(chunk);
        server.Pieces.Writer.TryWrite(Chunk("{}", "\"length\"") + "data: [DONE]\n\n");
        server.Pieces.Writer.Complete();
        using var reader = new StreamReader(stream);
        var body = await reader.ReadToEndAsync();
        Assert.Equal((10_000 * chunk.Length) + Chunk("{}", "\"length\"").Length + 14, body.Length);

        await sidecar.SettledAsync();
        var series = await Series.BalancedAsync(sidecar);
        Assert.Equal((1, 0), (sidecar.Exchanges.Decoded, sidecar.Exchanges.Undecodable));
        Assert.Equal(1, series.Sum("sidecar_generations_total", ("finish_reason", "length")));
        Assert.Equal(0, series.Sum("sidecar_capture_buffer_usage_bytes"));
    }

    private async Task<RelayUnderTest> StartAsync(int port) => await RelayUnderTest.StartAsync(
        port, RelayUnderTest.WithoutMetadata, new SidecarHooks { Variable = _ => null, Time = _time });

    private static HttpClient Client(RelayUnderTest sidecar, int version) => new(DotnetHttpClient.HandlerTo(sidecar.Traffic))
    {
        BaseAddress = new Uri("http://model/"),
        Timeout = RelayUnderTest.Patience,
        DefaultRequestVersion = new Version(version, version == 1 ? 1 : 0),
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    /// <summary>Asks for a stream; the server has the whole request, and has begun to answer.</summary>
    private static async Task<Stream> AskAsync(HttpClient client, GenerativeServer server, int version)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/chat/completions")
        {
            Version = new Version(version, version == 1 ? 1 : 0),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new StringContent("""{"model":"scripted","stream":true,"messages":[{"role":"user","content":"hallo"}]}""", Encoding.UTF8, "application/json"),
        };
        var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.True(await server.Asked.WaitAsync(RelayUnderTest.Patience));
        return await response.Content.ReadAsStreamAsync();
    }

    /// <summary>Moves the clock, and lets the server send a piece: what its client has got, the sidecar has seen at that time.</summary>
    private async Task SendAsync(GenerativeServer server, Stream stream, int after, string piece)
    {
        _time.Advance(TimeSpan.FromMilliseconds(after));
        server.Pieces.Writer.TryWrite(piece);
        using var patience = new CancellationTokenSource(RelayUnderTest.Patience);
        var bytes = new byte[Encoding.UTF8.GetByteCount(piece)];
        await stream.ReadExactlyAsync(bytes, patience.Token);
        Assert.Equal(piece, Encoding.UTF8.GetString(bytes));
    }

    private static async Task EndAsync(GenerativeServer server, Stream stream)
    {
        server.Pieces.Writer.Complete();
        using var patience = new CancellationTokenSource(RelayUnderTest.Patience);
        Assert.Equal(0, await stream.ReadAsync(new byte[1], patience.Token));
    }

    private static string Chunk(string delta, string reason = "null") =>
        $$"""data: {"id":"c1","object":"chat.completion.chunk","model":"served","choices":[{"index":0,"delta":{{delta}},"finish_reason":{{reason}}}]}""" + "\n\n";

    private static (double Count, double Sum) Histogram(Series series, string name, params (string, string)[] more)
    {
        (string, string)[] labels = [.. Labels, .. more];
        return (series.Sum(name + "_count", labels), series.Sum(name + "_sum", labels));
    }
}
