using System.Text;
using System.Text.Json;
using Sidecar.Emit;
using Sidecar.Model;
using static Sidecar.Tests.OpenAi.Traffic;

namespace Sidecar.Tests.OpenAi;

/// <summary>The event of a generation: its facts, and not a character of what was asked or answered.</summary>
public sealed class GenerationEventTests : IAsyncDisposable
{
    private readonly Traffic _traffic = new();

    public ValueTask DisposeAsync() => _traffic.DisposeAsync();

    [Fact]
    public void Event_of_a_stream_has_its_facts()
    {
        var generation = Of(_traffic.Stream(Role, Piece("answer-4711"), Piece("b"), Stop, Usage, Done));
        Assert.Equal(
            """{"operation":"chat","streamed":true,"chunks":5,"contentChunks":2,"ended":true,"finishReason":"stop","choices":1,"characters":12,"inputTokens":9,"outputTokens":4,"timeToFirstTokenSeconds":0.11,"timePerOutputTokenSeconds":0.013333333333333334,"outputTokenSource":"usage"}""",
            generation);
    }

    [Fact]
    public void Event_of_a_cut_stream_leaves_out_what_is_not_known()
    {
        _traffic.Request();
        _traffic.BeginStream();
        _traffic.Send(100, Event(Piece("answer-4711")));
        Assert.Equal(
            """{"operation":"chat","streamed":true,"chunks":1,"contentChunks":1,"ended":false,"finishReason":"cut","choices":1,"characters":11,"timeToFirstTokenSeconds":0.1}""",
            Of(_traffic.Leave(byClient: true)));
    }

    [Fact]
    public void Event_of_embeddings_has_their_tokens()
    {
        _traffic.Request("""{"model":"asked","input":"secret-4711"}""", "/v1/embeddings");
        Assert.Equal(
            """{"operation":"embeddings","streamed":false,"inputTokens":3}""",
            Of(_traffic.Answer("""{"model":"served","data":[{"embedding":[1]}],"usage":{"prompt_tokens":3,"total_tokens":3}}""")));
    }

    [Fact]
    public void Event_of_an_error_quotes_none_of_it()
    {
        _traffic.Request();
        Assert.Null(Of(_traffic.Answer("""{"error":{"message":"what is secret-4711?","type":"invalid_request_error"}}""", 400)));
    }

    private string? Of(Exchange exchange)
    {
        _traffic.Analyse(exchange);
        var payload = Encoding.UTF8.GetString(ExchangeEvents.OfExchange(exchange, _traffic.Record, "main", 1, _traffic.Time, ValueCapture.Nothing).Payload.Span);
        Assert.DoesNotContain("4711", payload, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(payload);
        return json.RootElement.TryGetProperty("generation", out var generation) ? generation.GetRawText() : null;
    }
}
