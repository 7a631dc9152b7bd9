using System.Text;

namespace Sidecar.Tensors.Tests.OpenAi;

/// <summary>The table of bad input in the room's README, row by row.</summary>
public class BadInputTests
{
    private readonly TensorMessage _message = new();

    [Theory]
    [InlineData("", DecodeError.Truncated)]
    [InlineData("""{"messages":[{"content":"a""", DecodeError.Truncated)]
    [InlineData("""{"messages":[{"content":"a"}]}x""", DecodeError.Malformed)]
    [InlineData("""{"messages":[{"content":"a"},]}""", DecodeError.Malformed)]
    [InlineData("not json", DecodeError.Malformed)]
    [InlineData("""{"model":{},"messages":[]}""", DecodeError.Malformed)]
    [InlineData("[1]", DecodeError.NotInference)]
    [InlineData("{}", DecodeError.NotInference)]
    [InlineData("""{"inputs":[]}""", DecodeError.NotInference)]
    [InlineData("""{"model":"m","prompt":"a"}""", DecodeError.MissingMember)]
    [InlineData("""{"model":"m","messages":null}""", DecodeError.MissingMember)]
    [InlineData("""{"model":"m","messages":"nope"}""", DecodeError.ValueMismatch)]
    [InlineData("""{"messages":[1]}""", DecodeError.ValueMismatch)]
    [InlineData("""{"messages":["a"]}""", DecodeError.ValueMismatch)]
    [InlineData("""{"messages":[[]]}""", DecodeError.ValueMismatch)]
    [InlineData("""{"messages":[null]}""", DecodeError.ValueMismatch)]
    [InlineData("""{"messages":[],"max_tokens":"12"}""", DecodeError.ValueMismatch)]
    [InlineData("""{"messages":[],"max_tokens":1.5}""", DecodeError.ValueMismatch)]
    [InlineData("""{"messages":[],"max_tokens":1e30}""", DecodeError.ValueMismatch)]
    [InlineData("""{"messages":[],"temperature":"hot"}""", DecodeError.ValueMismatch)]
    [InlineData("""{"messages":[],"stream":"true"}""", DecodeError.ValueMismatch)]
    [InlineData("""{"messages":[],"stream":1}""", DecodeError.ValueMismatch)]
    [InlineData("""{"messages":[],"tools":{}}""", DecodeError.ValueMismatch)]
    public void Request_that_is_wrong_says_why(string body, DecodeError error) =>
        Assert.Equal(error, OpenAi.Request(OpenAi.Chat, Encoding.UTF8.GetBytes(body), _message));

    [Theory]
    [InlineData("""{"messages":"nope","model":"tiny","max_tokens":4}""", "messages!value_mismatch stream=false tools=0 max_tokens=4")]
    [InlineData("""{"model":"tiny","max_tokens":"x","messages":[{"content":"a"}]}""", "messages=1 prompt.characters=1 stream=false tools=0 max_tokens!value_mismatch")]
    [InlineData("""{"model":"tiny"}""", "messages!missing_member stream=false tools=0")]
    public void Member_that_is_wrong_is_named_and_hides_neither_the_model_nor_the_others(string body, string tensors)
    {
        OpenAi.Request(OpenAi.Chat, Encoding.UTF8.GetBytes(body), _message);
        Assert.Equal(tensors, OpenAi.Tensors(_message));
        Assert.True(_message.ModelName.SequenceEqual("tiny"u8));
    }

    [Theory]
    [InlineData(OpenAi.Completions, """{"prompt":{}}""", DecodeError.ValueMismatch)]
    [InlineData(OpenAi.Completions, """{"prompt":[[1,"a"]]}""", DecodeError.ValueMismatch)]
    [InlineData(OpenAi.Completions, """{"prompt":[true]}""", DecodeError.ValueMismatch)]
    [InlineData(OpenAi.Embeddings, """{"model":"m"}""", DecodeError.MissingMember)]
    [InlineData(OpenAi.Embeddings, """{"input":7}""", DecodeError.ValueMismatch)]
    [InlineData(OpenAi.Responses, """{"input":false}""", DecodeError.ValueMismatch)]
    public void Prompt_of_the_wrong_kind_is_a_mismatch_everywhere(string path, string body, DecodeError error) =>
        Assert.Equal(error, OpenAi.Request(path, Encoding.UTF8.GetBytes(body), _message));

