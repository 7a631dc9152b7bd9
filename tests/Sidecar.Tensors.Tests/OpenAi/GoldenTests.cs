using System.Runtime.CompilerServices;
using Sidecar.Tensors.Tests.OpenInference;

namespace Sidecar.Tensors.Tests.OpenAi;

/// <summary>Bodies from the wire that live in the repository: see golden/README.md.</summary>
public class GoldenTests
{
    private readonly TensorMessage _message = new();

    [Theory]
    [InlineData("llamacpp-chat-request.json", OpenAi.Chat, "messages=2 prompt.characters=22 stream=false tools=0 max_tokens=12 temperature=0")]
    [InlineData("llamacpp-completions-request.json", OpenAi.Completions, "prompts=1 prompt.characters=12 stream=false max_tokens=9")]
    [InlineData("llamacpp-embeddings-request.json", OpenAi.Embeddings, "inputs=1 prompt.characters=10")]
    [InlineData("llamacpp-tools-request.json", OpenAi.Chat, "messages=2 prompt.characters=22 stream=false tools=1 max_tokens=40 temperature=0")]
    public void Request_of_the_Python_client_is_its_features(string file, string path, string features)
    {
        Assert.Equal(DecodeError.None, OpenAi.Request(path, Read(file), _message));
        Assert.Equal(("tiny-random", features), (Decoded.Text(_message.ModelName), OpenAi.Tensors(_message)));
    }

    [Theory]
    [InlineData("llamacpp-chat-response.json", OpenAi.Chat, "tiny-random", "finish_reason=length prompt_tokens=51 completion_tokens=12 completion.characters=29")]
    [InlineData("llamacpp-completions-response.json", OpenAi.Completions, "tiny-random", "finish_reason=length prompt_tokens=14 completion_tokens=9 completion.characters=28")]
    [InlineData("llamacpp-tools-response.json", OpenAi.Chat, "tiny-random", "finish_reason=tool_calls prompt_tokens=51 completion_tokens=12 completion.characters=0")]
    [InlineData("litserve-chat-response.json", OpenAi.Chat, "lit", "finish_reason=stop prompt_tokens=0 completion_tokens=0 completion.characters=12")]
    public void Answer_is_its_reason_and_its_tokens(string file, string path, string model, string tensors)
    {
        Assert.Equal(DecodeError.None, OpenAi.Answer(path, Read(file), _message));
        Assert.Equal((model, tensors), (Decoded.Text(_message.ModelName), OpenAi.Tensors(_message)));
    }

    [Theory]
    [InlineData("llamacpp-chat.sse", 12, 10, "finish_reason=length completion.characters=10")]
    [InlineData("handmade-usage.sse", 7, 4, "finish_reason=stop prompt_tokens=9 completion_tokens=4 completion.characters=11")]
    [InlineData("handmade-tools.sse", 6, 4, "finish_reason=tool_calls completion.characters=0")]
    public void Stream_has_the_chunks_that_its_client_saw(string file, int chunks, int withContent, string summary)
    {
        var generation = OpenAi.Stream(OpenAi.Chat, Read(file), error => Assert.Equal(DecodeError.None, error));
        Assert.Equal((chunks, withContent, true, summary), (generation.Chunks, generation.ContentChunks, generation.HasEnded, OpenAi.Summary(generation)));
    }

    [Fact]
    public void Error_is_its_text_and_its_type()
    {
        Assert.Equal(DecodeError.None, OpenAi.Answer(OpenAi.Chat, Read("llamacpp-error-response.json"), _message));
        Assert.StartsWith("1 validation error:", Decoded.Text(_message.Error), StringComparison.Ordinal);
        Assert.Equal(("internal_server_error", ""), (Decoded.Text(_message.ErrorType), Decoded.Text(_message.ErrorCode)));
    }

    private static byte[] Read(string name, [CallerFilePath] string here = "") =>
        File.ReadAllBytes(Path.Combine(Path.GetDirectoryName(here)!, "..", "golden", "openai", name));
}
