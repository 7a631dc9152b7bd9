using System.Diagnostics.Metrics;
using System.Globalization;
using Sidecar.Accounting;
using Sidecar.Model;
using Sidecar.Telemetry;
using Sidecar.Testing;
using static Sidecar.Tests.OpenAi.Traffic;

namespace Sidecar.Tests.OpenAi;

/// <summary>What is recorded of generations, measurement by measurement.</summary>
public sealed class GenerationSliTests : IAsyncDisposable
{
    private const string Labels = "model=served model_version=_unknown gen_ai.operation.name=chat gen_ai.provider.name=openai";
    private readonly Traffic _traffic = new();
    private readonly SidecarMeter _meter = new("1.0");
    private readonly MeterListener _listener = new();
    private readonly List<string> _measured = [];
    private readonly GenerationSli _sli;

    public GenerationSliTests()
    {
        _sli = new GenerationSli(_meter.TokenUsage, _meter.TimeToFirstToken, _meter.TimePerOutputToken, _traffic.Time);
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter, _meter.Meter))
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => _measured.Add(
            string.Create(CultureInfo.InvariantCulture, $"{instrument.Name} {string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"))} {Math.Round(value, 9)}")));
        _listener.Start();
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        _meter.Dispose();
        await _traffic.DisposeAsync();
    }

    [Fact]
    public void Stream_with_usage_is_its_tokens_and_its_speed_under_the_name_that_the_server_gives()
    {
        Record(_traffic.Stream(Role, Piece("a"), Piece("b"), Stop, Usage, Done));
        Assert.Equal(
        [
            $"gen_ai.server.time_to_first_token {Labels} 0.11",
            $"gen_ai.client.token.usage {Labels} gen_ai.token.type=input 9",
            $"gen_ai.client.token.usage {Labels} gen_ai.token.type=output 4",
            $"gen_ai.server.time_per_output_token {Labels} source=usage 0.013333333",
        ], _measured);
        Assert.Equal([("chat", GenerationEnd.Stop, 1L)], Totals());
    }

    [Fact]
    public void Stream_without_usage_has_no_tokens_but_a_pace_by_its_chunks()
    {
        Record(_traffic.Stream(Role, Piece("a"), Piece("b"), Stop, Done));
        Assert.Equal([$"gen_ai.server.time_to_first_token {Labels} 0.11", $"gen_ai.server.time_per_output_token {Labels} source=chunks 0.03"], _measured);
    }

    [Theory]
    [InlineData("""{"model":"served","choices":[{"finish_reason":"length"}],"usage":{"prompt_tokens":51,"completion_tokens":12}}""", GenerationEnd.Length, "input 51", "output 12")]
    [InlineData("""{"model":"served","choices":[{"finish_reason":"stop"}],"usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}}""", GenerationEnd.Stop)] // not counted
    [InlineData("""{"model":"served","choices":[{"finish_reason":"tool_calls"}]}""", GenerationEnd.ToolCalls)]
    [InlineData("""{"model":"served","choices":[{"finish_reason":"function_call"}]}""", GenerationEnd.FunctionCall)]
    [InlineData("""{"model":"served","choices":[{"finish_reason":"content_filter"}]}""", GenerationEnd.ContentFilter)]
    [InlineData("""{"model":"served","choices":[{"finish_reason":"abort"}]}""", GenerationEnd.Other)]
    [InlineData("""{"model":"served","choices":[{"finish_reason":null}]}""", GenerationEnd.None)]
    [InlineData("""{"model":"served","error":{"message":"200 all the same"}}""", GenerationEnd.Error)]
    public void Whole_answer_is_its_tokens_and_why_it_ended(string answer, GenerationEnd end, params string[] tokens)
    {
        _traffic.Request();
        Record(_traffic.Answer(answer));
        Assert.Equal(tokens.Select(token => $"gen_ai.client.token.usage {Labels} gen_ai.token.type={token}"), _measured);
        Assert.Equal([("chat", end, 1L)], Totals());
    }

    [Fact]
    public void Embeddings_have_input_tokens_and_generate_nothing()
    {
        _traffic.Request("""{"model":"asked","input":"a"}""", "/v1/embeddings");
        Record(_traffic.Answer("""{"model":"served","data":[{"embedding":[1]}],"usage":{"prompt_tokens":3,"total_tokens":3}}"""));
        Assert.Equal(["gen_ai.client.token.usage model=served model_version=_unknown gen_ai.operation.name=embeddings gen_ai.provider.name=openai gen_ai.token.type=input 3"], _measured);
        Assert.Empty(Totals());
    }

    [Fact]
    public void Error_by_its_status_and_other_protocols_are_no_generations()
    {
        _traffic.Request();
        Record(_traffic.Answer("""{"error":{"message":"slow down"}}""", 429));
        _traffic.Request("""{"inputs":[]}""", "/v2/models/m/infer");
        Record(_traffic.Answer("""{"outputs":[]}"""));
        Assert.Empty(_measured);
        Assert.Empty(Totals());
    }

    [Fact]
    public void Two_paths_of_one_operation_are_one_series()
    {
        Record(_traffic.Stream(Role, Stop, Done));
        _traffic.Request("""{"model":"asked","input":"a"}""", "/v1/responses");
        Record(_traffic.Answer("""{"model":"served","status":"completed","output":[]}"""));
        Assert.Equal([("chat", GenerationEnd.Stop, 2L)], Totals());
    }

    [Fact]
    public void Record_AfterTheFirst_AllocatesNothing()
    {
        var exchange = _traffic.Stream(Role, Piece("a"), Piece("b"), Stop, Usage, Done);
        _traffic.Analyse(exchange);
        using var meter = new SidecarMeter("1.0");
        var sli = new GenerationSli(meter.TokenUsage, meter.TimeToFirstToken, meter.TimePerOutputToken, _traffic.Time);
        sli.Record(exchange, _traffic.Record);
        Assert.Equal(0, Allocated.Least(() => sli.Record(exchange, _traffic.Record)));
    }

    private void Record(Exchange exchange)
    {
        _traffic.Analyse(exchange);
        _sli.Record(exchange, _traffic.Record);
    }

    private IEnumerable<(string, GenerationEnd, long)> Totals() => _sli.Totals().Select(total => (total.Operation, total.End, total.Count));
}
