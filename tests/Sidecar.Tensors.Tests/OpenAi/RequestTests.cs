namespace Sidecar.Tensors.Tests.OpenAi;

/// <summary>Requests as features: how much is asked for, and never what.</summary>
public class RequestTests
{
    [Theory]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"hallo"}]}""", "messages=1 prompt.characters=5 stream=false tools=0")]
    [InlineData("""{"messages":[],"model":"m","stream":true}""", "messages=0 prompt.characters=0 stream=true tools=0")]
    [InlineData("""{"messages":[{"content":"K\u00f6ln ☃ 🚀 \ud83d\ude80 \n"},{"content":null},{"role":"assistant","tool_calls":[{"id":"c"}]}]}""", "messages=3 prompt.characters=12 stream=false tools=0")]
    [InlineData("""{"messages":[{"content":[{"type":"text","text":"abc"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}},{"type":"text","text":"de"}]}]}""", "messages=1 prompt.characters=5 stream=false tools=0")]
    [InlineData("""{"messages":[{"content":"a"}],"max_tokens":12,"temperature":0.8,"tools":[{"type":"function"},{"type":"function"}]}""", "messages=1 prompt.characters=1 stream=false tools=2 max_tokens=12 temperature=0.8")]
    [InlineData("""{"messages":[{"content":"a"}],"max_tokens":null,"max_completion_tokens":7,"temperature":null,"stream":null,"tools":null}""", "messages=1 prompt.characters=1 stream=false tools=0 max_tokens=7")]
    [InlineData("""{"messages":[{"content":"a"}],"max_completion_tokens":7,"max_tokens":null,"temperature":0}""", "messages=1 prompt.characters=1 stream=false tools=0 max_tokens=7 temperature=0")]
    [InlineData("""{"messages":[{"content":"a"}],"max_tokens":-1}""", "messages=1 prompt.characters=1 stream=false tools=0 max_tokens=-1")]
    [InlineData("""{"messages":[{"content":"a"}],"max_tokens":1e2}""", "messages=1 prompt.characters=1 stream=false tools=0 max_tokens=100")]
    [InlineData("""{"messages":[{"content":"first"}],"m\u0065ssages":[{"content":"a"},{"content":"b"}]}""", "messages=2 prompt.characters=2 stream=false tools=0")]
    public void Chat_request_is_its_messages_their_length_and_the_limits_that_it_names(string body, string features) =>
        Assert.Equal(features, OpenAi.Features(OpenAi.Chat, body));

    [Theory]
    [InlineData("""{"prompt":"the score of"}""", "prompts=1 prompt.characters=12 stream=false")]
    [InlineData("""{"prompt":["ab","c"],"max_tokens":9}""", "prompts=2 prompt.characters=3 stream=false max_tokens=9")]
    [InlineData("""{"prompt":[1,2,3]}""", "prompts=1 prompt.tokens=3 stream=false")]
    [InlineData("""{"prompt":[[1,2,3],[4]],"stream":true}""", "prompts=2 prompt.tokens=4 stream=true")]
    [InlineData("""{"model":"m"}""", "prompts=0 prompt.characters=0 stream=false")] // the server then makes one up
    public void Completion_request_has_texts_or_tokens(string body, string features) => Assert.Equal(features, OpenAi.Features(OpenAi.Completions, body));

    [Theory]
    [InlineData("""{"input":"hello","encoding_format":"base64"}""", "inputs=1 prompt.characters=5")]
    [InlineData("""{"input":["hello","you"],"stream":true,"max_tokens":1}""", "inputs=2 prompt.characters=8")]
    [InlineData("""{"input":[[101,102],[103]]}""", "inputs=2 prompt.tokens=3")]
    public void Embeddings_request_has_its_inputs(string body, string features) => Assert.Equal(features, OpenAi.Features(OpenAi.Embeddings, body));

    [Theory]
    [InlineData("""{"model":"m","input":"hello","max_output_tokens":5}""", "messages=1 prompt.characters=5 stream=false tools=0 max_tokens=5")]
    [InlineData("""{"input":[{"role":"user","content":[{"type":"input_text","text":"hi"}]}],"instructions":"be brief","stream":true}""", "messages=1 prompt.characters=10 stream=true tools=0")]
    public void Responses_request_has_items_and_instructions(string body, string features) => Assert.Equal(features, OpenAi.Features(OpenAi.Responses, body));

    [Fact]
    public void Model_is_told_wherever_it_stands_and_no_id_and_no_text_is_kept()
    {
        var message = new TensorMessage();
        Assert.Equal(DecodeError.None, OpenAi.Request(OpenAi.Chat, """{"messages":[{"content":"secret-4711"}],"model":"gpt\u002dx"}"""u8.ToArray(), message));
        Assert.True(message.ModelName.SequenceEqual("gpt-x"u8));
        Assert.False(message.HasId);
        for (var i = 0; i < message.Count; i++)
        {
            Assert.Equal(-1, message.Name(i).IndexOf("4711"u8));
            Assert.Equal(-1, message.Data(i).IndexOf("4711"u8));
        }
    }

    [Fact]
    public void Tools_with_deep_schemas_are_read_over()
    {
        var schema = string.Concat(Enumerable.Repeat("""{"properties":{"x":""", 25)) + "{}" + new string('}', 50);
        Assert.Equal("messages=0 prompt.characters=0 stream=false tools=1", OpenAi.Features(OpenAi.Chat, $$"""{"messages":[],"tools":[{"parameters":{{schema}}}]}"""));
    }

    [Theory]
    [InlineData("/openai/v1/chat/completions", GenerationOperation.Chat, "chat")]
    [InlineData("/v1/completions", GenerationOperation.TextCompletion, "text_completion")]
    [InlineData("/v1/embeddings", GenerationOperation.Embeddings, "embeddings")]
    [InlineData("/v1/responses", GenerationOperation.Responses, "chat")]
    [InlineData("/v1/models", GenerationOperation.None, "none")]
    public void OfPath_Known_IsTheOperationOfTheConventions(string path, GenerationOperation operation, string label)
    {
        Assert.Equal(operation, GenerationOperations.OfPath(System.Text.Encoding.ASCII.GetBytes(path)));
        Assert.Equal(label, operation.Label());
    }
}
