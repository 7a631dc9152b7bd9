using System.Text;
using Sidecar.Tensors.Tests.OpenInference;
using Sidecar.Testing;

namespace Sidecar.Tensors.Tests.OpenAi;

/// <summary>Streamed answers: events into one generation.</summary>
public class StreamTests
{
    private const string Role = """{"id":"c1","model":"m-2024","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}""";
    private const string End = """{"id":"c1","model":"m-2024","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""";
    private const string Usage = """{"id":"c1","model":"m-2024","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13}}""";
    private const string Done = "[DONE]";

    private static string Piece(string text) => $$"""{"id":"c1","model":"m-2024","choices":[{"index":0,"delta":{"content":"{{text}}"},"finish_reason":null}],"usage":null}""";

    [Fact]
    public void Stream_is_the_generation_that_its_client_sees()
    {
        var generation = OpenAi.Stream(OpenAi.Chat, Role, Piece("Gut"), Piece("en "), Piece("☃"), End, Usage, Done);
        Assert.Equal((6, 6, 3, 1, 7L), (generation.Events, generation.Chunks, generation.ContentChunks, generation.Choices, generation.Characters));
        Assert.Equal((true, true, true, false), (generation.IsStream, generation.HasEnded, generation.HasFinished, generation.HasFailed));
        Assert.Equal(("m-2024", "c1", "stop"), (Decoded.Text(generation.Model), Decoded.Text(generation.Id), Decoded.Text(generation.FinishReason(0))));
        Assert.Equal(new TokenUsage(9, 4, 13), generation.Usage);
        Assert.Equal("data: \n\n".Length * 2 + Role.Length + Piece("Gut").Length, generation.FirstContentEnd);
    }

    [Fact]
    public void Summary_of_a_stream_is_the_answer_that_was_not_streamed()
    {
        var streamed = OpenAi.Summary(OpenAi.Stream(OpenAi.Chat, Role, Piece("Gut"), Piece("en "), Piece("☃"), End, Usage, Done));
        var whole = OpenAi.Answer(OpenAi.Chat, """{"id":"c1","model":"m-2024","choices":[{"index":0,"message":{"role":"assistant","content":"Guten ☃"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13}}""");
        Assert.Equal(OpenAi.Tensors(whole), streamed);
    }

    [Theory]
    [InlineData("\n", "\n")]
    [InlineData("\r\n", "\r\n")]
    [InlineData("\r", "\r")]
    [InlineData("\r\n", "\n")]
    public void Any_line_end_comments_and_other_fields_make_no_difference(string line, string blank)
    {
        var text = new StringBuilder(": keep-alive" + line + blank);
        foreach (var data in (string[])[Role, Piece("a"), Piece("b"), End, Done])
            text.Append(": comment").Append(line).Append("event: x").Append(line).Append("id: 1").Append(line).Append("data:").Append(data).Append(line).Append(blank);
        var generation = OpenAi.Stream(OpenAi.Chat, Encoding.UTF8.GetBytes(text.ToString()), error => Assert.Equal(DecodeError.None, error));
        Assert.Equal((4, 2, true, "stop"), (generation.Chunks, generation.ContentChunks, generation.HasEnded, Decoded.Text(generation.FinishReason(0))));
    }

    [Fact]
    public void Data_on_several_lines_is_one_event()
    {
        var generation = OpenAi.Stream(OpenAi.Chat, "data: {\"choices\":\ndata: [{\"delta\":{\"content\":\"a\"},\ndata:  \"finish_reason\":\"length\"}]}\n\ndata: [DONE]\n\n"u8.ToArray());
        Assert.Equal((1, 1, "length"), (generation.Chunks, generation.ContentChunks, Decoded.Text(generation.FinishReason(0))));
    }