    [Theory]
    [InlineData(OpenAi.Chat, "", DecodeError.Truncated)]
    [InlineData(OpenAi.Chat, """{"choices":[{"finish_reason":"sto""", DecodeError.Truncated)]
    [InlineData(OpenAi.Chat, """{"choices":[}""", DecodeError.Malformed)]
    [InlineData(OpenAi.Chat, "[DONE]", DecodeError.Malformed)] // the mark is one in a stream only
    [InlineData(OpenAi.Chat, """{"model":"m"}""", DecodeError.NotInference)]
    [InlineData(OpenAi.Chat, """{"choices":null}""", DecodeError.NotInference)]
    [InlineData(OpenAi.Chat, """{"choices":{}}""", DecodeError.NotInference)]
    [InlineData(OpenAi.Chat, """{"data":[]}""", DecodeError.NotInference)]
    [InlineData(OpenAi.Chat, """{"detail":[{"loc":["body"]}]}""", DecodeError.NotInference)]
    [InlineData(OpenAi.Chat, """{"choices":[{"finish_reason":7}]}""", DecodeError.ValueMismatch)]
    [InlineData(OpenAi.Chat, """{"choices":[],"usage":{"prompt_tokens":"9"}}""", DecodeError.ValueMismatch)]
    [InlineData(OpenAi.Chat, """{"choices":[],"usage":{"completion_tokens":-1}}""", DecodeError.ValueMismatch)]
    [InlineData(OpenAi.Chat, """{"choices":[],"usage":{"completion_tokens":1.5}}""", DecodeError.ValueMismatch)]
    [InlineData(OpenAi.Chat, """{"choices":[],"usage":[]}""", DecodeError.ValueMismatch)]
    [InlineData(OpenAi.Embeddings, """{"choices":[]}""", DecodeError.NotInference)]
    [InlineData(OpenAi.Embeddings, """{"data":[{"embedding":[1,2]},{"embedding":[3]}]}""", DecodeError.ShapeMismatch)]
    [InlineData(OpenAi.Embeddings, """{"data":[{"embedding":[1,"a"]}]}""", DecodeError.ValueMismatch)]
    [InlineData(OpenAi.Embeddings, """{"data":[{"embedding":7}]}""", DecodeError.ValueMismatch)]
    [InlineData(OpenAi.Embeddings, """{"data":[{"embedding":[[1],2]}]}""", DecodeError.ValueMismatch)]
    [InlineData(OpenAi.Embeddings, """{"data":[{"embedding":"AAAA?w=="}]}""", DecodeError.ValueMismatch)]
    [InlineData(OpenAi.Embeddings, """{"data":[{"embedding":"AAAA"}]}""", DecodeError.ValueMismatch)] // three bytes are no float
    [InlineData(OpenAi.Embeddings, """{"data":[{"embedding":[1]},{"embedding":"AACAPw=="}]}""", DecodeError.ValueMismatch)]
    public void Answer_that_is_wrong_says_why(string path, string body, DecodeError error)
    {
        Assert.Equal(error, OpenAi.Answer(path, Encoding.UTF8.GetBytes(body), _message));
        for (var i = 0; i < _message.Count; i++)
            Assert.True(_message[i].Error == DecodeError.None || _message.Data(i).IsEmpty);
    }

    [Fact]
    public void Nesting_beyond_the_scanner_is_too_large()
    {
        var deep = new string('[', 65) + new string(']', 65);
        Assert.Equal(DecodeError.TooLarge, OpenAi.Request(OpenAi.Chat, Encoding.UTF8.GetBytes($$"""{"messages":[],"x":{{deep}}}"""), _message));
        Assert.Equal(DecodeError.TooLarge, OpenAi.Answer(OpenAi.Chat, Encoding.UTF8.GetBytes($$"""{"choices":[],"x":{{deep}}}"""), _message));
    }

    [Theory]
    [InlineData(OpenAi.Embeddings, """{"data":[{"embedding":[DATA]}]}""", "1,")]
    [InlineData(OpenAi.Embeddings, """{"data":[{"embedding":"DATA"}]}""", "AAAA")]
    [InlineData(OpenAi.Chat, """{"choices":[{"finish_reason":"DATA"}]}""", "xxxx")]
    [InlineData(OpenAi.Chat, """{"error":"DATA"}""", "xxxx")]
    [InlineData(OpenAi.Chat, """{"id":"DATA","choices":[]}""", "xxxx")]
    [InlineData(OpenAi.Chat, """{"error":[DATA]}""", "1,")]
    public void More_than_the_limit_is_too_large(string path, string body, string unit)
    {
        var small = new TensorMessage(new DecodeLimits { MaxBytes = 2048 });
        var data = string.Concat(Enumerable.Repeat(unit, 2000)).TrimEnd(',');
        Assert.Equal(DecodeError.TooLarge, OpenAi.Answer(path, Encoding.UTF8.GetBytes(body.Replace("DATA", data, StringComparison.Ordinal)), small));
    }

    [Fact]
    public void More_tensors_than_the_limit_are_too_large()
    {
        var one = new TensorMessage(new DecodeLimits { MaxTensors = 1 });
        Assert.Equal(DecodeError.TooLarge, OpenAi.Request(OpenAi.Chat, """{"messages":[]}"""u8.ToArray(), one));
        Assert.Equal(DecodeError.TooLarge, OpenAi.Answer(OpenAi.Chat, """{"choices":[{"finish_reason":"a"}]}"""u8.ToArray(), one));
    }
}
