using System.Buffers.Binary;
using Sidecar.Tensors.Tests.OpenInference;

namespace Sidecar.Tensors.Tests.OpenAi;

/// <summary>Answers that come whole, and errors.</summary>
public class AnswerTests
{
    [Theory]
    [InlineData(
        """{"id":"c1","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hallo ☃"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13}}""",
        "finish_reason=stop prompt_tokens=9 completion_tokens=4 completion.characters=7")]
    [InlineData(
        """{"choices":[{"index":1,"finish_reason":"length","message":{"content":"ab"}},{"index":0,"message":{"content":"c"},"finish_reason":"stop"}]}""",
        "finish_reason[2]=length,stop completion.characters=3")]
    [InlineData("""{"choices":[{"finish_reason":null,"message":{"content":null,"tool_calls":[{"id":"x"}]}}],"usage":null}""", "completion.characters=0")]
    [InlineData("""{"choices":[],"usage":{"prompt_tokens":3,"total_tokens":3}}""", "prompt_tokens=3 completion.characters=0")]
    [InlineData("""{"choices":[{"finish_reason":"stop","finish_reason":"length"}]}""", "finish_reason=length completion.characters=0")]
    [InlineData("""{"choices":[{"finish_reason":"stop"},{"finish_reason":"stop"}],"choices":[{"finish_reason":"length"}]}""", "finish_reason=length completion.characters=0")]
    public void Chat_answer_is_why_it_ended_and_how_much_it_was(string body, string tensors) => Assert.Equal(tensors, OpenAi.Tensors(OpenAi.Answer(OpenAi.Chat, body)));

    [Fact]
    public void Facts_beside_the_tensors_are_id_model_usage_and_choices()
    {
        var message = OpenAi.Answer(OpenAi.Completions, """
            {"usage":{"prompt_tokens":14,"completion_tokens":9,"total_tokens":23,"prompt_tokens_details":{"cached_tokens":5}},"id":"cmpl-1","object":"text_completion",
             "choices":[{"text":"abc","index":0,"logprobs":{"tokens":["a"]},"finish_reason":"length"},{"text":"d","index":1,"finish_reason":"stop"}],"model":"tiny"}
            """);
        Assert.Equal(("cmpl-1", "tiny"), (Decoded.Text(message.Id), Decoded.Text(message.ModelName)));
        ref readonly var part = ref message.Generation;
        Assert.Equal(new TokenUsage(14, 9, 23), part.Usage);
        Assert.Equal((GenerationOperation.TextCompletion, false, true, 2, 4L), (part.Operation, part.IsChunk, part.HasContent, part.Choices, part.Characters));
    }

    [Theory]
    [InlineData("""{"error":{"message":"Rate limit","type":"rate_limit_error","param":null,"code":"rate_limit_exceeded"}}""", "Rate limit", "rate_limit_error", "rate_limit_exceeded")]
    [InlineData("""{"error":{"message":"no","code":400}}""", "no", "", "400")]
    [InlineData("""{"error":"model not found"}""", "model not found", "", "")]
    [InlineData("""{"error":{"detail":[1]}}""", """{"detail":[1]}""", "", "")]
    [InlineData("""{"error":{"message":{"a":1},"type":[],"code":true}}""", """{"message":{"a":1},"type":[],"code":true}""", "", "")]
    [InlineData("""{"error":42}""", "42", "", "")]
    [InlineData("""{"object":"error","message":"too long","type":"BadRequestError","param":null,"code":400}""", "too long", "BadRequestError", "400")]
    [InlineData("""{"id":"c","error":{"message":"half way"},"choices":[{"finish_reason":"stop"}]}""", "half way", "", "")]
    public void Error_of_every_form_is_its_text_type_and_code_and_has_no_tensors(string body, string text, string type, string code)
    {
        var message = OpenAi.Answer(OpenAi.Chat, body);
        Assert.Equal((text, type, code, 0), (Decoded.Text(message.Error), Decoded.Text(message.ErrorType), Decoded.Text(message.ErrorCode), message.Count));
        Assert.True(message.HasError);
    }