    [Fact]
    public void Event_of_very_many_lines_costs_no_more_than_its_bytes()
    {
        var body = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("data: a\n", 300_000)) + "\ndata: b\n\n");
        var before = GC.GetAllocatedBytesForCurrentThread();
        var events = new ServerSentEvents(body);
        Assert.True(events.Next(out var data));
        Assert.Equal((599_999, "a\na"), (data.Length, Encoding.ASCII.GetString(data.Span[..3])));
        Assert.True(events.Next(out data));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2 * body.Length);
        Assert.Equal("b", Encoding.ASCII.GetString(data.Span));
    }

    [Fact]
    public void What_follows_the_mark_is_read_by_no_client_and_counted_by_nobody()
    {
        var generation = OpenAi.Stream(OpenAi.Chat, Role, Piece("a"), End, Done, Usage, Piece("b"), """{"error":{"message":"late"}}""");
        Assert.Equal((3, 1L, false, false), (generation.Chunks, generation.Characters, generation.HasFailed, generation.Usage.IsTold));
    }

    [Fact]
    public void Usage_that_comes_with_every_chunk_is_the_last_one()
    {
        static string Counted(int tokens) => $$$"""{"choices":[{"delta":{"content":"a"}}],"usage":{"prompt_tokens":5,"completion_tokens":{{{tokens}}},"total_tokens":{{{5 + tokens}}}}}""";
        Assert.Equal(new TokenUsage(5, 3, 8), OpenAi.Stream(OpenAi.Chat, Counted(1), Counted(2), Counted(3), Done).Usage);
    }

    [Fact]
    public void Error_in_a_stream_fails_it_and_it_is_not_summed_up()
    {
        var generation = OpenAi.Stream(OpenAi.Chat, Role, Piece("a"), """{"error":{"message":"out of memory","type":"server_error"}}""", Done);
        Assert.Equal((3, 2, true, "none"), (generation.Events, generation.Chunks, generation.HasFailed, OpenAi.Summary(generation)));
    }

    [Fact]
    public void Stream_that_was_cut_keeps_what_came_and_is_not_summed_up()
    {
        var body = Encoding.UTF8.GetBytes($"data: {Role}\n\ndata: {Piece("a")}\n\ndata: {Piece("b")[..40]}");
        var errors = new List<DecodeError>();
        var generation = OpenAi.Stream(OpenAi.Chat, body, errors.Add);
        Assert.Equal([DecodeError.None, DecodeError.None, DecodeError.Truncated], errors);
        Assert.Equal((2, 1, false, false, "none"), (generation.Chunks, generation.ContentChunks, generation.HasEnded, generation.HasFinished, OpenAi.Summary(generation)));
    }

    [Fact]
    public void Malformed_chunk_is_left_out_and_the_others_are_not()
    {
        var errors = new List<DecodeError>();
        var generation = OpenAi.Stream(OpenAi.Chat, Encoding.UTF8.GetBytes($"data: {Role}\n\ndata: {{\"choices\":[}}\n\ndata: ping\n\ndata:\n\ndata: {{}}\n\ndata: {Piece("a")}\n\ndata: {End}\n\n"), errors.Add);
        Assert.Equal([DecodeError.None, DecodeError.Malformed, DecodeError.Malformed, DecodeError.Truncated, DecodeError.NotInference, DecodeError.None, DecodeError.None], errors);
        Assert.Equal((3, "stop"), (generation.Chunks, Decoded.Text(generation.FinishReason(0))));
    }

    [Theory]
    [InlineData("""{"role":"assistant","content":null}""", false)]
    [InlineData("""{"role":"assistant","content":""}""", false)]
    [InlineData("""{"role":"assistant","tool_calls":[ ]}""", false)]
    [InlineData("{}", false)]
    [InlineData("""{"content":"a"}""", true)]
    [InlineData("""{"reasoning_content":"hm"}""", true)]
    [InlineData("""{"refusal":"no"}""", true)]
    [InlineData("""{"tool_calls":[{"index":0}]}""", true)]
    [InlineData("""{"function_call":{"name":"f"}}""", true)]
    public void Output_is_everything_but_the_role(string delta, bool isContent) =>
        Assert.Equal(isContent ? 1 : 0, OpenAi.Stream(OpenAi.Chat, $$"""{"choices":[{"delta":{{delta}}}]}""").ContentChunks);

    [Fact]
    public void Choices_side_by_side_keep_a_reason_each_by_their_number()
    {
        static string Of(int choice, string reason) => $$"""{"choices":[{"index":{{choice}},"delta":{"content":"a"},"finish_reason":{{reason}}}]}""";
        var generation = OpenAi.Stream(OpenAi.Chat, Of(0, "null"), Of(1, "null"), Of(1, "\"length\""), Of(0, "\"stop\""), Of(0, "\"stop\""), Done);
        Assert.Equal((2, "stop", "length"), (generation.Choices, Decoded.Text(generation.FinishReason(0)), Decoded.Text(generation.FinishReason(1))));
        Assert.Equal("finish_reason[2]=stop,length completion.characters=5", OpenAi.Summary(generation));
    }

    [Fact]
    public void More_choices_than_are_kept_and_long_reasons_are_cut()
    {
        var many = string.Join(',', Enumerable.Range(0, 300).Select(i => $$"""{"index":{{i}},"delta":{},"finish_reason":"{{new string('x', 100)}}"}"""));
        var generation = OpenAi.Stream(OpenAi.Chat, $$"""{"choices":[{{many}}]}""", Done);
        Assert.Equal((256, true), (generation.Choices, generation.HasFinished));
        Assert.Equal(new string('x', 32), Decoded.Text(generation.FinishReason(15)));
        Assert.True(generation.FinishReason(16).IsEmpty);
        Assert.StartsWith("finish_reason[16]=", OpenAi.Summary(generation), StringComparison.Ordinal);
    }

    [Fact]
    public void Halves_of_a_character_in_two_chunks_are_counted_and_not_refused()
    {
        var generation = OpenAi.Stream(OpenAi.Chat, Piece("\\ud83d"), Piece("\\ude80"), Done);
        Assert.Equal((2, 2L), (generation.ContentChunks, generation.Characters));
    }

    [Fact]
    public void Character_cut_between_events_makes_both_malformed_and_ends_nothing()
    {
        var errors = new List<DecodeError>();
        var body = Encoding.UTF8.GetBytes($"data: {Piece("~")}\n\ndata: {Piece("~")}\n\ndata: {Piece("a")}\n\ndata: [DONE]\n\n");
        body[body.AsSpan().IndexOf((byte)'~')] = 0xE2;
        body[body.AsSpan().IndexOf((byte)'~')] = 0x98;
        var generation = OpenAi.Stream(OpenAi.Chat, body, errors.Add);
        Assert.Equal([DecodeError.Malformed, DecodeError.Malformed, DecodeError.None, DecodeError.None], errors);
        Assert.Equal((1, true), (generation.Chunks, generation.HasEnded));
    }

    [Fact]
    public void Responses_stream_ends_with_its_last_event_and_counts_its_deltas()
    {
        var generation = OpenAi.Stream(OpenAi.Responses,
            """{"type":"response.created","response":{"id":"resp_1","model":"m","status":"in_progress","error":null,"output":[],"usage":null}}""",
            """{"type":"response.output_item.added","item":{"id":"msg_1","type":"message","status":"in_progress","content":[]}}""",
            """{"type":"response.output_text.delta","item_id":"msg_1","delta":"Hal"}""",
            """{"type":"response.output_text.delta","item_id":"msg_1","delta":"lo"}""",
            """{"type":"response.output_text.done","item_id":"msg_1","text":"Hallo"}""",
            """{"type":"response.completed","response":{"id":"resp_1","model":"m","status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"Hallo"}]}],"usage":{"input_tokens":3,"output_tokens":2,"total_tokens":5}}}""");
        Assert.Equal((6, 2, 5L, true), (generation.Chunks, generation.ContentChunks, generation.Characters, generation.HasEnded));
        Assert.Equal(("resp_1", "m"), (Decoded.Text(generation.Id), Decoded.Text(generation.Model)));
        Assert.Equal("finish_reason=completed prompt_tokens=3 completion_tokens=2 completion.characters=5", OpenAi.Summary(generation));
    }

    [Theory]
    [InlineData("""{"type":"response.failed","response":{"id":"r","status":"failed","error":{"code":"server_error","message":"no"}}}""", true)]
    [InlineData("""{"type":"error","code":"rate_limit","message":"slow down"}""", false)]
    public void Responses_stream_that_fails_has_failed(string last, bool hasEnded)
    {
        var generation = OpenAi.Stream(OpenAi.Responses, """{"type":"response.output_text.delta","delta":"a"}""", last);
        Assert.Equal((true, hasEnded, "none"), (generation.HasFailed, generation.HasEnded, OpenAi.Summary(generation)));
    }

    [Fact]
    public void Ten_thousand_chunks_cost_no_more_memory_than_ten()
    {
        var text = new StringBuilder();
        for (var i = 0; i < 10_000; i++)
            text.Append("data: ").Append(Piece("word ")).Append("\n\n");
        text.Append("data: ").Append(End).Append("\n\ndata: [DONE]\n\n");
        var body = Encoding.UTF8.GetBytes(text.ToString());
        var generation = new Generation();
        var message = new TensorMessage();
        var decoder = new OpenAiDecoder();
        void Decode()
        {
            generation.Begin();
            var events = new ServerSentEvents(body);
            while (events.Next(out var data))
            {
                if (decoder.DecodeResponse(new MessageHead { Path = "/v1/chat/completions"u8, Format = BodyFormat.EventStream }, data, message) == DecodeError.None)
                    generation.Add(message, body.Length - events.Remaining);
            }

            generation.TrySummarise(message);
        }

        Decode();
        Assert.Equal((10_001, 10_000, 50_000L, true), (generation.Chunks, generation.ContentChunks, generation.Characters, generation.HasEnded));
        Assert.Equal(0, Allocated.Least(Decode));
    }

    [Fact]
    public void Begin_AfterAnything_IsBlank()
    {
        var generation = OpenAi.Stream(OpenAi.Chat, Role, Piece("a"), End, Usage, """{"error":"x"}""", Done);
        generation.Begin();
        Assert.Equal((GenerationOperation.None, 0, 0, 0, 0, 0L), (generation.Operation, generation.Events, generation.Chunks, generation.ContentChunks, generation.Choices, generation.Characters));
        Assert.Equal((false, false, false, false, -1L), (generation.IsStream, generation.HasEnded, generation.HasFailed, generation.HasFinished, generation.FirstContentEnd));
        Assert.True(generation.Model.IsEmpty && generation.Id.IsEmpty && generation.FinishReason(0).IsEmpty && !generation.Usage.IsTold);
        Assert.Equal("none", OpenAi.Summary(generation));
    }
}
