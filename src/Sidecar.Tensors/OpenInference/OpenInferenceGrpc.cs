using Sidecar.Tensors.OpenInference;
using Sidecar.Tensors.Protobuf;

namespace Sidecar.Tensors;

/// <summary>
/// Open Inference Protocol V2 over gRPC: ModelInfer, and ModelStreamInfer in both dialects (Triton wraps each answer, MLServer sends it bare). Raw contents, and
/// FP32 and FP64 contents in one piece, stay where they are.
/// </summary>
public sealed class OpenInferenceGrpc : IProtocolDecoder
{
    /// <inheritdoc/>
    public DecodeError DecodeRequest(in MessageHead head, ReadOnlyMemory<byte> body, TensorMessage into)
    {
        into.Clear();
        into.SetSource(body);
        return ProtoMessage.Read(body.Span, new Slice(0, body.Length), into, ProtoMessage.Request);
    }

    /// <inheritdoc/>
    public DecodeError DecodeResponse(in MessageHead head, ReadOnlyMemory<byte> body, TensorMessage into)
    {
        into.Clear();
        into.SetSource(body);
        var whole = new Slice(0, body.Length);
        if (!head.Path.EndsWith("/ModelStreamInfer"u8) || !TryUnwrap(body.Span, out var error, out var inner))
            return ProtoMessage.Read(body.Span, whole, into, ProtoMessage.Response);
        if (error.Present)
            into.SetError(error);
        return inner.Present ? ProtoMessage.Read(body.Span, inner, into, ProtoMessage.Response) : DecodeError.None;
    }

    /// <summary>
    /// Tells <c>ModelStreamInferResponse{error_message = 1, infer_response = 2}</c> from a bare <c>ModelInferResponse{model_name = 1, model_version = 2, …}</c>: only
    /// the bare one has other fields, and only in the wrapper field 2 is a message again.
    /// </summary>
    private static bool TryUnwrap(ReadOnlySpan<byte> body, out Slice error, out Slice inner)
    {
        error = inner = Slice.Absent;
        var proto = new ProtoReader(body, 0, body.Length);
        while (proto.Next())
        {
            Slice value;
            if (proto.Field > 2 || !proto.ReadBytes(out value))
                return false;
            if (proto.Field == 1)
                error = value;
            else
                inner = value;
        }

        if (proto.Error != DecodeError.None)
            return false;
        return !inner.Present ? error.Present : inner.Length == 0 || LooksLikeMessage(new ProtoReader(body, inner));
    }

    /// <summary>All of it are fields of a ModelInferResponse.</summary>
    private static bool LooksLikeMessage(ProtoReader proto)
    {
        while (proto.Next())
        {
            if (proto.Field > 6 || !proto.ReadBytes(out _))
                return false;
        }

        return proto.Error == DecodeError.None;
    }
}