    [Fact]
    public void Null_error_is_none()
    {
        var message = OpenAi.Answer(OpenAi.Chat, """{"error":null,"choices":[{"finish_reason":"stop"}]}""");
        Assert.False(message.HasError);
        Assert.Equal("finish_reason=stop completion.characters=0", OpenAi.Tensors(message));
    }

    [Theory]
    [InlineData("""{"data":[{"object":"embedding","embedding":[0.5,-1],"index":0},{"embedding":[2,1e-3],"index":1}],"model":"m","usage":{"prompt_tokens":2,"total_tokens":2}}""", "prompt_tokens=2 embedding[2,2]=0.5,-1,2,0.001")]
    [InlineData("""{"data":[{"embedding":[[1,2],[3,4]]},{"embedding":[[5,6]]}]}""", "embedding[3,2]=1,2,3,4,5,6")]
    [InlineData("""{"data":[{"embedding":[]}]}""", "embedding[1,0]=")]
    [InlineData("""{"data":[]}""", "")]
    [InlineData("""{"data":[{"embedding":"AACAPwAAAMA="},{"embedding":"AAAAQAAAAAA\u003d"}]}""", "embedding[2,2]=1,-2,2,0")]
    [InlineData("""{"data":[{"embedding":"AACAPw=="},{"embedding":"AAAAQA=="},{"embedding":"AABAQA=="}]}""", "embedding[3,1]=1,2,3")]
    public void Embeddings_are_vectors_of_one_tensor(string body, string tensors) => Assert.Equal(tensors, OpenAi.Tensors(OpenAi.Answer(OpenAi.Embeddings, body)));

    [Fact]
    public void Embeddings_in_base64_are_the_floats_that_numpy_wrote()
    {
        var floats = Enumerable.Range(0, 1536).Select(i => MathF.Sin(i)).ToArray();
        var bytes = new byte[floats.Length * sizeof(float)];
        for (var i = 0; i < floats.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), floats[i]);
        var message = OpenAi.Answer(OpenAi.Embeddings, $$"""{"data":[{"embedding":"{{Convert.ToBase64String(bytes)}}"}]}""");
        Assert.Equal([1L, 1536L], Decoded.Shape(message, 0));
        Assert.Equal(floats, message.Values<float>(0).ToArray());
    }

    [Fact]
    public void Responses_answer_ends_with_its_status_or_with_why_it_is_incomplete()
    {
        const string Body = """{"id":"resp_1","object":"response","model":"m","status":"STATUS","incomplete_details":DETAILS,"error":null,"output":[{"type":"reasoning","summary":[]},{"type":"message","content":[{"type":"output_text","text":"Hallo"}]}],"usage":{"input_tokens":3,"output_tokens":2,"total_tokens":5}}""";
        var message = OpenAi.Answer(OpenAi.Responses, Body.Replace("STATUS", "completed", StringComparison.Ordinal).Replace("DETAILS", "null", StringComparison.Ordinal));
        Assert.Equal("finish_reason=completed prompt_tokens=3 completion_tokens=2 completion.characters=5", OpenAi.Tensors(message));
        Assert.Equal(("resp_1", "m", new TokenUsage(3, 2, 5)), (Decoded.Text(message.Id), Decoded.Text(message.ModelName), message.Generation.Usage));
        message = OpenAi.Answer(OpenAi.Responses, Body.Replace("STATUS", "incomplete", StringComparison.Ordinal).Replace("DETAILS", """{"reason":"max_output_tokens"}""", StringComparison.Ordinal));
        Assert.StartsWith("finish_reason=max_output_tokens ", OpenAi.Tensors(message), StringComparison.Ordinal);
    }

    [Fact]
    public void Text_is_measured_and_not_kept()
    {
        var message = OpenAi.Answer(OpenAi.Chat, """{"choices":[{"message":{"content":"secret-4711"},"finish_reason":"stop"}]}""");
        for (var i = 0; i < message.Count; i++)
            Assert.Equal(-1, message.Data(i).IndexOf("4711"u8));
    }
}
