namespace Sidecar.Tensors.Tests.Contract;

public sealed class OpenAiDecoderContract : DecoderContract
{
    private const string Chat = "/v1/chat/completions";

    protected override IProtocolDecoder Decoder { get; } = new OpenAiDecoder();

    protected override IReadOnlyList<Sample> Good { get; } =
    [
        new("""{"model": "m", "temperature": 0.5, "stream": false, "messages": [{"role": "user", "content": "h\u00fc"}, {"role": "user", "content": [{"type": "text", "text": "x"}]}]}""") { Path = Chat },
        new("""{"model": "m", "prompt": ["a", "b"], "max_tokens": 5}""") { Path = "/v1/completions" },
        new("""{"model": "m", "input": "text", "encoding_format": "float"}""") { Path = "/v1/embeddings" },
        new("""{"id": "1", "model": "m-1", "choices": [{"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 3, "completion_tokens": 1}}""") { Path = Chat, IsRequest = false },
        new("""{"id": "1", "model": "m-1", "choices": [{"index": 0, "delta": {"content": "h"}, "finish_reason": null}]}""") { Path = Chat, IsRequest = false, Format = BodyFormat.EventStream },
        new("""{"model": "m", "data": [{"index": 0, "embedding": [0.5, -1, 2]}], "usage": {"prompt_tokens": 2}}""") { Path = "/v1/embeddings", IsRequest = false },
        new("""{"error": {"message": "no", "type": "invalid_request_error", "code": "x"}}""") { Path = Chat, IsRequest = false },
    ];

    protected override IReadOnlyList<Sample> Greedy { get; } =
    [
        new($"{{\"model\": \"m\", \"messages\": {new string('[', 50)}{new string(']', 50)}}}") { Path = Chat },
        new($"{{\"model\": \"m\", \"data\": [{{\"index\": 0, \"embedding\": [{string.Join(',', Enumerable.Repeat("1", 2_000))}, \"x\"]}}]}}") { Path = "/v1/embeddings", IsRequest = false },
    ];
}
