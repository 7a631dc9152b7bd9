using Sidecar.Tensors.Json;
using Sidecar.Tensors.OpenAi;

namespace Sidecar.Tensors;

/// <summary>
/// The API of OpenAI as compatible servers have it: chat completions, completions, embeddings and responses, streamed or not. Texts are measured and not kept:
/// tensors are numbers of messages, characters and tokens, finish reasons, and embeddings. README beside this file.
/// </summary>
public sealed class OpenAiDecoder : IProtocolDecoder
{
    // The schemas of tools nest deeper than any tensor.
    private const int MaxDepth = DecodeLimits.GreatestDepth;

    /// <inheritdoc/>
    public DecodeError DecodeRequest(in MessageHead head, ReadOnlyMemory<byte> body, TensorMessage into)
    {
        into.Clear();
        var operation = Operation(head);
        into.Part.Operation = operation;
        var json = new JsonScanner(body.Span, MaxDepth);
        var found = false;
        var read = json.Peek() == '{' ? new OpenAiRequest(operation, into).Read(ref json, out found) : json.SkipValue();
        return Result(ref json, read, found, into);
    }

    /// <inheritdoc/>
    public DecodeError DecodeResponse(in MessageHead head, ReadOnlyMemory<byte> body, TensorMessage into)
    {
        into.Clear();
        var operation = Operation(head);
        var isChunk = head.Format == BodyFormat.EventStream;
        into.Part.Operation = operation;
        if (isChunk && body.Span.TrimStart(" \t\r\n"u8).StartsWith("[DONE]"u8))
        {
            into.IsFinal = true;
            return DecodeError.None;
        }

        into.Part.IsChunk = isChunk;
        var json = new JsonScanner(body.Span, MaxDepth);
        var found = false;
        var read = json.Peek() == '{' ? new OpenAiAnswer(operation, isChunk, into).Read(ref json, out found) : json.SkipValue();
        return Result(ref json, read, found, into);
    }

    /// <summary>A path that the API does not have was configured to speak it; a chat is what most servers have.</summary>
    private static GenerationOperation Operation(in MessageHead head) =>
        GenerationOperations.OfPath(head.Path) is var operation and not GenerationOperation.None ? operation : GenerationOperation.Chat;

    private static DecodeError Result(ref JsonScanner json, bool read, bool found, TensorMessage into)
    {
        if (!read || !json.AtEnd())
            return json.Error;
        return found ? into.FirstError() : DecodeError.NotInference;
    }
}
