using Sidecar.Tensors.Json;
using Sidecar.Tensors.Tables;

namespace Sidecar.Tensors;

/// <summary>
/// TorchServe over REST (pytorch/serve: docs/inference_api.md). A body is what the model's handler makes of it: JSON is read as such, and anything else is one
/// element of bytes, by the names that TorchServe itself has for it.
/// </summary>
public sealed class TorchServeRest : IProtocolDecoder
{
    /// <inheritdoc/>
    public DecodeError DecodeRequest(in MessageHead head, ReadOnlyMemory<byte> body, TensorMessage into) => Decode(head.Format, body, into, isRequest: true);

    /// <inheritdoc/>
    public DecodeError DecodeResponse(in MessageHead head, ReadOnlyMemory<byte> body, TensorMessage into) => Decode(head.Format, body, into, isRequest: false);

    private static DecodeError Decode(BodyFormat format, ReadOnlyMemory<byte> body, TensorMessage into, bool isRequest)
    {
        into.Clear();
        if (format is BodyFormat.Json or BodyFormat.EventStream)
            return DecodeJson(body.Span, into, isRequest);
        if (format == BodyFormat.Unknown && DecodeJson(body.Span, into, isRequest) is var error)
        {
            // No media type was given, or that of a text: clients of a file, and handlers of a text, give none.
            if (error is not (DecodeError.Malformed or DecodeError.Truncated or DecodeError.NotInference))
                return error;
            into.Clear();
        }

        return AddWhole(body.Span, into, isRequest ? "body"u8 : "prediction"u8);
    }

    private static DecodeError DecodeJson(ReadOnlySpan<byte> body, TensorMessage into, bool isRequest)
    {
        var json = new JsonScanner(body, into.Limits.MaxDepth);
        var any = new JsonAny(into, isRequest);
        if (json.Peek() != '{')
        {
            _ = any.ReadValue(ref json);
            return JsonMessage.Finish(ref json, body, into, any.Found);
        }

        var first = true;
        _ = json.Enter('{');
        while (json.NextMember(ref first, out var member))
        {
            if (!any.ReadMember(ref json, member))
                return json.Error;
        }

        return any.Close(ref json) ? JsonMessage.Finish(ref json, body, into, any.Found) : json.Error;
    }

    private static DecodeError AddWhole(ReadOnlySpan<byte> body, TensorMessage into, ReadOnlySpan<byte> name)
    {
        var tensor = new Tensor { DataType = DataType.Bytes, Rank = 1, Elements = 1, SentElements = 1, BinaryBytes = -1 };
        tensor.Dims[0] = 1;
        if (!into.TryAppend(name, out tensor.NameSlice) || !into.TryAlign() || !into.TryReserve(sizeof(uint) + (long)body.Length, out var free))
            return DecodeError.TooLarge;
        tensor.DataSlice = new Slice(into.Used, sizeof(uint) + body.Length);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(free, (uint)body.Length);
        body.CopyTo(free[sizeof(uint)..]);
        into.Advance(tensor.DataSlice.Length);
        return into.TryAdd(in tensor) ? DecodeError.None : DecodeError.TooLarge;
    }
}
