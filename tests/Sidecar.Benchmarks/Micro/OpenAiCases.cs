using Sidecar.Tensors;

namespace Sidecar.Benchmarks.Micro;

/// <summary>Messages of OpenAI-compatible servers, decoded into a message that is used again.</summary>
internal static class OpenAiCases
{
    private static readonly OpenAiDecoder Decoder = new();

    public static readonly HotPathCase[] All =
    [
        new("OpenAiDecoder.DecodeRequest_Chat", DecodeRequest),
        new("OpenAiDecoder.DecodeResponse_Chunk", DecodeChunk),
        new("Generation.Add_500Chunks", AddStream) { Iterations = 200 },
    ];

    private static ReadOnlySpan<byte> Chunk =>
        """{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":" word"},"logprobs":null,"finish_reason":null}]}"""u8;

    private static Action DecodeRequest()
    {
        var body = """{"model":"m","messages":[{"role":"system","content":"You are brief."},{"role":"user","content":"Why is the sky blue?\n"}],"max_tokens":200,"temperature":0.2,"stream":true}"""u8
            .ToArray();
        var message = new TensorMessage();
        return () => Expect(Decoder.DecodeRequest(new MessageHead { Path = "/v1/chat/completions"u8, Format = BodyFormat.Json }, body, message), message.Count == 6);
    }

    private static Action DecodeChunk()
    {
        var body = Chunk.ToArray();
        var message = new TensorMessage();
        return () => Expect(Decoder.DecodeResponse(Head, body, message), message.Generation is { HasContent: true, Characters: 5 });
    }

    private static Action AddStream()
    {
        byte[] one = [.. "data: "u8, .. Chunk, .. "\n\n"u8];
        byte[] body = [.. Enumerable.Repeat(one, 500).SelectMany(bytes => bytes), .. "data: [DONE]\n\n"u8];
        var message = new TensorMessage();
        var generation = new Generation();
        return () =>
        {
            generation.Begin();
            var events = new ServerSentEvents(body);
            while (events.Next(out var data))
            {
                if (Decoder.DecodeResponse(Head, data, message) == DecodeError.None)
                    generation.Add(message, body.Length - events.Remaining);
            }

            Expect(DecodeError.None, generation is { ContentChunks: 500, HasEnded: true } && generation.TrySummarise(message));
        };
    }

    private static MessageHead Head => new() { Path = "/v1/chat/completions"u8, Format = BodyFormat.EventStream };

    private static void Expect(DecodeError error, bool whole)
    {
        if (error != DecodeError.None || !whole)
            throw new InvalidOperationException($"the message was not decoded: {error}");
    }
}
