using System.Text;
using Sidecar.Analysis;
using Sidecar.Configuration;
using Sidecar.Model;
using Sidecar.Shadow;
using Sidecar.Testing;
using static Sidecar.Tests.OpenAi.Traffic;

namespace Sidecar.Tests.OpenAi;

/// <summary>Steps 6 to 8 for generations: one model, one answer, however many chunks.</summary>
public sealed class GenerationAnalysisTests
{
    private const string Whole = """{"id":"c1","model":"served","choices":[{"index":0,"message":{"content":"ab"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13}}""";

    [Fact]
    public async Task Stream_stays_with_the_model_that_answers_through_all_its_messages()
    {
        await using var traffic = new Traffic();
        var models = new List<string>();
        traffic.Analyse(traffic.Stream(Role, Piece("a"), Piece("b"), Stop, Usage, Done), () => models.Add(traffic.Record.Model.ToString()));

        Assert.Equal(Enumerable.Repeat("served/_unknown", 7), models); // five chunks, the mark, and the sum
        Assert.Equal(1, Assert.Single(traffic.Analysis.Models).Seen);
        Assert.Null(traffic.Record.Undecodable);
    }

    [Fact]
    public async Task Streamed_and_whole_answers_are_watched_as_the_same_features()
    {
        var options = new SidecarOptions { Drift = new() { BurnIn = 1024, Window = new() { Every = TimeSpan.FromSeconds(1), MinRows = 100 } } };
        await using var traffic = new Traffic(options);
        for (var i = 0; i < 1500; i++)
        {
            if (i % 2 == 0)
                traffic.Analyse(traffic.Stream(Role, Piece("a"), Piece("b"), Stop, Usage, Done));
            else
                Analyse(traffic, Whole);
            traffic.Time.Advance(TimeSpan.FromMilliseconds(100));
        }

        var state = Assert.Single(traffic.Analysis.Models);
        Assert.Equal(["completion.characters", "completion_tokens", "finish_reason", "prompt_tokens"], state.Outputs.Latest!.Features.Select(feature => feature.Feature).Order());
        Assert.Equal(["messages", "prompt.characters", "stream", "tools"], state.Inputs.Latest!.Features.Select(feature => feature.Feature).Order());
        Assert.Equal((1500L, 0L), (state.Extractions.Complete, state.Extractions.Failed));
        Assert.Equal(0, state.Outputs.Results(DriftResult.Ticket));

        // Every answer runs into the limit now, streamed or not.
        for (var i = 0; i < 200; i++)
        {
            if (i % 2 == 0)
                traffic.Analyse(traffic.Stream(Role, Piece("a"), Piece("b"), Stop.Replace("stop", "length", StringComparison.Ordinal), Usage, Done));
            else
                Analyse(traffic, Whole.Replace("stop", "length", StringComparison.Ordinal));
            traffic.Time.Advance(TimeSpan.FromMilliseconds(100));
        }

        Assert.Contains(state.Outputs.Latest!.Features, feature => feature is { Feature: "finish_reason", Result: DriftResult.Ticket });
    }

    [Fact]
    public async Task Chunks_are_looked_at_only_as_the_sum_of_all()
    {
        await using var traffic = new Traffic();
        var seen = new List<(bool HasResponse, bool HasOutputs, int Tensors)>();
        traffic.Analyse(traffic.Stream(Role, Stop, Done), () => seen.Add((traffic.Record.HasResponse, traffic.Record.HasOutputs, traffic.Record.Response.Count)));
        Assert.Equal([(true, false, 1), (true, false, 2), (true, false, 0), (true, true, 2)], seen);
    }

    [Fact]
    public async Task Damaged_chunk_makes_the_exchange_undecodable_and_the_rest_counts()
    {
        await using var traffic = new Traffic();
        traffic.Analyse(traffic.Stream(Role, "{\"choices\":[}", Piece("a"), Stop, Done));
        Assert.Equal((UndecodableReason.Malformed, 3, true), (traffic.Record.Undecodable, traffic.Record.Generation.Chunks, traffic.Record.Generation.HasEnded));
    }

