namespace Sidecar.Tensors;

/// <summary>
/// Open Inference Protocol V2 over REST with the binary tensor extension (Triton: docs/protocol/extension_binary_data.md): JSON, then the data of those tensors
/// that say <c>binary_data_size</c>, in their order. The binary data stays where it is.
/// </summary>
public sealed class OpenInferenceRest : IProtocolDecoder
{
    /// <inheritdoc/>
    public DecodeError DecodeRequest(in MessageHead head, ReadOnlyMemory<byte> body, TensorMessage into) =>
        head.JsonBytes == 0 ? DecodeRaw(head, body, into) : Decode(head.JsonBytes, body, into, isRequest: true);

    /// <inheritdoc/>
    public DecodeError DecodeResponse(in MessageHead head, ReadOnlyMemory<byte> body, TensorMessage into) =>
        Decode(head.JsonBytes, body, into, isRequest: false);

    private static DecodeError Decode(long jsonBytes, ReadOnlyMemory<byte> body, TensorMessage into, bool isRequest)
    {
        var bytes = body.Span;
        if (jsonBytes > bytes.Length)
        {
            into.Clear();
            return DecodeError.Truncated;
        }

        var json = jsonBytes < 0 ? bytes : bytes[..(int)jsonBytes];
        var error = OpenInferenceJson.Decode(json, into, isRequest);
        if (OpenInferenceJson.IsLost(error, into))
            return error;
        into.SetSource(body);
        return Cut(jsonBytes < 0 ? -1 : (int)jsonBytes, bytes, into);
    }

    /// <summary>Cuts the binary section into the tensors' data.</summary>
    /// <param name="start">Where it begins; -1: there is none.</param>
    internal static DecodeError Cut(int start, ReadOnlySpan<byte> body, TensorMessage into)
    {
        var at = start;
        for (var i = 0; i < into.Count; i++)
        {
            ref var tensor = ref into.At(i);
            if (tensor.BinaryBytes < 0)
                continue;
            if (start < 0)
            {
                // The length of the JSON isn't said, so the section can't be found.
                tensor.Error = tensor.Error == DecodeError.None ? DecodeError.UnsupportedEncoding : tensor.Error;
                continue;
            }

            if (tensor.BinaryBytes > body.Length - at)
            {
                tensor.Error = DecodeError.Truncated;
                return DecodeError.Truncated;
            }

            // Taken off even for a tensor that is at fault: the next one's begins behind it.
            if (tensor.Error == DecodeError.None)
                RawData.Assign(ref tensor, Slice.OfSource(at, (int)tensor.BinaryBytes), body.Slice(at, (int)tensor.BinaryBytes));
            at += (int)tensor.BinaryBytes;
        }

        return start >= 0 && at != body.Length ? DecodeError.Malformed : into.FirstError();
    }

    /// <summary>A body that is one tensor and nothing else: what it is, the model's metadata must say. The batch is 1.</summary>
    private static DecodeError DecodeRaw(in MessageHead head, ReadOnlyMemory<byte> body, TensorMessage into)
    {
        into.Clear();
        if (head.Metadata is not { Inputs: [var input] })
            return DecodeError.UnsupportedEncoding;
        into.SetSource(body);
        var tensor = new Tensor { DataType = input.DataType, DataSlice = Slice.Absent, BinaryBytes = body.Length };
        if (!into.TryAppend(System.Text.Encoding.UTF8.GetBytes(input.Name), out tensor.NameSlice))
            return DecodeError.TooLarge;
        SetShape(ref tensor, input.Shape, body.Length);
        RawData.Assign(ref tensor, Slice.OfSource(0, body.Length), body.Span);
        into.TryAdd(in tensor);
        return tensor.Error;
    }

    /// <summary>The declared shape, with 1 for the batch; one other dimension of any length is what the size leaves for it.</summary>
    private static void SetShape(ref Tensor tensor, long[] declared, int bytes)
    {
        tensor.Rank = Math.Min(declared.Length, Tensor.MaxRank);
        var free = -1;
        var known = 1L;
        for (var i = 0; i < tensor.Rank; i++)
        {
            tensor.Dims[i] = declared[i] < 0 ? 1 : declared[i];
            if (declared[i] < 0 && (i > 0 || declared.Length == 1))
                free = i;
            else
                known *= Math.Max(1, tensor.Dims[i]);
        }

        var size = tensor.DataType.Size();
        if (free >= 0 && size > 0)
            tensor.Dims[free] = bytes / size / known;
        tensor.Elements = Shapes.Product(tensor.Shape);
    }
}
