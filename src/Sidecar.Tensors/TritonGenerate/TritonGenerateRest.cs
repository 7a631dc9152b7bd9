using System.Text;
using Sidecar.Tensors.Json;
using Sidecar.Tensors.OpenInference;
using Sidecar.Tensors.Tables;

namespace Sidecar.Tensors;

/// <summary>
/// Triton's generate extension (triton-inference-server/server: docs/protocol/extension_generate.md): members of a JSON object are tensors, or parameters, which
/// only the model knows to tell. So its metadata decides where it is known, on datatype and shape as well; where it isn't, every member is a tensor of the datatype
/// that its value has.
/// </summary>
public sealed class TritonGenerateRest : IProtocolDecoder
{
    /// <inheritdoc/>
    public DecodeError DecodeRequest(in MessageHead head, ReadOnlyMemory<byte> body, TensorMessage into) =>
        Decode(body.Span, into, isRequest: true, head.Metadata?.Inputs);

    /// <inheritdoc/>
    public DecodeError DecodeResponse(in MessageHead head, ReadOnlyMemory<byte> body, TensorMessage into) =>
        Decode(body.Span, into, isRequest: false, head.Metadata?.Outputs);

    private static DecodeError Decode(ReadOnlySpan<byte> body, TensorMessage into, bool isRequest, IReadOnlyList<TensorMetadata>? declared)
    {
        into.Clear();
        var json = new JsonScanner(body, into.Limits.MaxDepth);
        if (json.Peek() != '{')
            return json.SkipValue() && json.AtEnd() ? DecodeError.NotInference : json.Error;
        var hint = 0;
        var first = true;
        _ = json.Enter('{');
        while (json.NextMember(ref first, out var member))
        {
            if (!ReadMember(ref json, into, member, isRequest, declared, ref hint))
                return json.Error;
        }

        // An answer without outputs is one of a model that has sent nothing.
        var error = JsonMessage.Finish(ref json, body, into, found: HasTensors(into.Table) || (!isRequest && into.HasModelName), scalarIsVector: true);
        if (declared is null || error is DecodeError.Malformed or DecodeError.Truncated or DecodeError.TooLarge or DecodeError.NotInference)
            return error;
        for (var i = 0; i < into.Count; i++)
        {
            if (into.At(i).Error == DecodeError.None && Find(declared, into.TextOf(into.At(i).NameSlice)) is { } metadata)
                Reshape(ref into.At(i), metadata.Shape);
        }

        return into.FirstError();
    }

    private static bool HasTensors(Table table)
    {
        for (var i = 0; i < table.Count; i++)
        {
            if (!table[i].IsLeftOut)
                return true;
        }

        return false;
    }

    private static bool ReadMember(
        ref JsonScanner json, TensorMessage into, scoped JsonText member, bool isRequest, IReadOnlyList<TensorMetadata>? declared, ref int hint)
    {
        Slice text;
        if (member.Is("id"u8))
        {
            var read = V2Member.ReadText(ref json, into, out text);
            into.SetId(text);
            return read;
        }

        if (!isRequest && member.Is("model_name"u8))
        {
            var read = V2Member.ReadText(ref json, into, out text);
            into.SetModelName(text);
            return read;
        }

        if (!isRequest && member.Is("model_version"u8))
        {
            var read = V2Member.ReadText(ref json, into, out text);
            into.SetModelVersion(text);
            return read;
        }

        if (!isRequest && member.Is("error"u8))
            return OpenInferenceJson.ReadError(ref json, into);
        // The server itself looks for inputs among the parameters; only metadata can tell which they are.
        if (isRequest && declared is not null && member.Is("parameters"u8) && json.Peek() == '{')
            return ReadParameters(ref json, into, declared, ref hint);
        return ReadTensor(ref json, into, member, declared, ref hint);
    }

    private static bool ReadParameters(ref JsonScanner json, TensorMessage into, IReadOnlyList<TensorMetadata> declared, ref int hint)
    {
        var first = true;
        if (!json.Enter('{'))
            return false;
        while (json.NextMember(ref first, out var member))
        {
            if (!ReadTensor(ref json, into, member, declared, ref hint))
                return false;
        }

        return json.Error == DecodeError.None;
    }

    private static bool ReadTensor(ref JsonScanner json, TensorMessage into, scoped JsonText member, IReadOnlyList<TensorMetadata>? declared, ref int hint)
    {
        var type = DataType.Unknown;
        var isParameter = json.Peek() == '{' && !JsonCells.IsBase64(json);
        if (declared is not null)
        {
            if (!into.TryReserve(member.Raw.Length, out var free))
                return json.Fail(DecodeError.TooLarge);
            var metadata = Find(declared, free[..member.CopyTo(free)]);
            isParameter = metadata is null;
            type = metadata?.DataType ?? DataType.Unknown;
        }

        if (isParameter)
            return json.SkipValue();
        if (!JsonRows.ReadTensor(ref json, into, member, section: 0, ref hint))
            return false;
        into.Table[hint - 1].Declared = type;
        return true;
    }

    private static TensorMetadata? Find(IReadOnlyList<TensorMetadata> declared, ReadOnlySpan<byte> name)
    {
        Span<byte> utf8 = stackalloc byte[256];
        for (var i = 0; i < declared.Count; i++)
        {
            if (Encoding.UTF8.TryGetBytes(declared[i].Name, utf8, out var length) && utf8[..length].SequenceEqual(name))
                return declared[i];
        }

        return null;
    }

    /// <summary>The shape as the server makes it: what is declared, the last dimension of any length taking all elements that the others leave.</summary>
    private static void Reshape(ref Tensor tensor, long[] declared)
    {
        if (declared.Length > Tensor.MaxRank)
            return;
        var left = tensor.Elements;
        var fits = true;
        foreach (var length in declared)
        {
            if (length < 0)
                continue;
            fits &= length > 0 && left % length == 0;
            left = fits ? left / length : left;
        }

        Tensor.Dimensions shape = default;
        for (var i = declared.Length - 1; i >= 0; i--)
        {
            shape[i] = declared[i] < 0 ? left : declared[i];
            left = declared[i] < 0 ? 1 : left;
        }

        if (!fits || left != 1)
        {
            tensor.Error = DecodeError.ShapeMismatch;
            tensor.DataSlice = Slice.Absent;
            return;
        }

        tensor.Dims = shape;
        tensor.Rank = declared.Length;
    }
}