    [Fact]
    public async Task Stream_that_is_no_stream_of_events_is_read_as_what_it_says_it_is()
    {
        await using var traffic = new Traffic();
        traffic.Request(); // with stream: true
        traffic.Analyse(traffic.Answer(Whole));
        Assert.Equal((null, false, true), (traffic.Record.Undecodable, traffic.Record.Generation.IsStream, traffic.Record.HasOutputs));
    }

    [Fact]
    public async Task Names_that_clients_invent_get_no_state_unless_the_server_answers_for_them_and_then_a_bounded_number()
    {
        await using var traffic = new Traffic();
        for (var i = 0; i < 100; i++)
        {
            traffic.Request(Ask.Replace("asked", $"invented-{i}", StringComparison.Ordinal));
            traffic.Analyse(traffic.Answer("""{"error":{"message":"no such model"}}""", 404));
        }

        Assert.Equal(["_unknown/_unknown"], traffic.Analysis.Models.Select(model => model.Identity.ToString()));
        for (var i = 0; i < 100; i++)
            Analyse(traffic, Whole.Replace("served", $"echoed-{i}", StringComparison.Ordinal));
        Assert.Equal(ModelTable.MaxModels + 2, traffic.Analysis.Models.Count());
        Assert.Contains(traffic.Analysis.Models, model => model.Identity.Name == ModelIdentity.OtherLabel);
    }

    [Fact]
    public async Task Server_of_this_API_is_not_asked_for_metadata_of_another()
    {
        await using var traffic = new Traffic();
        Analyse(traffic, Whole);
        Assert.False(Assert.Single(traffic.Analysis.Models).ContractAsked);
    }

    [Fact]
    public async Task Generation_is_no_work_for_a_shadow()
    {
        await using var traffic = new Traffic();
        using var shadow = new ShadowLane(new ShadowOptions { Name = "candidate", File = "none.onnx", Rate = 1 }, static _ => { }, traffic.Time, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        Analyse(traffic, Whole);
        Assert.True(traffic.Record.IsPair);
        Assert.False(shadow.Offer(traffic.Record, new Exchange()));
        Assert.Empty(shadow.Tallies);
    }

    [Fact]
    public async Task Stream_of_any_length_allocates_nothing_once_learned()
    {
        var options = new SidecarOptions { Drift = new() { BurnIn = 10, Window = new() { Every = TimeSpan.FromHours(24) } } };
        await using var traffic = new Traffic(options);
        var stream = traffic.Stream([Role, .. Enumerable.Repeat(Piece("word "), 500), Stop, Usage, Done]);
        for (var i = 0; i < 30; i++)
            traffic.Analyse(stream);
        Assert.Equal(0, Allocated.Least(() => traffic.Analyse(stream)));
        Assert.Equal((503, 2_500L, null), (traffic.Record.Generation.Chunks, traffic.Record.Generation.Characters, traffic.Record.Undecodable));
    }

    [Fact]
    public async Task Record_of_another_exchange_knows_nothing_of_the_last()
    {
        await using var traffic = new Traffic();
        traffic.Analyse(traffic.Stream(Role, Piece("a"), Usage, Done));
        traffic.Request("""{"inputs":[{"name":"x","datatype":"FP32","shape":[1],"data":[1]}]}""", "/v2/models/m/infer");
        traffic.Analyse(traffic.Answer("""{"model_name":"m","outputs":[{"name":"y","datatype":"FP32","shape":[1],"data":[1]}]}"""));
        Assert.Equal((Tensors.GenerationOperation.None, "m/_unknown"), (traffic.Record.Generation.Operation, traffic.Record.Model.ToString()));
    }

    [Fact]
    public void Arrivals_of_a_stream_allocate_nothing()
    {
        var chunk = Encoding.UTF8.GetBytes(Event(Piece("a")));
        var arrivals = default(StreamArrivals);
        Assert.Equal(0, Allocated.Least(() =>
        {
            for (var i = 1; i <= 10_000; i++)
                arrivals.Note(chunk, i);
        }));
        Assert.Equal(10_000, arrivals.LastAt);
    }

    private static void Analyse(Traffic traffic, string answer)
    {
        traffic.Request(Ask.Replace("\"stream\":true", "\"stream\":false", StringComparison.Ordinal));
        traffic.Time.Advance(TimeSpan.FromMilliseconds(100));
        traffic.Analyse(traffic.Answer(answer));
    }
}
